// One connection to a target, one request at a time: an undici Client with its socket in our hands, so that a
// connect under way can be given up and a reset can be told from an end.
import type { Socket } from 'node:net';
import { type buildConnector, Client, type Dispatcher } from 'undici';
import type { TargetConnector } from './target-connector.js';

export interface DispatchOptions extends Dispatcher.DispatchOptions {
  /** Equal in all requests of a connection: undici reconnects when it changes, and derives it from `host` if absent. */
  readonly servername: string;
}

export class UndiciConnection {
  /** Requests that the present socket has carried. */
  served = 0;
  readonly #connector: TargetConnector;
  readonly #keepAliveMs: number;
  #client: Client;
  #socket: Socket | null = null;
  #connecting = false;
  #abandoned: Error | null = null;

  constructor(connector: TargetConnector, keepAliveMs: number) {
    this.#connector = connector;
    this.#keepAliveMs = keepAliveMs;
    this.#client = this.#build();
  }

  /** The socket ended by an error, not by the target's closing it. */
  get broken(): boolean {
    return this.#socket?.errored != null;
  }

  dispatch(options: DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#abandoned = null;
    this.#client.dispatch(options, handler);
  }

  /** Gives up waiting for the socket: the handler's `onError` gets `error` if it has no socket yet. */
  abandon(error: Error): void {
    this.#abandoned = error;
    if (this.#connecting) this.#socket?.destroy(error);
  }

  /**
   * Starts anew after a request that failed on the socket. Without it undici would connect again at once on behalf of
   * the aborted request, which is still in its queue, and only then find that nobody wants it.
   */
  reset(): void {
    void this.#client.destroy();
    this.#client = this.#build();
    this.#socket = null;
  }

  /** Waits for a request under way. */
  async close(): Promise<void> {
    await this.#client.close();
  }

  #build(): Client {
    return new Client(this.#connector.origin, {
      pipelining: 1,
      keepAliveTimeout: this.#keepAliveMs,
      // A `keep-alive: timeout=…` of the target may shorten what the operator set, never lengthen it.
      keepAliveMaxTimeout: this.#keepAliveMs,
      // Ours are on the deadline wheel: undici's tick by the second.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (_options, callback) => this.#connect(callback),
    });
  }

  #connect(callback: buildConnector.Callback): void {
    if (this.#abandoned !== null) {
      process.nextTick(callback, this.#abandoned, null);
      return;
    }
    this.served = 0;
    this.#connecting = true;
    const socket = this.#connector.open((error) => {
      this.#connecting = false;
      if (error === null) callback(null, socket);
      else callback(error, null);
    });
    this.#socket = socket;
  }
}
