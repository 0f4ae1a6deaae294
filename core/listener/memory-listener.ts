// A listener without sockets, for tests: requests are injected, and what a client would have got comes back. It
// checks requests like the real one.
import assert from 'node:assert/strict';
import { GatewayError } from '../errors.js';
import { type Body, type BodyConsumer, BufferedBody, Exchange } from '../exchange.js';
import { HeaderList } from '../headers.js';
import { normalisePath } from '../target.js';
import type { ExchangeHandler, Listener, Reply, ReplyOutcome, SendOptions } from './listener.js';
import { checkRequest, RequestFacts, unreadableValue } from './request-checks.js';
import { RequestIds } from './request-ids.js';
import { isBodiless } from './response-head.js';

const BEYOND_BYTE = /[^\0-\xff]/;

/** A request to inject. */
export interface InjectedRequest {
  /** Default `GET`. */
  readonly method?: string;
  /** Path and query. */
  readonly target: string;
  /** Flat `[name, value, …]`, names in any case. `host` is added when it is missing and `hostless` is not set. */
  readonly headers?: readonly string[];
  readonly hostless?: boolean;
  /** A body brings its own framing field: `content-length` from its length, else chunks. */
  readonly body?: Uint8Array | Body;
  /** The client leaves when this fires. */
  readonly signal?: AbortSignal;
  /** Default `192.0.2.1`. */
  readonly clientAddress?: string;
}

/** What the client got. */
export interface InjectedResponse {
  /** 0 when the connection was cut before a head was sent. */
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: Uint8Array;
  readonly outcome: ReplyOutcome;
  /** True when the connection closes after the response. */
  readonly closed: boolean;
}

export class MemoryListener implements Listener {
  readonly name: string;
  readonly #ids = new RequestIds();
  readonly #facts = new RequestFacts();
  readonly #open = new Set<MemoryReply>();
  #handler: ExchangeHandler | null = null;
  #draining = false;
  #closed = false;

  constructor(name = 'memory') {
    this.name = name;
  }

  /** Always 0: nothing is bound. */
  get port(): number {
    return 0;
  }

  async listen(handler: ExchangeHandler): Promise<void> {
    this.#handler = handler;
  }

  updateTls(): void {
    assert.fail('nothing is encrypted in memory');
  }

  trustProxies(): void {}

  drain(): void {
    this.#draining = true;
  }

  close(): void {
    this.#closed = true;
    for (const reply of this.#open) reply.leave();
  }

  /** Runs one request. Rejects only when the listener does not listen or is drained or closed. */
  inject(request: InjectedRequest): Promise<InjectedResponse> {
    if (this.#handler === null || this.#draining || this.#closed) {
      return Promise.reject(new Error('the listener does not accept requests'));
    }
    const flat = fieldsOf(request);
    const question = request.target.indexOf('?');
    const path = question < 0 ? request.target : request.target.slice(0, question);
    const query = question < 0 ? '' : request.target.slice(question + 1);
    const facts = this.#facts;
    const method = request.method ?? 'GET';
    let refusal = checkRequest(method, path, query, flat, facts);
    if (refusal === null && facts.highBytes) refusal = unreadable(flat);
    const upload = refusal === null && request.body !== undefined ? asBody(request.body) : null;
    const exchange = new Exchange({
      id: this.#ids.next(),
      listener: this.name,
      scheme: 'http',
      method,
      authority: facts.authority,
      path: refusal === null ? normalisePath(path) : path,
      query,
      headers: new HeaderList(flat),
      clientAddress: request.clientAddress ?? '192.0.2.1',
      body: null,
    });
    const body = upload === null ? null : new InjectedBody(upload, exchange);
    exchange.requestBody = body;
    const closes = refusal !== null || facts.close;
    const reply = new MemoryReply(exchange, body, () => closes || this.#draining);
    return this.#run(exchange, reply, refusal, request.signal);
  }

  async #run(
    exchange: Exchange,
    reply: MemoryReply,
    refusal: GatewayError | null,
    signal: AbortSignal | undefined,
  ): Promise<InjectedResponse> {
    const leave = (): void => reply.leave();
    signal?.addEventListener('abort', leave, { once: true });
    this.#open.add(reply);
    try {
      this.#handler!(exchange, reply, refusal);
      return await reply.response;
    } finally {
      this.#open.delete(reply);
      signal?.removeEventListener('abort', leave);
    }
  }
}

class MemoryReply implements Reply, BodyConsumer {
  readonly response: Promise<InjectedResponse>;
  readonly #exchange: Exchange;
  readonly #upload: InjectedBody | null;
  readonly #closes: () => boolean;
  readonly #chunks: Uint8Array[] = [];
  readonly #outcome: Promise<ReplyOutcome>;
  #resolve!: (response: InjectedResponse) => void;
  #status = 0;
  #headers = new HeaderList();
  #body: Body | null = null;
  #close = true;
  #answered = false;
  #over = false;

  constructor(exchange: Exchange, upload: InjectedBody | null, closes: () => boolean) {
    this.#exchange = exchange;
    this.#upload = upload;
    this.#closes = closes;
    this.response = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#outcome = this.response.then((response) => response.outcome);
  }

  send(status: number, headers: HeaderList, body: Body | null, options?: SendOptions): Promise<ReplyOutcome> {
    assert(!this.#answered, 'an exchange is answered once');
    this.#answered = true;
    if (this.#over) {
      body?.cancel(this.#exchange.cancellation.reason ?? left());
      return this.#outcome;
    }
    this.#status = status;
    this.#close = options?.close === true || this.#closes();
    this.#headers = headers.clone();
    this.#body = body;
    const isHead = this.#exchange.method === 'HEAD';
    const length = isHead
      ? (options?.headLength ?? body?.length ?? null)
      : (body?.length ?? (body ? null : 0));
    if (!isBodiless(status) && length !== null) this.#headers.set('content-length', String(length));
    if (isHead || isBodiless(status) || body === null) {
      body?.cancel(new GatewayError('SLUICE_UPSTREAM_CUT', 'the response has no body'));
      this.#finish('sent');
    } else body.read(this);
    return this.#outcome;
  }

  abort(): void {
    this.leave();
  }

  chunk(bytes: Uint8Array): void {
    if (this.#over) return;
    this.#chunks.push(bytes);
    this.#exchange.bytesOut += bytes.byteLength;
  }

  end(): void {
    const announced = this.#body?.length ?? null;
    this.#finish(announced === null || announced === this.#exchange.bytesOut ? 'sent' : 'cut');
  }

  fail(): void {
    this.#finish('cut');
  }

  leave(): void {
    if (this.#over) return;
    const reason = left();
    this.#finish('aborted');
    this.#exchange.cancellation.cancel(reason);
    this.#upload?.fail(reason);
    this.#body?.cancel(reason);
  }

  #finish(outcome: ReplyOutcome): void {
    if (this.#over) return;
    this.#over = true;
    this.#resolve({
      status: this.#status,
      headers: this.#headers,
      body: Buffer.concat(this.#chunks),
      outcome,
      closed: this.#close || outcome !== 'sent',
    });
  }
}

/** Counts what the client sent, and fails when the client leaves, as a socket would. */
class InjectedBody implements Body, BodyConsumer {
  readonly #body: Body;
  readonly #exchange: Exchange;
  #consumer: BodyConsumer | null = null;
  #failure: GatewayError | null = null;
  #closed = false;

  constructor(body: Body, exchange: Exchange) {
    this.#body = body;
    this.#exchange = exchange;
  }

  get length(): number | null {
    return this.#body.length;
  }

  read(consumer: BodyConsumer): void {
    this.#consumer = consumer;
    if (this.#failure !== null) consumer.fail(this.#failure);
    else this.#body.read(this);
  }

  pause(): void {
    this.#body.pause();
  }

  resume(): void {
    this.#body.resume();
  }

  cancel(reason: GatewayError): void {
    this.#closed = true;
    this.#body.cancel(reason);
  }

  chunk(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#exchange.bytesIn += bytes.byteLength;
    this.#consumer?.chunk(bytes);
  }

  end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#consumer?.end();
  }

  fail(error: GatewayError): void {
    if (this.#closed) return;
    this.#failure = error;
    this.#closed = true;
    this.#body.cancel(error);
    this.#consumer?.fail(error);
  }
}

function fieldsOf(request: InjectedRequest): string[] {
  const flat: string[] = [];
  const given = request.headers ?? [];
  for (let i = 0; i < given.length; i += 2) flat.push(given[i]!.toLowerCase(), given[i + 1]!);
  if (!request.hostless && !flat.some((text, index) => index % 2 === 0 && text === 'host')) {
    flat.unshift('host', 'localhost');
  }
  const framed = flat.some((text, index) => index % 2 === 0 && FRAMING.has(text));
  if (request.body !== undefined && !framed) {
    const { length } = asBody(request.body);
    if (length === null) flat.push('transfer-encoding', 'chunked');
    else flat.push('content-length', String(length));
  }
  return flat;
}

const FRAMING: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding']);

function asBody(body: Uint8Array | Body): Body {
  return body instanceof Uint8Array ? new BufferedBody(body) : body;
}

function unreadable(flat: readonly string[]): GatewayError | null {
  for (let i = 0; i < flat.length; i += 2) {
    if (BEYOND_BYTE.test(flat[i + 1]!)) return unreadableValue(flat[i]!);
  }
  return null;
}

function left(): GatewayError {
  return new GatewayError('SLUICE_LISTEN_ABORTED', 'the connection closed before the response was complete');
}
