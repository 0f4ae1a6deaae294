// A connection for HTTP/1.1 on a socket of our own, with TLS or without: one write for a request, one shared buffer for all
// reads. In place of undici it saves about a third of what a request costs the gateway, a fifth with TLS;
// npm run bench:gateway measures the first.

import assert from 'node:assert';
import { Buffer } from 'node:buffer';
import type { OnReadOpts, Socket } from 'node:net';
import type { GatewayError } from '../errors.js';
import { BufferedBody } from '../exchange.js';
import type { ConnectionEvents } from './connection.js';
import type { PooledConnection } from './connection-pool.js';
import { Deadline, type DeadlineWheel } from './deadline-wheel.js';
import { Http1Upload } from './http1-upload.js';
import { expectsPayload, writeHead } from './request-head.js';
import type { ResponseHead } from './response-head.js';
import { ResponseParser, type ResponseSink } from './response-parser.js';
import type { TargetConnector } from './target-connector.js';
import { TurnEnd, type TurnTaker } from './turn-end.js';
import type { UploadHost } from './upload.js';
import type { UpstreamRequest } from './upstream.js';

/**
 * What every socket reads into. libuv reads and calls back before it reads again, so the bytes of one read are gone when
 * its callback returns: they are lent to whoever takes them, and copied where they are kept.
 */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);
const TURN = new TurnEnd();
/** Requests up to this size are one write: libuv tries to send them at once, so as a rule nothing is kept of them. */
const MAX_JOINED_BYTES = 16 * 1024;
/** What requests in clear text are put together in. Given away where the socket did not take all of one. */
let sendBuffer = Buffer.allocUnsafeSlow(MAX_JOINED_BYTES);
/** A target that closes after its `keep-alive: timeout=…` must not find us sending just then. */
const KEEP_ALIVE_MARGIN_MS = 2000;

/** `queued` is a request that waits for its turn on a kept socket, `active` one whose first byte was sent. */
type State = 'idle' | 'connecting' | 'queued' | 'active';

export class Http1Connection
  extends Deadline
  implements PooledConnection, ResponseSink, TurnTaker, UploadHost
{
  readonly #connector: TargetConnector;
  readonly #keepAliveMs: number;
  readonly #wheel: DeadlineWheel;
  readonly #encrypted: boolean;
  readonly #parser = new ResponseParser(this);
  readonly #onread: OnReadOpts = { buffer: READ_BUFFER, callback: (bytes) => this.#onRead(bytes) };
  #state: State = 'idle';
  #socket: Socket | null = null;
  /** Requests that the socket has carried. */
  #served = 0;
  #request: UpstreamRequest | null = null;
  #events: ConnectionEvents | null = null;
  #head = '';
  #upload: Http1Upload | null = null;
  /** The present request went out in one small write, which TLS reports as done only after the answer may be there. */
  #joined = false;
  /** The socket ends with the present request. */
  #last = false;
  #idleMs = 0;
  /** The consumer of the present response wants no more now. */
  #paused = false;
  /** The socket does not read. */
  #stopped = false;

  constructor(connector: TargetConnector, keepAliveMs: number, wheel: DeadlineWheel) {
    super();
    this.#connector = connector;
    this.#keepAliveMs = keepAliveMs;
    this.#wheel = wheel;
    this.#encrypted = connector.secure;
  }

  get isOpen(): boolean {
    return this.#socket !== null;
  }

  send(request: UpstreamRequest, events: ConnectionEvents): void {
    assert(this.#state === 'idle', 'one request at a time');
    this.#last = isUnusual(request);
    try {
      this.#head = writeHead(request, this.#connector.authority, this.#last);
    } catch (error) {
      events.onError(error as Error);
      return;
    }
    this.#request = request;
    this.#events = events;
    this.#wheel.rest(this);
    if (this.#socket === null) {
      this.#connect();
    } else {
      this.#state = 'queued';
      TURN.add(this);
    }
  }

  abort(reason: GatewayError): void {
    if (this.#state === 'connecting') this.#socket!.destroy(reason);
    else if (this.#state === 'active') this.#fail(reason);
    else if (this.#state === 'queued') {
      const events = this.#settle();
      this.#keep();
      events.onError(reason);
    }
  }

  resume(): void {
    this.#paused = false;
    this.#stopped = false;
    this.#socket?.resume();
  }

  close(): Promise<void> {
    const socket = this.#socket;
    if (socket === null) return Promise.resolve();
    return new Promise((resolve) => {
      socket.once('close', () => resolve());
      this.#drop();
    });
  }

  onTurn(nowMs: number): void {
    if (this.#state !== 'queued') return;
    // It was closed while the request waited, which is as good as never opened.
    if (this.#socket === null) this.#connect();
    else this.#begin(nowMs);
  }

  /** The socket has been idle for long enough. */
  override onDeadline(): void {
    this.#drop();
  }

  // What the parser tells.

  onHead(head: ResponseHead): void {
    const { keepAliveTimeoutMs } = head;
    this.#idleMs =
      keepAliveTimeoutMs === null
        ? this.#keepAliveMs
        : Math.min(this.#keepAliveMs, keepAliveTimeoutMs - KEEP_ALIVE_MARGIN_MS);
    this.#events!.onHead(head);
  }

  onBody(start: number, end: number): void {
    const events = this.#events!;
    // Not for a request that was aborted by this chunk: the pause would outlive it.
    const more = events.onLentData(READ_BUFFER.subarray(start, end));
    if (!more && this.#events === events) this.#paused = true;
  }

  // What the upload tells.

  onUploadFailed(error: GatewayError): void {
    this.#fail(error);
  }

  #connect(): void {
    this.#state = 'connecting';
    const socket = this.#connector.open((error) => {
      this.#connector.count(error);
      if (error === null) this.#begin(performance.now());
      else this.#fail(error);
    }, this.#onread);
    this.#socket = socket;
    socket.on('error', (error) => this.#onError(socket, error));
    socket.on('end', () => this.#onEnd(socket));
    socket.on('close', () => this.#onClose(socket));
    socket.on('drain', () => this.#upload?.onDrain());
  }

  #begin(nowMs: number): void {
    const request = this.#request!;
    this.#state = 'active';
    this.#parser.begin(request.method);
    this.#events!.onSending(this.#served++ > 0, nowMs);
    const { body, method } = request;
    const payload = expectsPayload(method);
    this.#joined = true;
    if (body instanceof BufferedBody && body.length > 0) {
      this.#sendBuffered(body);
    } else if (body === null || body instanceof BufferedBody) {
      this.#socket!.write(`${this.#head}${payload ? '\r\ncontent-length: 0' : ''}\r\n\r\n`, 'latin1');
    } else {
      this.#joined = false;
      this.#upload = new Http1Upload(body, this.#socket!, this.#head, payload, this.#events!, this);
      this.#upload.start();
    }
  }

  #sendBuffered({ bytes }: BufferedBody): void {
    const socket = this.#socket!;
    const head = `${this.#head}\r\ncontent-length: ${bytes.length}\r\n\r\n`;
    const size = head.length + bytes.length;
    if (size <= MAX_JOINED_BYTES) {
      // TLS keeps what it is given until it has made records of it.
      const joined = this.#encrypted ? Buffer.allocUnsafe(size) : sendBuffer;
      joined.write(head, 0, 'latin1');
      joined.set(bytes, head.length);
      socket.write(joined.subarray(0, size));
      if (!this.#encrypted && socket.writableLength > 0)
        sendBuffer = Buffer.allocUnsafeSlow(MAX_JOINED_BYTES);
      return;
    }
    this.#joined = false;
    socket.cork();
    socket.write(head, 'latin1');
    socket.write(bytes);
    socket.uncork();
  }

  /** @returns false to stop reading until the consumer resumes */
  #onRead(bytes: number): boolean {
    if (this.#state !== 'active') {
      // Nobody asked for them.
      this.#drop();
      return true;
    }
    const events = this.#events!;
    events.onAnswering();
    let end = 0;
    try {
      end = this.#parser.execute(READ_BUFFER, 0, bytes);
    } catch (error) {
      // A consumer that fails after it has aborted has nothing left to break off.
      if (this.#events === events) this.#fail(error as Error);
    }
    if (this.#parser.over) this.#complete(end === bytes);
    this.#stopped = this.#paused;
    return !this.#stopped;
  }

  /** One of TLS does not close the socket by itself, and its stream ends next as if all were well. */
  #onError(socket: Socket, error: Error): void {
    if (socket === this.#socket && this.#state === 'active') this.#fail(error);
  }

  #onEnd(socket: Socket): void {
    if (socket !== this.#socket) return;
    if (this.#state !== 'active') this.#drop();
    else if (this.#parser.finish()) this.#complete(false);
    else this.#fail(new Error('it ended the connection'));
  }

  #onClose(socket: Socket): void {
    if (socket !== this.#socket) return;
    if (this.#state === 'active') this.#fail(socket.errored ?? new Error('the connection is gone'));
    else this.#drop();
  }

  /** @param exact nothing follows the response */
  #complete(exact: boolean): void {
    const upload = this.#upload;
    const reusable =
      exact &&
      this.#parser.reusable &&
      !this.#last &&
      this.#idleMs > 0 &&
      (upload === null || upload.over) &&
      (this.#joined || this.#socket!.writableLength === 0);
    const events = this.#settle();
    if (reusable) this.#keep();
    else this.#drop();
    upload?.abandon();
    events.onComplete(null);
  }

  #fail(error: Error): void {
    this.#upload?.detach();
    const events = this.#settle();
    this.#drop();
    events.onError(error);
  }

  /** Forgets the request. */
  #settle(): ConnectionEvents {
    const events = this.#events!;
    this.#parser.stop();
    this.#state = 'idle';
    this.#events = null;
    this.#request = null;
    this.#head = '';
    this.#upload = null;
    this.#paused = false;
    return events;
  }

  /** Leaves the socket open for the next request, for a while. */
  #keep(): void {
    if (this.#socket === null) return;
    this.#wheel.arm(this, this.#idleMs);
    // TLS hands on what it has decrypted after it was stopped, and that may have been all there was: nobody resumes then.
    if (this.#stopped) this.resume();
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#stopped = false;
    this.#served = 0;
    this.#wheel.disarm(this);
    socket?.destroy();
  }
}

/**
 * HEAD, because some targets send a body all the same, and a body where none is expected, because some do not read it:
 * either would be taken for the beginning of the next message.
 */
function isUnusual({ method, body }: UpstreamRequest): boolean {
  return method === 'HEAD' || (body !== null && body.length !== 0 && !expectsPayload(method));
}
