// One request on its way to a target and back, through all its attempts. It is the handler that undici calls, the
// deadline on the wheel and the source of the response body at once: this is the hottest path of the gateway, and one
// object does for the three. undici's older handler methods cost the same as the newer ones (which wrap them) and give
// the fields raw and in order; `request()` costs a fifth more.
import type { Dispatcher } from 'undici';
import { GatewayError } from '../errors.js';
import { type Body, BufferedBody } from '../exchange.js';
import { HeaderList } from '../headers.js';
import type { Waiter } from './connection-pool.js';
import { Deadline, type DeadlineWheel } from './deadline-wheel.js';
import { RequestStream, type UploadWatch } from './request-stream.js';
import { type BodySource, ResponseBody } from './response-body.js';
import { decodeHead } from './response-head.js';
import { countsAgainstTarget, isConnectFailure, isFailureStatus, isRepeatable } from './retry-rule.js';
import type { Target } from './target.js';
import type { DispatchOptions, UndiciConnection } from './undici-connection.js';
import { failureOf } from './undici-failure.js';
import type { UpstreamRequest, UpstreamResponse } from './upstream.js';

/** A target that takes calls, and its connections. */
export interface Lane {
  readonly target: Target;
  acquire(waiter: Waiter): void;
  leave(waiter: Waiter): boolean;
  release(connection: UndiciConnection): void;
}

/** What a call needs of its upstream. */
export interface CallHost {
  readonly wheel: DeadlineWheel;
  readonly retries: number;
  /** Another available lane, or null. */
  chooseLane(tried: readonly Target[]): Lane | null;
  /** Called once, after everything else. */
  onCallOver(): void;
}

/** The promise of `forward`. */
export interface Verdict {
  readonly resolve: (response: UpstreamResponse) => void;
  readonly reject: (error: GatewayError) => void;
}

/**
 * Life of an attempt. `connecting` covers the queue, the connect and undici's check of an idle socket; it ends with
 * `onConnect`, right before the first byte. Every attempt ends in `onError` or `onComplete`, but for those that
 * leave the queue.
 */
type Phase = 'connecting' | 'sent' | 'body' | 'over';

export class UndiciCall
  extends Deadline
  implements Dispatcher.DispatchHandler, Waiter, BodySource, UploadWatch
{
  readonly #host: CallHost;
  readonly #request: UpstreamRequest;
  readonly #verdict: Verdict;
  #lane: Lane;
  #phase: Phase = 'connecting';
  #connection: UndiciConnection | null = null;
  #abort: ((error: Error) => void) | null = null;
  /** Why we ended it ourselves; wins over what undici says then. */
  #failure: GatewayError | null = null;
  #tried: Target[] | null = null;
  #attempts = 1;
  #upload: RequestStream | null = null;
  #uploadBlocked = false;
  /** The connection had carried a request before this one. */
  #reused = false;
  /** A byte of the response has arrived. */
  #answered = false;
  #resumeParser: (() => void) | null = null;
  #response: { -readonly [K in keyof UpstreamResponse]: UpstreamResponse[K] } | null = null;
  #body: ResponseBody | null = null;
  #untilClose = false;

  constructor(host: CallHost, request: UpstreamRequest, lane: Lane, verdict: Verdict) {
    super();
    this.#host = host;
    this.#request = request;
    this.#lane = lane;
    this.#verdict = verdict;
  }

  /** Sends it on its way. */
  start(): void {
    this.#lane.target.active++;
    this.#attempt();
  }

  /** The client left. */
  abandon(reason: GatewayError): void {
    this.#stop(reason);
  }

  onConnection(connection: UndiciConnection): void {
    this.#connection = connection;
    connection.dispatch(this.#dispatchOptions(), this);
  }

  override onDeadline(): void {
    const { target } = this.#lane;
    const { connectMs, responseMs, idleMs } = this.#request;
    if (this.#phase === 'connecting') {
      this.#stop(
        new GatewayError(
          'SLUICE_UPSTREAM_CONNECT_TIMEOUT',
          this.#connection === null
            ? `no connection to ${target.url} became free in ${connectMs} ms`
            : `no connection to ${target.url} in ${connectMs} ms`,
        ),
      );
      return;
    }
    this.#stop(
      new GatewayError(
        'SLUICE_UPSTREAM_TIMEOUT',
        this.#phase === 'sent'
          ? `no response head from ${target.url} in ${responseMs} ms`
          : `${target.url} was silent for ${idleMs} ms in the middle of its response`,
      ),
    );
  }

  // What undici calls, in this order.

  onConnect(abort: (error?: Error) => void): void {
    // Thrown and not aborted: that would close a connection which is as good as new.
    if (this.#failure !== null) throw this.#failure;
    const connection = this.#connection!;
    this.#abort = abort;
    this.#phase = 'sent';
    this.#reused = connection.served++ > 0;
    this.#answered = false;
    if (this.#upload === null || this.#uploadBlocked) this.#host.wheel.arm(this, this.#request.responseMs);
    else this.#host.wheel.disarm(this);
  }

  onBodySent(): void {
    if (this.#uploadBlocked && this.#phase === 'sent') this.#host.wheel.arm(this, this.#request.responseMs);
  }

  onRequestSent(): void {
    if (this.#upload === null) return;
    this.#uploadBlocked = false;
    if (this.#phase === 'sent') this.#host.wheel.arm(this, this.#request.responseMs);
  }

  onResponseStarted(): void {
    this.#answered = true;
  }

  onHeaders(status: number, raw: Buffer[], resume: () => void): boolean {
    if (status < 200) {
      // We never ask for an upgrade, so nothing that follows a 101 could be understood.
      if (status === 101) this.#stopProtocol('switches protocols unasked');
      return true;
    }
    const head = decodeHead(raw);
    if (head.unknownCoding !== null) {
      this.#stopProtocol(`sends an unknown transfer coding, ${head.unknownCoding}`);
      return true;
    }
    const { target } = this.#lane;
    if (isFailureStatus(status)) target.failed();
    else target.succeeded();
    this.#phase = 'body';
    this.#untilClose = head.untilClose;
    this.#resumeParser = resume;
    if (this.#request.method !== 'HEAD' && status !== 204 && status !== 304) {
      this.#body = new ResponseBody(head.contentLength, this);
    }
    this.#watchSilence();
    this.#response = { status, headers: new HeaderList(head.fields), body: this.#body, target: target.url };
    // Whoever awaits this runs after the bytes of this read are parsed: see `onComplete`.
    this.#verdict.resolve(this.#response);
    return true;
  }

  onData(bytes: Buffer): boolean {
    const more = this.#body!.push(bytes);
    // The silence that follows is the client's.
    if (more) this.#watchSilence();
    else this.#host.wheel.disarm(this);
    return more;
  }

  onComplete(): void {
    const connection = this.#connection!;
    const body = this.#body;
    // undici takes a reset for the end of a body that only the end of the connection ends.
    const cut = body !== null && this.#untilClose && connection.broken;
    this.#finish();
    this.#lane.release(connection);
    if (body === null) return;
    if (cut) {
      body.fail(
        new GatewayError('SLUICE_UPSTREAM_CUT', `${this.#lane.target.url} reset its connection midway`),
      );
      return;
    }
    body.end();
    // A body that came with its head is in memory already; nobody has seen the response yet.
    this.#response!.body = body.settled();
  }

  onError(error: Error): void {
    const point = this.#phase === 'over' ? 'body' : this.#phase;
    const failure = this.#failure ?? failureOf(error, point, this.#lane.target.url);
    const connection = this.#connection;
    const again = this.#retryLane(failure);
    const stale = again !== null && again === this.#lane && connection !== null;
    if (!stale && countsAgainstTarget(failure, connection === null)) this.#lane.target.failed();
    if (this.#phase !== 'connecting') connection?.reset();
    if (connection !== null && !stale) {
      // undici is still busy with the connection and must not find a new request on it yet.
      const lane = this.#lane;
      queueMicrotask(() => lane.release(connection));
      this.#connection = null;
    }
    if (again === null) {
      this.#fail(failure);
      return;
    }
    this.#lane.target.active--;
    this.#lane = again;
    this.#lane.target.active++;
    this.#host.wheel.disarm(this);
    this.#phase = 'connecting';
    this.#failure = null;
    this.#attempts++;
    queueMicrotask(() => this.#attempt());
  }

  // What the response body and the request stream call.

  resume(): void {
    // Never from inside a parser, another connection's included: undici parses on one stack.
    queueMicrotask(() => {
      if (this.#phase !== 'body') return;
      this.#watchSilence();
      this.#resumeParser!();
    });
  }

  cancel(reason: GatewayError): void {
    this.#stop(reason);
  }

  onUploadWanted(): void {
    this.#uploadBlocked = false;
    if (this.#phase === 'sent') this.#host.wheel.disarm(this);
  }

  onUploadBlocked(): void {
    this.#uploadBlocked = true;
    if (this.#phase === 'sent') this.#host.wheel.arm(this, this.#request.responseMs);
  }

  #attempt(): void {
    // The client may have left while a retry was on its way here.
    if (this.#failure !== null) {
      this.onError(this.#failure);
      return;
    }
    this.#host.wheel.arm(this, this.#request.connectMs);
    if (this.#connection === null) this.#lane.acquire(this);
    else this.onConnection(this.#connection);
  }

  #dispatchOptions(): DispatchOptions {
    const { method, target, authority, headers, body } = this.#request;
    const { flat } = headers;
    const fields: string[] = authority === '' ? [] : ['host', authority];
    for (let i = 0; i < flat.length; i += 2) {
      // The listener has answered the expectation (RFC 9110 §10.1.1), and undici refuses to send one.
      if (flat[i] !== 'expect') fields.push(flat[i]!, flat[i + 1]!);
    }
    return {
      path: target,
      method,
      headers: fields,
      body: this.#bodyToSend(body, fields),
      blocking: false,
      servername: this.#lane.target.url,
    };
  }

  #bodyToSend(body: Body | null, fields: string[]): Buffer | RequestStream | null {
    if (body === null) return null;
    if (body instanceof BufferedBody) {
      const { bytes } = body;
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    if (body.length !== null) fields.push('content-length', String(body.length));
    this.#upload = new RequestStream(body, this);
    return this.#upload;
  }

  #watchSilence(): void {
    const { idleMs } = this.#request;
    if (idleMs > 0) this.#host.wheel.arm(this, idleMs);
    else this.#host.wheel.disarm(this);
  }

  #stopProtocol(what: string): void {
    this.#stop(new GatewayError('SLUICE_UPSTREAM_PROTOCOL', `${this.#lane.target.url} ${what}`));
  }

  /** Ends the attempt from our side; `onError` follows, now or as soon as undici lets go of it. */
  #stop(failure: GatewayError): void {
    if (this.#phase === 'over' || this.#failure !== null) return;
    this.#failure = failure;
    if (this.#phase !== 'connecting') this.#abort!(failure);
    else if (this.#connection !== null) this.#connection.abandon(failure);
    else if (this.#lane.leave(this)) this.onError(failure);
  }

  /** Where to send it once more, or null (DESIGN §7). */
  #retryLane(failure: GatewayError): Lane | null {
    if (this.#attempts > this.#host.retries || !isRepeatable(this.#request)) return null;
    if (this.#isStale(failure)) return this.#lane;
    if (!isConnectFailure(failure)) return null;
    this.#tried ??= [];
    this.#tried.push(this.#lane.target);
    return this.#host.chooseLane(this.#tried);
  }

  /**
   * The target closed a kept connection while the request was on its way: a race, not a failure, and one that
   * RFC 9110 §9.2.2 lets an idempotent request try again. It gets a new connection to the same target.
   */
  #isStale(failure: GatewayError): boolean {
    return (
      this.#phase === 'sent' && this.#reused && !this.#answered && failure.code === 'SLUICE_UPSTREAM_CLOSED'
    );
  }

  #fail(failure: GatewayError): void {
    const early = this.#phase !== 'body';
    this.#finish();
    if (this.#upload === null) this.#request.body?.cancel(failure);
    else this.#upload.abandon(failure);
    if (early) this.#verdict.reject(failure);
    else this.#body?.fail(failure);
  }

  #finish(): void {
    this.#phase = 'over';
    this.#abort = null;
    this.#host.wheel.disarm(this);
    this.#lane.target.active--;
    this.#host.onCallOver();
  }
}
