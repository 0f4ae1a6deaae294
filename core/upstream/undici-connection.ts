// A connection by undici, for TLS: a Client with one request at a time and its socket in our hands, so that a connect
// under way can be given up and a reset can be told from an end. undici's older handler methods cost the same as the
// newer ones (which wrap them) and give the fields raw and in order; `request()` costs a fifth more.
import type { Socket } from 'node:net';
import { type buildConnector, Client, type Dispatcher, util } from 'undici';
import type { GatewayError } from '../errors.js';
import { type Body, BufferedBody } from '../exchange.js';
import type { Connection, ConnectionEvents } from './connection.js';
import { ProtocolError } from './failure.js';
import { RequestStream } from './request-stream.js';
import { ResponseHead } from './response-head.js';
import type { TargetConnector } from './target-connector.js';
import { translate } from './undici-failure.js';
import type { UpstreamRequest } from './upstream.js';

export class UndiciConnection implements Connection, Dispatcher.DispatchHandler {
  readonly #connector: TargetConnector;
  readonly #keepAliveMs: number;
  #client: Client;
  #socket: Socket | null = null;
  #connecting = false;
  /** Requests that the present socket has carried. */
  #served = 0;
  /** Null while no request is under way. */
  #events: ConnectionEvents | null = null;
  #bodiless = false;
  #upload: RequestStream | null = null;
  /** Why the request under way was given up before its first byte. */
  #abandoned: GatewayError | null = null;
  /** Set from the first byte on. */
  #abort: ((error: Error) => void) | null = null;
  #resumeParser: (() => void) | null = null;
  #untilClose = false;

  constructor(connector: TargetConnector, keepAliveMs: number) {
    this.#connector = connector;
    this.#keepAliveMs = keepAliveMs;
    this.#client = this.#build();
  }

  send(request: UpstreamRequest, events: ConnectionEvents): void {
    this.#events = events;
    this.#bodiless = request.method === 'HEAD';
    this.#abandoned = null;
    this.#client.dispatch(this.#dispatchOptions(request), this);
  }

  abort(reason: GatewayError): void {
    if (this.#events === null) return;
    if (this.#abort !== null) {
      this.#abort(reason);
      return;
    }
    this.#abandoned = reason;
    if (this.#connecting) this.#socket?.destroy(reason);
  }

  resume(): void {
    this.#resumeParser?.();
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  // What undici calls, in this order.

  onConnect(abort: (error?: Error) => void): void {
    // Thrown and not aborted: that would close a connection which is as good as new.
    if (this.#abandoned !== null) throw this.#abandoned;
    this.#abort = abort;
    this.#events!.onSending(this.#served++ > 0);
  }

  onBodySent(): void {
    if (this.#upload !== null) this.#events?.onUploadProgress();
  }

  onRequestSent(): void {
    if (this.#upload !== null) this.#events?.onUploadComplete();
  }

  onResponseStarted(): void {
    this.#events?.onAnswering();
  }

  onHeaders(status: number, raw: Buffer[], resume: () => void): boolean {
    if (status < 200) {
      // We never ask for an upgrade, so nothing that follows a 101 could be understood.
      if (status === 101) this.#abort!(new ProtocolError('it switches protocols unasked'));
      return true;
    }
    const head = decodeHead(status, raw);
    if (head instanceof ProtocolError) {
      this.#abort!(head);
      return true;
    }
    this.#resumeParser = resume;
    this.#bodiless ||= head.bodiless;
    this.#untilClose = head.untilClose;
    this.#events!.onHead(head);
    return true;
  }

  onData(bytes: Buffer): boolean {
    return this.#events!.onData(bytes);
  }

  onComplete(): void {
    // undici takes a reset for the end of a body that only the end of the connection ends.
    const reset = this.#untilClose && !this.#bodiless ? this.#socket?.errored : null;
    const upload = this.#upload;
    const events = this.#settle();
    // After an early answer nobody wants the rest.
    upload?.destroy();
    if (reset == null) events.onComplete();
    else events.onError(reset);
  }

  onError(error: Error): void {
    const sent = this.#abort !== null;
    const upload = this.#upload;
    const events = this.#settle();
    upload?.detach();
    if (sent) this.#reset();
    events.onError(translate(error));
  }

  #settle(): ConnectionEvents {
    const events = this.#events!;
    this.#events = null;
    this.#abort = null;
    this.#upload = null;
    this.#resumeParser = null;
    return events;
  }

  /**
   * Starts anew after a request that failed on the socket. Without it undici would connect again at once on behalf of
   * the aborted request, which is still in its queue, and only then find that nobody wants it.
   */
  #reset(): void {
    void this.#client.destroy();
    this.#client = this.#build();
    this.#socket = null;
  }

  #dispatchOptions(request: UpstreamRequest): Dispatcher.DispatchOptions {
    const { method, target, authority, headers, body } = request;
    const { flat } = headers;
    const fields: string[] = authority === '' ? [] : ['host', authority];
    for (let i = 0; i < flat.length; i += 2) {
      // The listener has answered the expectation (RFC 9110 §10.1.1), and undici refuses to send one.
      if (flat[i] !== 'expect') fields.push(flat[i]!, flat[i + 1]!);
    }
    const options: DispatchOptions = {
      path: target,
      method,
      headers: fields,
      body: this.#bodyToSend(body, fields),
      blocking: false,
      servername: this.#connector.origin.href,
    };
    return options;
  }

  #bodyToSend(body: Body | null, fields: string[]): Buffer | RequestStream | null {
    if (body === null) return null;
    if (body instanceof BufferedBody) {
      const { bytes } = body;
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    if (body.length !== null) fields.push('content-length', String(body.length));
    this.#upload = new RequestStream(body, this.#events!);
    return this.#upload;
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
    this.#served = 0;
    this.#connecting = true;
    const socket = this.#connector.open((error) => {
      this.#connecting = false;
      if (error === null) callback(null, socket);
      else callback(error, null);
    });
    this.#socket = socket;
  }
}

interface DispatchOptions extends Dispatcher.DispatchOptions {
  /** Equal in all requests of a connection: undici reconnects when it changes, and derives it from `host` if absent. */
  readonly servername: string;
}

/** @param raw `[name, value, …]` as received; llhttp lets no CR, LF, NUL or other control character through */
function decodeHead(status: number, raw: readonly Buffer[]): ResponseHead | ProtocolError {
  const head = new ResponseHead(status);
  try {
    for (let i = 0; i < raw.length; i += 2) {
      head.add(util.headerNameToString(raw[i]!), trimEnd(raw[i + 1]!.toString('latin1')));
    }
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
  head.seal();
  return head;
}

/** Takes off the optional white space that the parser leaves at the end of a value (RFC 9110 §5.5). */
function trimEnd(value: string): string {
  let end = value.length;
  while (end > 0) {
    const code = value.charCodeAt(end - 1);
    if (code !== 0x20 && code !== 0x09) break;
    end--;
  }
  return end === value.length ? value : value.slice(0, end);
}
