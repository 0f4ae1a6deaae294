// Opens sockets to one target. TLS names and verifies the target itself, never what a request's `host` field says.
import { isIP, connect as netConnect, type OnReadOpts, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';

const TCP_KEEP_ALIVE_MS = 60_000;
/** Same as one read of libuv, so that a paused response holds no more than that. */
const HIGH_WATER_MARK_BYTES = 64 * 1024;

export class TargetConnector {
  readonly origin: URL;
  readonly #host: string;
  readonly #port: number;
  #session: Buffer | undefined;

  /** @param origin `http://host:port` or `https://host:port` */
  constructor(origin: string) {
    this.origin = new URL(origin);
    this.#host = this.origin.hostname.replace(/^\[|\]$/g, '');
    this.#port = Number(this.origin.port) || (this.secure ? 443 : 80);
  }

  get secure(): boolean {
    return this.origin.protocol === 'https:';
  }

  /**
   * Starts to connect. `settled` is called once, with an error or with null when the socket can be written to; a
   * socket that is destroyed with an error before that hands it on.
   * @param onread for a plain socket: what it reads into and who is told, in place of the stream
   */
  open(settled: (error: Error | null) => void, onread?: OnReadOpts): Socket {
    const socket = this.secure
      ? this.#openTls()
      : netConnect(onread === undefined ? this.#tcpOptions() : { ...this.#tcpOptions(), onread });
    let pending = true;
    const settle = (error: Error | null): void => {
      if (!pending) return;
      pending = false;
      settled(error);
    };
    socket.once(this.secure ? 'secureConnect' : 'connect', () => settle(null));
    // Stays for good: an error after the last request must not be an uncaught one.
    socket.on('error', settle);
    return socket;
  }

  #openTls(): Socket {
    const socket = tlsConnect({
      ...this.#tcpOptions(),
      ...(isIP(this.#host) === 0 ? { servername: this.#host } : {}),
      ...(this.#session === undefined ? {} : { session: this.#session }),
      ALPNProtocols: ['http/1.1'],
    });
    socket.on('session', (session: Buffer) => {
      this.#session = session;
    });
    return socket;
  }

  #tcpOptions() {
    return {
      host: this.#host,
      port: this.#port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
      highWaterMark: HIGH_WATER_MARK_BYTES,
    };
  }
}
