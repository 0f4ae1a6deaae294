// A request on a stream of HTTP/2 (RFC 9113 §8), beside others on one session. A session of Node's: undici's client sends no
// trailers, and fails every request at a GOAWAY, also those that were not looked at.
import assert from 'node:assert';
import { type ClientHttp2Session, type ClientHttp2Stream, constants } from 'node:http2';
import { Duplex } from 'node:stream';
import { GatewayError } from '../errors.js';
import { BufferedBody } from '../exchange.js';
import { forwardableTrailers, type HeaderList } from '../headers.js';
import type { Connection, ConnectionEvents } from './connection.js';
import { ProtocolError } from './failure.js';
import { readHttp2Head, writeHttp2Head } from './http2-head.js';
import type { Http2Session, SessionTaker } from './http2-session.js';
import { expectsPayload } from './request-head.js';
import { StreamUpload } from './stream-upload.js';
import type { UploadHost } from './upload.js';
import type { UpstreamRequest } from './upstream.js';

const { NGHTTP2_CANCEL, NGHTTP2_FLAG_END_STREAM, NGHTTP2_REFUSED_STREAM } = constants;
/** Codes with which a message is refused, by either end, for what it is (RFC 9113 §7). */
const BREACHES: ReadonlyMap<number, string> = new Map([
  [constants.NGHTTP2_PROTOCOL_ERROR, 'PROTOCOL_ERROR'],
  [constants.NGHTTP2_FRAME_SIZE_ERROR, 'FRAME_SIZE_ERROR'],
  [constants.NGHTTP2_COMPRESSION_ERROR, 'COMPRESSION_ERROR'],
  [constants.NGHTTP2_ENHANCE_YOUR_CALM, 'ENHANCE_YOUR_CALM'],
  [constants.NGHTTP2_HTTP_1_1_REQUIRED, 'HTTP_1_1_REQUIRED'],
]);

/** Finds sessions for requests. */
export interface SessionSource {
  readonly origin: URL;
  /** Binds the connection to a session, now or when there is room on one. */
  place(connection: Http2Connection, connectMs: number): void;
  /** It does not wait any more. */
  displace(connection: Http2Connection): void;
}

export class Http2Connection implements Connection, SessionTaker, UploadHost {
  readonly #source: SessionSource;
  /** Null until it has a place. */
  #session: Http2Session | null = null;
  #request: UpstreamRequest | null = null;
  #events: ConnectionEvents | null = null;
  #stream: ClientHttp2Stream | null = null;
  #upload: StreamUpload | null = null;
  #sentAtMs = 0;
  /** The target has ended its side, which a reset does not. */
  #ended = false;
  #answered = false;
  #trailers: HeaderList | null = null;

  constructor(source: SessionSource) {
    this.#source = source;
  }

  /** The pool has found a session, or another one. */
  bind(session: Http2Session): void {
    this.unbind();
    this.#session = session;
    session.take();
    if (this.#request !== null) session.enter(this);
  }

  unbind(): void {
    const session = this.#session;
    this.#session = null;
    session?.leave(this);
    session?.free();
  }

  send(request: UpstreamRequest, events: ConnectionEvents): void {
    assert(this.#events === null, 'one request at a time');
    this.#request = request;
    this.#events = events;
    if (this.#session?.draining === false) {
      this.#session.enter(this);
      return;
    }
    this.unbind();
    this.#source.place(this, request.connectMs);
  }

  abort(reason: GatewayError): void {
    if (this.#events === null) return;
    if (this.#stream === null) this.#leave();
    else if (reason.code === 'SLUICE_UPSTREAM_TIMEOUT') this.#session?.doubt(this.#sentAtMs);
    this.#fail(reason);
  }

  resume(): void {
    this.#stream?.resume();
  }

  /** The session is the pool's. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  // What the session tells.

  onSession(session: ClientHttp2Session): void {
    const request = this.#request!;
    const { body, method } = request;
    const buffered = body instanceof BufferedBody && body.trailers === null ? body.bytes : null;
    const streams = body !== null && buffered === null;
    const announces = buffered !== null && (buffered.length > 0 || expectsPayload(method));
    const length = streams ? body.length : announces ? buffered.length : null;
    // Node says so later, or not before the peer has closed the connection.
    if (session.closed || session.destroyed) {
      this.#fail(this.#refused());
      return;
    }
    let stream: ClientHttp2Stream;
    try {
      const head = writeHttp2Head(request, this.#source.origin);
      if (length !== null) head['content-length'] = String(length);
      const endStream = !streams && (buffered === null || buffered.length === 0);
      stream = session.request(head, { endStream, waitForTrailers: streams });
    } catch (error) {
      this.#fail(error as Error);
      return;
    }
    this.#stream = stream;
    this.#sentAtMs = performance.now();
    this.#ended = false;
    this.#answered = false;
    this.#trailers = null;
    this.#listen(stream);
    const events = this.#events!;
    events.onSending(this.#session!.countStream() > 0, this.#sentAtMs);
    if (streams) {
      this.#upload = new StreamUpload(body, request.refusesTrailer, stream, events, this);
      this.#upload.start();
    } else if (buffered !== null && buffered.length > 0) {
      stream.end(buffered);
    }
  }

  onSessionFailed(error: Error): void {
    this.#fail(error);
  }

  // What the upload tells.

  onUploadFailed(error: GatewayError): void {
    // The target may have answered in full meanwhile.
    if (this.#events !== null) this.#fail(error);
  }

  #leave(): void {
    this.#session?.leave(this);
    this.#source.displace(this);
  }

  #listen(stream: ClientHttp2Stream): void {
    const mine = (): boolean => this.#stream === stream;
    // Node ends a stream that was reset, or whose session is gone, as it ends one that is whole; but it has closed it by then.
    stream.push = (chunk: unknown, encoding?: BufferEncoding) => {
      if (chunk === null && !stream.closed && mine()) this.#ended = true;
      return Duplex.prototype.push.call(stream, chunk, encoding);
    };
    stream.on('headers', () => {
      if (mine()) this.#hear();
    });
    // The raw fields are the third argument, which the typings leave out.
    stream.on('response', ((_fields: unknown, flags: number, raw: string[]) => {
      if (mine()) this.#onResponse(stream, raw, (flags & NGHTTP2_FLAG_END_STREAM) !== 0);
    }) as () => void);
    stream.on('trailers', ((_fields: unknown, _flags: number, raw: string[]) => {
      if (mine()) this.#trailers = forwardableTrailers(raw);
    }) as () => void);
    stream.on('end', () => {
      if (mine() && this.#ended && this.#answered) this.#complete(stream);
    });
    stream.on('frameError', this.#session!.onFrameError);
    // What it is shows when it is closed.
    stream.on('error', () => {});
    stream.on('close', () => {
      if (mine()) this.#fail(this.#whyClosed(stream));
    });
  }

  #hear(): void {
    this.#session?.hear();
    this.#events!.onAnswering();
  }

  #onResponse(stream: ClientHttp2Stream, raw: string[], ended: boolean): void {
    this.#hear();
    this.#answered = true;
    const events = this.#events!;
    try {
      events.onHead(readHttp2Head(raw, ended));
    } catch (error) {
      this.#fail(error as Error);
      return;
    }
    if (this.#stream !== stream) return;
    const bodiless = this.#request!.method === 'HEAD';
    stream.on('data', (bytes: Buffer) => {
      if (this.#stream !== stream || bodiless) return;
      this.#session?.hear();
      try {
        if (!events.onData(bytes) && this.#stream === stream) stream.pause();
      } catch (error) {
        if (this.#stream === stream) this.#fail(error as Error);
      }
    });
  }

  #complete(stream: ClientHttp2Stream): void {
    const upload = this.#upload;
    const trailers = this.#trailers;
    const events = this.#settle();
    // RFC 9113 §8.1: a target may answer in full before it has read the request.
    if (upload !== null && !upload.over) cancel(stream);
    upload?.abandon();
    events.onComplete(trailers);
  }

  #fail(error: Error): void {
    this.#upload?.detach();
    const stream = this.#stream;
    const events = this.#settle();
    if (stream !== null) cancel(stream);
    events.onError(error);
  }

  #settle(): ConnectionEvents {
    const events = this.#events!;
    this.#events = null;
    this.#request = null;
    this.#stream = null;
    this.#upload = null;
    return events;
  }

  #refused(): GatewayError {
    return new GatewayError(
      'SLUICE_UPSTREAM_REFUSED',
      `${this.#source.origin.origin} refused the request before it looked at it`,
    );
  }

  #whyClosed(stream: ClientHttp2Stream): Error {
    const { rstCode, id } = stream;
    const session = this.#session!;
    const unseen = id === undefined || id > session.lastStreamId || rstCode === NGHTTP2_REFUSED_STREAM;
    // RFC 9113 §8.7: it may be sent again, whatever its method.
    if (unseen && !this.#answered) return this.#refused();
    if (session.failure !== null) return session.failure;
    if (session.isGone) return new Error('the connection is gone');
    const breach = BREACHES.get(rstCode);
    if (breach !== undefined) return new ProtocolError(`the stream was closed with ${breach}`);
    return new Error(`it reset the stream with code ${rstCode}`);
  }
}

/** Later: this may run in the midst of what nghttp2 reads, which does not bear that (nodejs/node#64113, #64850). */
function cancel(stream: ClientHttp2Stream): void {
  setImmediate(() => {
    if (!stream.closed) stream.close(NGHTTP2_CANCEL);
  });
}
