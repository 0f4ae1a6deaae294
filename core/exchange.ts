// One request and its response on their way through the gateway, the bodies they carry and the word that
// ends them early. The listener creates an Exchange, the pipeline fills it in; floor 0, imports floor 0.
import { performance } from 'node:perf_hooks';
import { copyOf } from './chunk-pool.js';
import type { GatewayError } from './errors.js';
import { acceptsTrailers, type HeaderList } from './headers.js';
import type { Certificate } from './tls/certificate.js';

/** Receives a body. None of these may throw. After `end` or `fail` nothing more is called. */
export interface BodyConsumer {
  /** The bytes are the consumer's to keep. A consumer that is full calls `pause()` on the body. */
  chunk(bytes: Uint8Array): void;
  /**
   * The same with bytes whose memory somebody else writes to once this has returned: what is to be kept of them has to be
   * copied. A consumer without it is given copies by `chunk`. Producers call `lend`.
   */
  lentChunk?(bytes: Uint8Array): void;
  /** @param trailers fields after the body (RFC 9110 §6.5), where there were some */
  end(trailers?: HeaderList | undefined): void;
  /** The body will never be complete. What was received must not be passed off as whole. */
  fail(error: GatewayError): void;
}

/** Hands on bytes of memory that is used again: lent where the consumer can do with that, else as a copy. */
export function lend(consumer: BodyConsumer, bytes: Uint8Array): void {
  if (consumer.lentChunk === undefined) consumer.chunk(copyOf(bytes));
  else consumer.lentChunk(bytes);
}

/** A message body that is read once, pushed by its producer, with back-pressure. */
export interface Body {
  /** Bytes announced by `content-length`, or null when only the end tells. */
  readonly length: number | null;
  /** Starts the flow; called at most once. Chunks may arrive before it returns. */
  read(consumer: BodyConsumer): void;
  /** No chunk arrives after the current one until `resume()`. Idempotent. */
  pause(): void;
  resume(): void;
  /**
   * Nobody wants the rest: the producer stops and frees what it holds; the consumer hears nothing more.
   * Safe at any time, also before `read` and after the end.
   */
  cancel(reason: GatewayError): void;
}

/** A body that is already in memory, so it may be read again: a request is sent a second time this way. */
export class BufferedBody implements Body {
  readonly bytes: Uint8Array;
  readonly trailers: HeaderList | null;
  #cancelled = false;

  constructor(bytes: Uint8Array, trailers: HeaderList | null = null) {
    this.bytes = bytes;
    this.trailers = trailers;
  }

  get length(): number {
    return this.bytes.length;
  }

  read(consumer: BodyConsumer): void {
    this.#cancelled = false;
    if (this.bytes.length > 0) consumer.chunk(this.bytes);
    if (!this.#cancelled) consumer.end(this.trailers ?? undefined);
  }

  pause(): void {}
  resume(): void {}

  cancel(_reason: GatewayError): void {
    this.#cancelled = true;
  }
}

/** Told once that an exchange is over before its time: the client left, or a drain ran out of patience. */
export class Cancellation {
  #reason: GatewayError | undefined;
  /** Most exchanges have one and no more. */
  #first: ((reason: GatewayError) => void) | null = null;
  #others: ((reason: GatewayError) => void)[] | null = null;

  get reason(): GatewayError | undefined {
    return this.#reason;
  }

  /** Runs `listener` at the cancellation; at once when it already happened. */
  subscribe(listener: (reason: GatewayError) => void): void {
    if (this.#reason !== undefined) listener(this.#reason);
    else if (this.#first === null) this.#first = listener;
    else if (this.#others === null) this.#others = [listener];
    else this.#others.push(listener);
  }

  /** The first call counts, later ones do nothing. */
  cancel(reason: GatewayError): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    const first = this.#first;
    const others = this.#others;
    this.#first = null;
    this.#others = null;
    first?.(reason);
    if (others !== null) for (const listener of others) listener(reason);
  }
}

/** Version of HTTP that a client speaks. */
export type Protocol = 'HTTP/1.1' | 'HTTP/2';

/** What a listener knows about a request: everything copied, nothing of the engine kept. */
export interface ExchangeInit {
  readonly id: string;
  readonly listener: string;
  readonly scheme: 'http' | 'https';
  /** Default `HTTP/1.1`. */
  readonly protocol?: Protocol;
  /** As sent; a token, case-sensitive (RFC 9110 §9.1). */
  readonly method: string;
  /** The `host` field, lower case, with its port if it has one. */
  readonly authority: string;
  /** Path of the target, normalised: begins with `/`, no dot segments, unreserved characters decoded. */
  readonly path: string;
  /** Query of the target without `?`, as sent; empty when there is none. */
  readonly query: string;
  readonly headers: HeaderList;
  /** Address of the client in text (RFC 5952), IPv4-mapped addresses as IPv4. */
  readonly clientAddress: string;
  /** Address of the peer on the connection, where a trusted proxy stands before the client. Default: the client is the peer. */
  readonly peerAddress?: string;
  /** What trusted proxies said, as `x-forwarded-for` lists it, from the client to the last proxy before the peer. */
  readonly forwardedFor?: string;
  /** Verified; null when the client showed none. */
  readonly clientCertificate?: Certificate | null;
  /** Null when the request has no body. */
  readonly body: Body | null;
}

/** The response as it stands: the upstream's, a filter's, or the gateway's own. */
export interface ExchangeResponse {
  status: number;
  headers: HeaderList;
  body: Body | null;
}

/** A filter answered the request, or gave the response its status, as log and metrics tell it. */
export interface FilterAnswer {
  readonly filter: string;
  readonly status: number;
  /** Of its problem document; null when it gave none. */
  readonly code: string | null;
  /** Status of the response that a response filter gave another; null where the request was answered. */
  readonly replaced: number | null;
}

/** One trip through the pipeline. */
export class Exchange {
  readonly id: string;
  readonly listener: string;
  readonly scheme: 'http' | 'https';
  readonly protocol: Protocol;
  readonly clientAddress: string;
  /** The client's, or that of a trusted proxy which the client came through. */
  readonly peerAddress: string;
  /** Addresses from the client to the last proxy before the peer, as `x-forwarded-for` lists them; empty without such. */
  readonly forwardedFor: string;
  /** Certificate of the client, verified; null when it showed none. */
  readonly clientCertificate: Certificate | null;
  /** Milliseconds of `performance.now()` at the start. */
  readonly startedAtMs: number;
  readonly cancellation = new Cancellation();
  readonly method: string;
  readonly authority: string;

  /** Path as the client asked for it, whatever filters make of `path`: what the log shows. */
  readonly requestPath: string;
  /** Path and query that go upstream; request filters may rewrite them. */
  path: string;
  query: string;
  requestHeaders: HeaderList;
  requestBody: Body | null;
  /** The client said that trailers of the response are of use to it. */
  readonly acceptsTrailers: boolean;
  /** Request headers that get a secret when the request leaves, as filters asked; null when there are none. */
  secretHeaders: ReadonlyMap<string, string> | null = null;

  /** Set once a route matched. */
  routeId = '';
  /** Flat `[name, value, …]`. */
  params: readonly string[] = [];
  /** Revision of the configuration this exchange runs on, to its end. */
  revision = '';

  response: ExchangeResponse | null = null;
  /** Set when the response, or its status, is a filter's; that of the last one that gave it. */
  answer: FilterAnswer | null = null;
  /** The error that ended the exchange, if one did. */
  error: GatewayError | null = null;
  // How its way upstream went, for the log: told by the upstream.

  /** The target that answered, or that the last attempt went to. */
  target = '';
  /** How often it was sent, or was to be, to whatever targets. */
  attempts = 0;
  /** From the last sending to the head of the response, in milliseconds; -1 as long as there is none. */
  upstreamMs = -1;
  /** Origins that redirects of the upstream were followed to, in order, for the log. */
  redirects: readonly string[] = [];
  /** Body bytes that came from and went to the client. */
  bytesIn = 0;
  bytesOut = 0;

  constructor(init: ExchangeInit) {
    this.id = init.id;
    this.listener = init.listener;
    this.scheme = init.scheme;
    this.protocol = init.protocol ?? 'HTTP/1.1';
    this.clientAddress = init.clientAddress;
    this.peerAddress = init.peerAddress ?? init.clientAddress;
    this.forwardedFor = init.forwardedFor ?? '';
    this.clientCertificate = init.clientCertificate ?? null;
    this.method = init.method;
    this.authority = init.authority;
    this.requestPath = init.path;
    this.path = init.path;
    this.query = init.query;
    this.requestHeaders = init.headers;
    this.requestBody = init.body;
    this.acceptsTrailers = acceptsTrailers(init.headers);
    this.startedAtMs = performance.now();
  }
}
