// A socket that speaks HTTP/2 to one target, for many requests at once (RFC 9113): from the connect to the peer's settings, to
// the last stream after a GOAWAY. Which request it carries is SessionPool's to say, what a stream is Http2Connection's.
import { type ClientHttp2Session, connect } from 'node:http2';
import type { Socket } from 'node:net';
import { GatewayError } from '../errors.js';
import { endInOrder } from '../session-ends.js';
import { Deadline, type DeadlineWheel } from './deadline-wheel.js';
import { MAX_HTTP2_HEAD_BYTES } from './http2-head.js';
import type { TargetConnector } from './target-connector.js';

/** What a stream whose reader is slow may hold: the peer stops there. */
const STREAM_WINDOW_BYTES = 128 * 1024;
/** What may be under way on all streams together; Node takes it off the wire whatever the readers do. */
const SESSION_WINDOW_BYTES = 1024 * 1024;
const MAX_HEAD_FIELDS = 256;
/** A peer that allows more gets them by another session. */
const MOST_STREAMS = 250;
/** Identifiers of streams run out at twice as many (RFC 9113 §5.1.1). */
const MOST_SERVED = 500_000_000;

/** How long a session waits for what. Milliseconds. */
export interface SessionTimes {
  /** How long one without a request is kept. */
  readonly keepAliveMs: number;
  /** Silence with requests under way, after which the peer is asked whether it still is there. */
  readonly silenceMs: number;
  /** Likewise, when a request has waited in vain. */
  readonly doubtMs: number;
  /** Until it is asked again when it said so and nothing else: servers of gRPC hang up on who asks every five minutes. */
  readonly quietMs: number;
  /** Within which the socket must have taken the question. */
  readonly stuckMs: number;
  /** Within which the peer must answer after that. */
  readonly ackMs: number;
}

/** Told what becomes of a session. */
export interface SessionHost {
  /** It may carry requests now, or another number of them. */
  onSessionRoom(session: Http2Session): void;
  /** It takes no further request. */
  onSessionClosed(session: Http2Session): void;
}

/** A request that waits for its session. */
export interface SessionTaker {
  onSession(session: ClientHttp2Session): void;
  /** Nothing was sent. */
  onSessionFailed(error: Error): void;
}

/** `draining` takes no new stream, and lets those that run end. */
type State = 'connecting' | 'ready' | 'draining';

export class Http2Session extends Deadline {
  readonly #host: SessionHost;
  readonly #wheel: DeadlineWheel;
  readonly #times: SessionTimes;
  readonly #origin: string;
  readonly #connectMs: number;
  readonly #connector: TargetConnector;
  readonly #socket: Socket;
  readonly #waiting = new Set<SessionTaker>();
  #session: ClientHttp2Session | null = null;
  #state: State = 'connecting';
  #capacity: number;
  #taken = 0;
  #served = 0;
  #heardAtMs = 0;
  #pingedAtMs = 0;
  /** At the ping; null once more has been written. */
  #writtenBytes: number | null = null;
  #pinged = false;
  /** It was pinged since it was heard. */
  #asked = false;
  /** No stream beyond it was looked at, once a GOAWAY has said so. */
  lastStreamId = Number.POSITIVE_INFINITY;
  /** What ended it before its time. */
  failure: Error | null = null;

  /**
   * Starts to connect.
   * @param expected  streams that the peer is taken to allow until it says
   * @param connectMs until its settings are there
   */
  constructor(
    connector: TargetConnector,
    host: SessionHost,
    wheel: DeadlineWheel,
    times: SessionTimes,
    expected: number,
    connectMs: number,
  ) {
    super();
    this.#host = host;
    this.#wheel = wheel;
    this.#times = times;
    this.#origin = connector.origin.origin;
    this.#connectMs = connectMs;
    this.#connector = connector;
    this.#capacity = expected;
    wheel.arm(this, connectMs);
    this.#socket = connector.open((error) => {
      if (error === null) this.#speak();
      else this.#fail(error);
    });
  }

  /** It takes one request more. */
  get hasRoom(): boolean {
    return !this.draining && this.#taken < this.#capacity;
  }

  /** Requests that the peer allows at once. */
  get capacity(): number {
    return this.#capacity;
  }

  /** Requests beyond that, of those that have not begun: the last that came. */
  get excess(): SessionTaker[] {
    const excess = this.#taken - this.#capacity;
    return excess <= 0 ? [] : [...this.#waiting].slice(-excess);
  }

  /** Requests that are bound to it. */
  get taken(): number {
    return this.#taken;
  }

  get draining(): boolean {
    return this.#state === 'draining' || this.#session?.closed === true || this.isGone;
  }

  /** Nothing more will come. */
  get isGone(): boolean {
    return this.#session?.destroyed === true;
  }

  /** A request is bound to it. */
  take(): void {
    this.#taken++;
    if (this.#state === 'ready' && this.#taken === 1 && !this.#pinged) this.#watch();
  }

  /** It is over, or bound to another. */
  free(): void {
    this.#taken--;
    if (this.#taken > 0) return;
    if (this.#state === 'draining') this.#end();
    else if (this.#state === 'ready' && !this.#pinged) this.#wheel.arm(this, this.#times.keepAliveMs);
  }

  /** Calls one of the taker's two methods, once, at once or later. */
  enter(taker: SessionTaker): void {
    if (this.#state === 'ready') taker.onSession(this.#session!);
    else this.#waiting.add(taker);
  }

  /** Does not want it any more. */
  leave(taker: SessionTaker): void {
    this.#waiting.delete(taker);
  }

  /** @returns how many streams there were before */
  countStream(): number {
    if (this.#served === MOST_SERVED) this.#drain();
    return this.#served++;
  }

  /** Node could not send a frame, as after an error of the peer's, and takes no further request on this connection. */
  readonly onFrameError = (): void => {
    this.#drain();
    if (this.#taken === 0) this.#end();
  };

  /** Something came from the peer. */
  hear(): void {
    this.#heardAtMs = performance.now();
    this.#asked = false;
  }

  /**
   * A request has waited in vain. If nothing was heard since it was sent, no other one is to wait here as well: Node's sessions
   * were seen to answer pings and nothing else after many streams were cancelled. And is the peer still there? Who was heard
   * or asked of late is not asked: servers of gRPC hang up on who asks often.
   */
  doubt(sentAtMs: number): void {
    const { doubtMs, quietMs } = this.#times;
    const nowMs = performance.now();
    if (this.#heardAtMs < sentAtMs) this.#drain();
    if (nowMs - this.#heardAtMs < doubtMs) return;
    if (!this.#asked || nowMs - this.#pingedAtMs >= quietMs / 5) this.#ping();
  }

  /**
   * Asks the peer whether it still is there, and ends the session if it does not say so. Not for dead peers alone: Node's session
   * hears nothing more, not even the end, when a write over TLS has failed at once.
   */
  #ping(): void {
    if (this.#pinged || this.#state === 'connecting' || this.#session === null || this.#session.destroyed)
      return;
    this.#pinged = true;
    this.#pingedAtMs = performance.now();
    this.#asked = true;
    this.#session.ping((error) => {
      this.#pinged = false;
      if (error !== null || this.#state !== 'ready') return;
      if (this.#taken === 0) this.#wheel.arm(this, this.#times.keepAliveMs);
      else this.#watch();
    });
    this.#writtenBytes = this.#socket.bytesWritten;
    this.#wheel.arm(this, this.#times.stuckMs);
  }

  override onDeadline(): void {
    if (this.#state === 'connecting') {
      const message = `no connection to ${this.#origin} in ${this.#connectMs} ms`;
      this.#fail(new GatewayError('SLUICE_UPSTREAM_CONNECT_TIMEOUT', message));
    } else if (
      this.#pinged &&
      this.#writtenBytes !== null &&
      this.#socket.bytesWritten > this.#writtenBytes
    ) {
      this.#writtenBytes = null;
      this.#wheel.arm(this, this.#times.ackMs);
    } else if (this.#pinged) {
      this.#fail(new Error('it does not answer to a ping'));
    } else if (this.#taken === 0) {
      this.#drain();
      this.#end();
    } else {
      this.#watch();
    }
  }

  /** Nothing is under way, and nothing will be. */
  close(): Promise<void> {
    this.#drain();
    if (this.#socket.closed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#socket.once('close', () => resolve());
      this.#end();
    });
  }

  #speak(): void {
    const session = connect(this.#origin, {
      createConnection: () => this.#socket,
      settings: {
        enablePush: false,
        initialWindowSize: STREAM_WINDOW_BYTES,
        maxHeaderListSize: MAX_HTTP2_HEAD_BYTES,
      },
      maxHeaderListPairs: MAX_HEAD_FIELDS,
    });
    this.#session = session;
    endInOrder(session, this.#socket);
    session.on('connect', () => session.setLocalWindowSize(SESSION_WINDOW_BYTES));
    session.on('remoteSettings', ({ maxConcurrentStreams = MOST_STREAMS }) =>
      this.#onSettings(maxConcurrentStreams),
    );
    session.on('goaway', (code, lastStreamId) => this.#onGoaway(code, lastStreamId));
    session.on('frameError', this.onFrameError);
    session.on('error', (error) => this.#fail(this.#unspoken(error)));
    session.on('close', () => this.#fail(this.#unspoken(new Error('the connection is gone'))));
  }

  /** Who answers in another protocol before its settings does not speak ours. */
  #unspoken(error: Error): Error {
    if (this.#state !== 'connecting') return error;
    return new Error(`it does not speak HTTP/2: ${error.message}`, { cause: error });
  }

  #onSettings(streams: number): void {
    if (this.#state === 'draining') return;
    this.#capacity = Math.min(streams, MOST_STREAMS);
    if (this.#state === 'connecting') {
      this.#state = 'ready';
      this.#connector.count(null);
      this.#heardAtMs = performance.now();
      this.#wheel.disarm(this);
      if (this.#taken > 0) this.#watch();
      else this.#wheel.arm(this, this.#times.keepAliveMs);
    }
    this.#host.onSessionRoom(this);
    const session = this.#session!;
    for (const taker of this.#waiting) {
      this.#waiting.delete(taker);
      taker.onSession(session);
    }
  }

  #onGoaway(code: number, lastStreamId: number): void {
    this.lastStreamId = lastStreamId;
    if (code !== 0) this.failure ??= new Error(`it sent GOAWAY with code ${code}`);
    this.#drain();
    if (this.#taken === 0) this.#end();
  }

  /** Until the peer has been silent for too long. */
  #watch(): void {
    const { silenceMs, quietMs } = this.#times;
    const left = (this.#asked ? quietMs : silenceMs) - (performance.now() - this.#heardAtMs);
    if (left <= 0) this.#ping();
    else this.#wheel.arm(this, left);
  }

  #fail(error: Error): void {
    const before = this.#state;
    if (before === 'connecting') this.#connector.count(error);
    this.failure ??= error;
    this.#wheel.disarm(this);
    this.#state = 'draining';
    this.#afterReading(() => {
      this.#session?.destroy(error);
      this.#socket.destroy();
    });
    for (const taker of this.#waiting) {
      this.#waiting.delete(taker);
      taker.onSessionFailed(error);
    }
    if (before !== 'draining') this.#host.onSessionClosed(this);
  }

  #drain(): void {
    if (this.#state === 'draining') return;
    this.#state = 'draining';
    this.#wheel.disarm(this);
    this.#host.onSessionClosed(this);
  }

  /** With a GOAWAY, and without waiting for the peer's. */
  #end(): void {
    this.#wheel.disarm(this);
    const session = this.#session;
    this.#afterReading(() => {
      session?.destroy();
      if (session === null) this.#socket.destroy();
      else this.#socket.destroySoon();
    });
  }

  /** This may run in the midst of what nghttp2 reads, and Node frees the session under it (nodejs/node#64113, #64850). */
  #afterReading(run: () => void): void {
    if (this.#session === null) run();
    else setImmediate(run);
  }
}
