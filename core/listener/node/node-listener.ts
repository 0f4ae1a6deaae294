// The listener on Node's own servers: opens the address, and hands each connection to the protocol that its client speaks.
import assert from 'node:assert/strict';
import { createServer, type Server, type Socket } from 'node:net';
import { bindFailure } from '../../bind-failure.js';
import type { Certificate } from '../../tls/certificate.js';
import type { ServerTls } from '../../tls/server-tls.js';
import type { ExchangeHandler, Listener, ListenerOptions } from '../listener.js';
import { TrustedProxies } from '../trusted-proxies.js';
import { NodeHttp1 } from './http1.js';
import { NodeHttp2 } from './http2.js';
import { tellProtocol } from './http2-preface.js';
import { NodeIntake } from './intake.js';
import { takePreamble } from './preamble.js';
import type { NodeReply, ReplyOwner } from './reply.js';
import { NodeTls } from './tls.js';
import type { Peer } from './wire.js';

const LONGEST_WATCH_MS = 4000;
const SHORTEST_WATCH_MS = 50;
/** What Node reads off a socket at once, and holds of a body that nobody takes. */
const READ_BYTES = 64 * 1024;

/** Times that nobody has had to configure; tests shorten them. */
export interface NodeTimes {
  /** Longest wait for a first or next request, and then for the end of its head. */
  readonly headMs: number;
  /** Longest rest of an HTTP/2 connection without a request. */
  readonly restMs: number;
  /** Longest time that a TLS handshake may take. */
  readonly handshakeMs: number;
}

const TIMES: NodeTimes = { headMs: 10_000, restMs: 60_000, handshakeMs: 10_000 };

export class NodeListener implements Listener, ReplyOwner {
  readonly name: string;
  readonly #options: ListenerOptions;
  readonly #times: NodeTimes;
  readonly #sockets = new Set<Socket>();
  readonly #watched = new Set<NodeReply>();
  readonly #server: Server;
  readonly #tls: NodeTls | null;
  readonly #proxies: TrustedProxies;
  /** Addresses that proxies have told, by connection: TLS hands on a socket of its own. */
  readonly #told = new Map<string, string>();
  #http1: NodeHttp1 | null = null;
  #http2: NodeHttp2 | null = null;
  #watch: NodeJS.Timeout | undefined;
  #port = 0;
  #draining = false;
  #closed = false;

  /** @throws GatewayError SLUICE_LISTEN_TLS for a key or a certificate that OpenSSL does not take */
  constructor(options: ListenerOptions, times: Partial<NodeTimes> = {}) {
    this.name = options.name;
    this.#options = options;
    this.#times = { ...TIMES, ...times };
    this.#tls = options.tls ? this.#buildTls(options.tls) : null;
    this.#proxies = new TrustedProxies(options.trustedProxies);
    this.#server = createServer({ allowHalfOpen: true, noDelay: true, highWaterMark: READ_BYTES }, (socket) =>
      this.#connected(socket),
    );
  }

  get port(): number {
    return this.#port;
  }

  get draining(): boolean {
    return this.#draining;
  }

  async listen(handler: ExchangeHandler): Promise<void> {
    assert(this.#http1 === null, 'a listener listens once');
    const intake = new NodeIntake(this.name, this, this.#proxies, handler);
    this.#http1 = new NodeHttp1(intake, this.#times.headMs);
    if (this.#options.http2 === true) this.#http2 = new NodeHttp2(intake, this.#times);
    this.#port = await this.#bind();
    this.#startWatch();
  }

  updateTls(tls: ServerTls): void {
    assert(this.#tls !== null, 'a listener for clear text has no TLS to change');
    this.#tls.update(tls);
  }

  trustProxies(networks: readonly string[]): void {
    this.#proxies.replace(networks);
  }

  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#http1?.drain();
    this.#http2?.drain();
    this.#server.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.drain();
    clearInterval(this.#watch);
    for (const reply of this.#watched) reply.leave();
    for (const socket of this.#sockets) socket.destroy();
  }

  watch(reply: NodeReply): void {
    this.#watched.add(reply);
  }

  unwatch(reply: NodeReply): void {
    this.#watched.delete(reply);
  }

  #bind(): Promise<number> {
    const { host, port, sharesPort = false } = this.#options;
    const server = this.#server;
    return new Promise((resolve, reject) => {
      server.once('error', (cause) => {
        reject(bindFailure(`listener ${this.name}`, host, port, cause));
      });
      // What fails to be accepted later must not take the process along.
      server.on('error', () => {});
      // Shared among the processes of a `node:cluster`, and with nobody else.
      server.listen({ host, port, exclusive: !sharesPort }, () => {
        const address = server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  }

  #connected(socket: Socket): void {
    if (this.#closed) {
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    // Node tells of a failure here too, while a protocol has the connection.
    socket.on('error', () => {});
    if (this.#options.proxyProtocol === true) this.#takePreamble(socket);
    else this.#secure(socket);
  }

  /** Who is no proxy of ours has nothing to say here, and a proxy of ours has to say something. */
  #takePreamble(socket: Socket): void {
    if (!this.#proxies.has(addressOf(socket))) {
      socket.destroy();
      return;
    }
    takePreamble(socket, this.#times.handshakeMs, (address) => {
      const key = connectionOf(socket);
      this.#told.set(key, address ?? addressOf(socket));
      socket.once('close', () => this.#told.delete(key));
      this.#secure(socket);
    });
  }

  #secure(socket: Socket): void {
    if (this.#tls !== null) this.#tls.accept(socket);
    else if (this.#http2 === null) this.#speak(socket, false, null);
    else tellProtocol(socket, this.#times.headMs, (isHttp2) => this.#speak(socket, isHttp2, null));
  }

  #buildTls(tls: ServerTls): NodeTls {
    const protocols = this.#options.http2 === true ? ['h2', 'http/1.1'] : ['http/1.1'];
    return new NodeTls(tls, protocols, this.#times.handshakeMs, (socket, certificate) => {
      this.#speak(socket, socket.alpnProtocol === 'h2', certificate);
    });
  }

  #speak(socket: Socket, isHttp2: boolean, certificate: Certificate | null): void {
    const address =
      this.#options.proxyProtocol === true ? this.#told.get(connectionOf(socket)) : addressOf(socket);
    if (address === undefined) {
      socket.destroy();
      return;
    }
    const peer: Peer = { scheme: this.#tls === null ? 'http' : 'https', address, certificate };
    if (isHttp2) this.#http2!.accept(socket, peer);
    else this.#http1!.accept(socket, peer);
    // Made while the drain began.
    if (isHttp2 && this.#draining) this.#http2!.drain();
  }

  #startWatch(): void {
    const { idleMs } = this.#options;
    const everyMs = Math.min(
      idleMs === 0 ? LONGEST_WATCH_MS : idleMs / 2,
      this.#times.headMs / 2,
      LONGEST_WATCH_MS,
    );
    this.#watch = setInterval(
      () => {
        const nowMs = performance.now();
        for (const reply of this.#watched) reply.checkIdle(nowMs, idleMs);
        this.#http1!.checkIdle(nowMs);
        this.#http2?.checkIdle(nowMs);
      },
      Math.max(everyMs, SHORTEST_WATCH_MS),
    );
    this.#watch.unref();
  }
}

/** Empty when the peer is gone already. */
function addressOf(socket: Socket): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)|%.*/gi, '');
}

/** A peer may use one port for two connections, to two addresses of ours. */
function connectionOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}
