// A plain TCP proxy whose link can be cut, refused or frozen: what networks do to connections.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

export class TcpProxy {
  readonly #server: Server;
  readonly #target: { readonly host: string; readonly port: number };
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #state: 'open' | 'frozen' | 'refusing' = 'open';

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.#target = target;
    this.#server = createServer((client) => this.#accept(client));
  }

  /** @param endpoint `host:port` that connections are passed on to */
  static async start(endpoint: string): Promise<TcpProxy> {
    const [host, port] = endpoint.split(':');
    const proxy = new TcpProxy({ host: host!, port: Number(port) });
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get endpoint(): string {
    return `127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  /** Connections that stand. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** Ends every connection with a reset; new ones are taken. */
  cut(): void {
    for (const pair of this.#pairs) for (const socket of pair) reset(socket);
  }

  /** As `cut`, and new connections are reset too, until `heal`. */
  refuse(): void {
    this.#state = 'refusing';
    this.cut();
  }

  /** Half-open: connections stand, new ones are taken, and no byte comes through, until `heal`. */
  freeze(): void {
    this.#state = 'frozen';
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
  }

  /** New connections work; those that are frozen stay so. */
  thaw(): void {
    this.#state = 'open';
  }

  /** New connections work; those that were frozen are lost, as after a router's reboot. */
  heal(): void {
    const wasFrozen = this.#state === 'frozen';
    this.#state = 'open';
    if (wasFrozen) this.cut();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(client: Socket): void {
    if (this.#state === 'refusing') {
      reset(client);
      return;
    }
    const server = connect(this.#target);
    const pair = [client, server] as const;
    this.#pairs.add(pair);
    for (const [from, to] of [pair, [server, client]] as const) {
      from.setNoDelay(true);
      from.on('data', (chunk) => to.write(chunk));
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#pairs.delete(pair);
        to.destroy();
      });
      if (this.#state === 'frozen') from.pause();
    }
  }
}

/** A socket that is shutting down cannot be reset any more: Node would wait for it for ever when the process ends. */
function reset(socket: Socket): void {
  if (socket.destroyed || socket.connecting || socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
