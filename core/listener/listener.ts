// What a listener is. Engines answer it; test/contract/listener.contract.ts holds them to it.
import type { GatewayError } from '../errors.js';
import type { Body, Exchange } from '../exchange.js';
import type { HeaderList } from '../headers.js';
import type { ServerTls } from '../tls/server-tls.js';

/** What one listener needs to know, resolved and in base units. */
export interface ListenerOptions {
  readonly name: string;
  /** Address to bind, e.g. `127.0.0.1`, `0.0.0.0`, `::`. */
  readonly host: string;
  /** Port to bind; 0 lets the system choose. */
  readonly port: number;
  /** Longest silence of a client that is sending a body or should be taking one, in milliseconds; 0: any. */
  readonly idleMs: number;
  /**
   * True opens the port so that other processes of this user can open it too, each getting a part of the connections. Default
   * false: a second gateway started by mistake would take half of them.
   */
  readonly sharesPort?: boolean;
  /** Addresses and networks of proxies that say who the client is. Default: none. */
  readonly trustedProxies?: readonly string[];
  /** True takes connections from trusted proxies alone, each with a preamble that tells the client. Default false. */
  readonly proxyProtocol?: boolean;
  /** Null (the default) takes clear text. */
  readonly tls?: ServerTls | null;
  /** What the listener is made of; `auto` (the default): uWebSockets.js unless it cannot do what is asked for. */
  readonly engine?: 'auto' | 'uws' | 'node';
  /**
   * True speaks HTTP/2 beside HTTP/1.1: over TLS to clients that offer it (ALPN), else to those that begin with it
   * (RFC 9113 §3.3). Default false.
   */
  readonly http2?: boolean;
}

/** How a reply ended. */
export type ReplyOutcome =
  /** Every byte was handed to the socket. */
  | 'sent'
  /** The client left, or the connection was cut by `abort`. */
  | 'aborted'
  /** The body failed midway; the connection was cut so that the client cannot take it for whole. */
  | 'cut';

/** How a response is sent, besides what it is. */
export interface SendOptions {
  /** True closes the connection after the response. */
  readonly close?: boolean;
  /** For HEAD: the length a GET would have had; null: unknown. */
  readonly headLength?: number | null;
}

/** The way back to one client. Exactly one of `send` and `abort` is called, once. */
export interface Reply {
  /**
   * Writes head and body. `headers` carry no framing fields: the listener derives `content-length` or chunks
   * from `body.length`, sends neither for 1xx, 204 and 304, and no body for HEAD.
   * Never throws and never rejects. A client that leaves cancels `body` and the exchange's cancellation.
   *
   * @returns how it ended: at once when all of it was in memory, since a promise would cost such a reply twice the time
   */
  send(
    status: number,
    headers: HeaderList,
    body: Body | null,
    options?: SendOptions,
  ): ReplyOutcome | Promise<ReplyOutcome>;
  /** Cuts the connection at once. */
  abort(): void;
}

/**
 * Called for each request, in the tick its head arrived. `refusal` is set when the request is malformed: the
 * exchange then holds what could be read, and the answer must be that error on a closed connection.
 */
export type ExchangeHandler = (exchange: Exchange, reply: Reply, refusal: GatewayError | null) => void;

/** A socket that takes requests: `listen` once, then perhaps `drain`, and `close` in the end. */
export interface Listener {
  readonly name: string;
  /** Port that is bound; 0 before `listen`. */
  readonly port: number;
  /** Throws SLUICE_LISTEN_ADDRESS when the address cannot be bound. */
  listen(handler: ExchangeHandler): Promise<void>;
  /**
   * Shows and asks of new connections what `tls` says, from now on. Running ones go on as they began, and a certificate that was
   * revoked meanwhile may stop being taken on them too. Only for a listener that was made with `tls`.
   * Throws SLUICE_LISTEN_TLS when the engine does not take it: all stays as it was.
   */
  updateTls(tls: ServerTls): void;
  /** Believes these proxies and no others from the next request on; of the PROXY protocol, from the next connection on. */
  trustProxies(networks: readonly string[]): void;
  /** Accepts no new connection; running exchanges go on, and their connections close after the response. */
  drain(): void;
  /** Cuts every connection that is left. */
  close(): void;
}
