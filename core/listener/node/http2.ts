// HTTP/2 (RFC 9113) on Node's sessions: requests become exchanges, and clients that make work for its own sake are told to
// calm down.
import {
  constants,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import { firstValue } from '../../headers.js';
import { endInOrder } from '../../session-ends.js';
import { Http2Guard } from './http2-guard.js';
import { MAX_HEAD_BYTES, readHttp2Head } from './http2-request.js';
import { Http2Wire } from './http2-wire.js';
import type { NodeIntake } from './intake.js';
import type { Peer } from './wire.js';

const MAX_STREAMS = 100;
const MAX_FIELDS = 256;
/** What a client may send on one stream, and on all of them, before somebody takes it. */
const STREAM_WINDOW_BYTES = 128 * 1024;
const CONNECTION_WINDOW_BYTES = 1024 * 1024;

const OPTIONS = {
  // Of nghttp2 and Node together, in megabytes; beyond it new streams are refused.
  maxSessionMemory: 10,
  maxHeaderListPairs: MAX_FIELDS,
  maxOutstandingPings: 10,
  maxSettings: 32,
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
  settings: {
    maxConcurrentStreams: MAX_STREAMS,
    maxHeaderListSize: MAX_HEAD_BYTES,
    initialWindowSize: STREAM_WINDOW_BYTES,
  },
};

/** Times of a connection, in milliseconds. */
export interface SessionTimes {
  /** Longest wait for the first settings of a client. */
  readonly headMs: number;
  /** Longest rest without a request. */
  readonly restMs: number;
}

export class NodeHttp2 {
  readonly #intake: NodeIntake;
  readonly #times: SessionTimes;
  readonly #connections = new Set<Http2Connection>();

  constructor(intake: NodeIntake, times: SessionTimes) {
    this.#intake = intake;
    this.#times = times;
  }

  /** Takes a connection over on which the client speaks HTTP/2. */
  accept(socket: Socket, peer: Peer): void {
    // Otherwise Node waits for our end when the client has ended.
    socket.allowHalfOpen = false;
    const connection = new Http2Connection(this.#intake, socket, peer);
    this.#connections.add(connection);
    socket.once('close', () => this.#connections.delete(connection));
  }

  /** Streams that run go on, no new one is taken. */
  drain(): void {
    for (const connection of this.#connections) connection.drain();
  }

  /** Called every now and then. */
  checkIdle(nowMs: number): void {
    for (const connection of this.#connections) connection.checkIdle(nowMs, this.#times);
  }
}

class Http2Connection {
  readonly #intake: NodeIntake;
  readonly #socket: Socket;
  readonly #peer: Peer;
  readonly #session: ServerHttp2Session;
  readonly #guard = new Http2Guard(performance.now());
  #streams = 0;
  /** Streams among them that have a body. */
  #uploads = 0;
  #greeted = false;
  #restingSinceMs = performance.now();
  /** What had come when the client answered last whether it is there. */
  #answeredBytes = 0;
  /** When it was asked; null while it is not. */
  #askedAtMs: number | null = null;
  /** What had come when its connection was looked at last. */
  #seenBytes = 0;

  constructor(intake: NodeIntake, socket: Socket, peer: Peer) {
    this.#intake = intake;
    this.#socket = socket;
    this.#peer = peer;
    const session = performServerHandshake(socket, OPTIONS);
    this.#session = session;
    endInOrder(session, socket);
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    session.on('error', ignore);
    session.on('stream', (stream: ServerHttp2Stream, _fields: unknown, flags: number, raw: string[]) =>
      this.#take(stream, flags, raw),
    );
    session.on('remoteSettings', () => {
      this.#greeted = true;
      this.#control();
    });
    session.on('ping', () => this.#control());
    session.on('priority', () => this.#control());
  }

  drain(): void {
    if (!this.#session.closed) this.#session.close();
  }

  checkIdle(nowMs: number, times: SessionTimes): void {
    if (this.#guard.bytes(nowMs, this.#socket.bytesRead, this.#uploads * STREAM_WINDOW_BYTES)) {
      this.#calm();
      return;
    }
    if (!this.#isHeard(nowMs, this.#streams > 0 ? times.restMs : times.headMs)) {
      this.#socket.destroy();
      return;
    }
    if (this.#streams > 0) {
      this.#restingSinceMs = nowMs;
      return;
    }
    const restMs = nowMs - this.#restingSinceMs;
    if (restMs > times.restMs + times.headMs || (!this.#greeted && restMs > times.headMs))
      this.#socket.destroy();
    else if (restMs > times.restMs) this.drain();
  }

  /**
   * After a frame that breaks the protocol nghttp2 says goodbye, reads no more and tells nobody: not even that the client has
   * left would be heard. So who has fallen silent since something came is asked, once, and cut when no answer comes.
   */
  #isHeard(nowMs: number, waitMs: number): boolean {
    if (this.#askedAtMs !== null) return nowMs - this.#askedAtMs <= waitMs;
    const { bytesRead } = this.#socket;
    const isSilent = bytesRead === this.#seenBytes;
    this.#seenBytes = bytesRead;
    if (!isSilent || bytesRead === this.#answeredBytes || this.#session.destroyed) return true;
    const answered = (error: Error | null): void => {
      if (error !== null) return;
      this.#askedAtMs = null;
      this.#seenBytes = this.#answeredBytes = this.#socket.bytesRead;
    };
    if (this.#session.ping(answered)) this.#askedAtMs = nowMs;
    return true;
  }

  #take(stream: ServerHttp2Stream, flags: number, raw: string[]): void {
    stream.on('error', ignore);
    if (stream.destroyed || stream.closed) {
      // Taken back in the same breath.
      this.#reset();
      return;
    }
    try {
      this.#begin(stream, flags, raw);
    } catch (cause) {
      // A bug of ours, which must not take the process along.
      process.emitWarning(cause instanceof Error ? cause : String(cause));
      stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    }
  }

  #begin(stream: ServerHttp2Stream, flags: number, raw: string[]): void {
    this.#guard.request();
    const { head, problem } = readHttp2Head(raw);
    const wire = new Http2Wire(stream, head.flat, this.#guard);
    const { exchange, reply, refusal, bodyLength } = this.#intake.take(head, this.#peer, wire, problem);
    this.#streams++;
    stream.once('aborted', () => reply.leave());
    stream.once('close', () => {
      this.#streams--;
      reply.leave();
      if (wire.wasReset) this.#reset();
      else this.#guard.end();
    });
    const ended = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    if (refusal === null && !ended) {
      this.#uploads++;
      stream.once('close', () => this.#uploads--);
      stream.on('data', (bytes: Buffer) => this.#guard.piece(bytes.length));
      const hasLength = firstValue(head.flat, 'content-length') !== undefined;
      const upload = reply.openUpload(hasLength ? bodyLength : null);
      stream.on('trailers', (_fields: unknown, _flags: unknown, fields: string[]) => {
        upload.setTrailers([...fields]);
      });
      exchange.requestBody = upload;
    }
    this.#intake.begin(exchange, reply, refusal);
  }

  #control(): void {
    if (this.#guard.controlFrame(performance.now())) this.#calm();
  }

  #reset(): void {
    if (this.#guard.reset(performance.now())) this.#calm();
  }

  /** Later: this runs in the midst of what nghttp2 reads, and Node frees the session under it (nodejs/node#64113, #64850). */
  #calm(): void {
    setImmediate(() => {
      if (!this.#session.destroyed) this.#session.destroy(constants.NGHTTP2_ENHANCE_YOUR_CALM as never);
    });
  }
}

function ignore(): void {}
