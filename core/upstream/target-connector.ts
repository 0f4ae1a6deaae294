// Opens sockets to one target: requests, callouts and health checks all go through here, and a target that is a name
// through Dial. What TLS adds to that is TlsClient's.
import { lookup as systemResolve } from 'node:dns';
import { isIP, connect as netConnect, type OnReadOpts, type Socket, type TcpNetConnectOpts } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { GatewayError } from '../errors.js';
import type { ClientTls } from '../tls/client-tls.js';
import { checkLiteral, Dial, type ResolveName } from './dial.js';
import { countsAgainstTarget } from './retry-rule.js';
import { TargetTally } from './tally.js';
import { PLATFORM_TLS, type SocketOptions, TlsClient } from './tls-client.js';
import type { UpstreamProtocol } from './upstream.js';

const TCP_KEEP_ALIVE_MS = 60_000;
/** Same as one read of libuv, so that a paused response holds no more than that. */
const HIGH_WATER_MARK_BYTES = 64 * 1024;

/** How a target is connected to. */
export interface ConnectorOptions {
  /** The target may have any address, not only public ones. */
  readonly allowPrivate: boolean;
  /** Default `http1`. */
  readonly protocol?: UpstreamProtocol;
  /** For a target with `https`; default and null are the authorities of the platform. */
  readonly tls?: ClientTls | null;
  /** Default `dns.lookup`, which is what the system says. */
  readonly resolve?: ResolveName | undefined;
  /** Where `count` counts. Default: one that nobody reads. */
  readonly tally?: TargetTally;
}

export class TargetConnector {
  readonly origin: URL;
  /** Host and port, as `host` has them. */
  readonly authority: string;
  readonly protocol: UpstreamProtocol;
  readonly #tally: TargetTally;
  readonly #host: string;
  readonly #port: number;
  readonly #isLiteral: boolean;
  readonly #allowPrivate: boolean;
  readonly #resolve: ResolveName;
  /** Null in clear text. */
  readonly #tls: TlsClient | null;

  /**
   * @param origin `http://host:port` or `https://host:port`
   * @throws GatewayError SLUICE_UPSTREAM_ADDRESS for an address that may not be written without `allowPrivate`
   */
  constructor(origin: string, options: ConnectorOptions) {
    const { allowPrivate, resolve = systemResolve, protocol = 'http1', tls } = options;
    this.#tally = options.tally ?? new TargetTally();
    this.origin = new URL(origin);
    // A URL cuts it out of itself each time.
    this.authority = this.origin.host;
    this.protocol = protocol;
    this.#host = this.origin.hostname.replace(/^\[|\]$/g, '');
    this.#port = Number(this.origin.port) || (this.secure ? 443 : 80);
    this.#isLiteral = isIP(this.#host) !== 0;
    this.#allowPrivate = allowPrivate;
    this.#resolve = resolve;
    this.#tls = this.secure ? new TlsClient(tls ?? PLATFORM_TLS, this.origin, this.#host, protocol) : null;
    if (this.#isLiteral && !allowPrivate) checkLiteral(this.#host);
  }

  get secure(): boolean {
    return this.origin.protocol === 'https:';
  }

  /**
   * Starts to connect. `settled` is called once, with an error or with null when the socket can be written to; a
   * socket that is destroyed with an error before that hands it on.
   * @param onread what it reads into and who is told, in place of the stream
   */
  open(settled: (error: Error | null) => void, onread?: OnReadOpts): Socket {
    const dial = this.#isLiteral ? null : new Dial(this.#host, this.#allowPrivate, this.#resolve);
    const options: SocketOptions = {
      ...this.#tcpOptions(dial),
      ...(onread === undefined ? {} : { onread }),
    };
    const tls = this.#tls;
    const socket = tls === null ? netConnect(options) : tls.connect(options);
    let pending = true;
    const settle = (error: Error | null): void => {
      if (!pending) return;
      pending = false;
      settled(error);
    };
    socket.once('connect', () => {
      if (dial !== null && !dial.reached(socket.remoteAddress)) socket.destroy(strayed());
      else if (tls === null) settle(null);
    });
    if (tls !== null) {
      socket.once('secureConnect', () => {
        const objection = tls.objection(socket as TLSSocket);
        if (objection === null) settle(null);
        else socket.destroy(objection);
      });
    }
    // Stays for good: an error after the last request must not be an uncaught one.
    socket.on('error', settle);
    return socket;
  }

  /** @param error why no connection was made, null for one that was; a client that left meanwhile is no failure */
  count(error: Error | null): void {
    if (error === null) this.#tally.connects += 1;
    else if (!(error instanceof GatewayError) || countsAgainstTarget(error)) this.#tally.connectFailures += 1;
  }

  #tcpOptions(dial: Dial | null): TcpNetConnectOpts & { readonly highWaterMark: number } {
    return {
      host: this.#host,
      port: this.#port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
      highWaterMark: HIGH_WATER_MARK_BYTES,
      ...(dial === null ? {} : { lookup: dial.lookup }),
    };
  }
}

/** Never seen: net connects where it is told to, and this makes sure of it. */
function strayed(): GatewayError {
  return new GatewayError('SLUICE_INTERNAL', 'a socket is connected to an address that nobody judged');
}
