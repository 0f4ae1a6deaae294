// One request on its way to a target and back, through all its attempts. It listens to its connection, is the deadline
// on the wheel and the source of the response body at once: this is the hottest path of the gateway, and one object does
// for the three.
import assert from 'node:assert';
import { GatewayError } from '../errors.js';
import { HeaderList } from '../headers.js';
import type { Connection, ConnectionEvents } from './connection.js';
import type { Waiter } from './connection-pool.js';
import { Deadline, type DeadlineWheel } from './deadline-wheel.js';
import { failureOf } from './failure.js';
import { isStreaming } from './request-body.js';
import { type BodySource, ResponseBody } from './response-body.js';
import type { ResponseHead } from './response-head.js';
import {
  countsAgainstTarget,
  isConnectFailure,
  isFailureStatus,
  isIdempotent,
  isReplayable,
} from './retry-rule.js';
import type { UpstreamTally } from './tally.js';
import type { Target } from './target.js';
import { TurnEnd, type TurnTaker } from './turn-end.js';
import type { ResponseReceiver, UpstreamRequest, UpstreamResponse } from './upstream.js';

const NO_HOPS: readonly string[] = [];
/** Responses go on together. Sends have a queue of their own, so that like stands beside like. */
const RESPONSES = new TurnEnd();

/** A target that takes calls, and its connections. */
export interface Lane {
  readonly target: Target;
  acquire(waiter: Waiter): void;
  leave(waiter: Waiter): boolean;
  release(connection: Connection): void;
}

/** What a call needs of its upstream. */
export interface CallHost {
  /** Of the upstream. */
  readonly name: string;
  readonly wheel: DeadlineWheel;
  readonly retries: number;
  readonly tally: UpstreamTally;
  /** Another available lane, or null. */
  chooseLane(tried: readonly Target[]): Lane | null;
  /** Called once, after everything else. */
  onCallOver(): void;
}

/**
 * Life of an attempt. `connecting` covers the queue, the connect and the check of an idle socket; it ends with
 * `onSending`, right before the first byte. Every attempt ends in `onError` or `onComplete`, but for those that
 * leave the queue.
 */
type Phase = 'connecting' | 'sent' | 'body' | 'over';

export class Call extends Deadline implements ConnectionEvents, Waiter, BodySource, TurnTaker {
  readonly #host: CallHost;
  readonly #request: UpstreamRequest;
  readonly #receiver: ResponseReceiver;
  #lane: Lane;
  #phase: Phase = 'connecting';
  #connection: Connection | null = null;
  /** Why we ended it ourselves; wins over what the connection says then. */
  #failure: GatewayError | null = null;
  #tried: Target[] | null = null;
  #attempts = 1;
  /** By the monotonic clock. */
  #sentAtMs = 0;
  #uploadBlocked = false;
  /** The connection had carried a request before this one. */
  #reused = false;
  /** A byte of the response has arrived. */
  #answered = false;
  #response: { -readonly [K in keyof UpstreamResponse]: UpstreamResponse[K] } | null = null;
  #body: ResponseBody | null = null;
  /** Whoever awaits the response has it. */
  #handedOn = false;

  constructor(host: CallHost, request: UpstreamRequest, lane: Lane, receiver: ResponseReceiver) {
    super();
    this.#host = host;
    this.#request = request;
    this.#lane = lane;
    this.#receiver = receiver;
  }

  get connectMs(): number {
    return this.#request.connectMs;
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

  onConnection(connection: Connection): void {
    this.#connection = connection;
    connection.send(this.#request, this);
  }

  override onDeadline(): void {
    const { target } = this.#lane;
    const { connectMs, responseMs, idleMs } = this.#request;
    if (this.#phase === 'connecting') {
      this.#stop(
        this.#connection === null
          ? new GatewayError(
              'SLUICE_UPSTREAM_CONNECTIONS',
              `no connection to ${target.url} became free in ${connectMs} ms: upstreams.${this.#host.name}.connections are all in use`,
              { headers: ['retry-after', '1'] },
            )
          : new GatewayError(
              'SLUICE_UPSTREAM_CONNECT_TIMEOUT',
              `no connection to ${target.url} in ${connectMs} ms`,
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

  // What the connection tells.

  onSending(reused: boolean, nowMs: number): void {
    this.#phase = 'sent';
    this.#sentAtMs = nowMs;
    this.#reused = reused;
    this.#answered = false;
    if (!isStreaming(this.#request.body) || this.#uploadBlocked) this.#watchTarget();
    else this.#host.wheel.disarm(this);
  }

  onUploadProgress(): void {
    if (this.#uploadBlocked) this.#watchTarget();
  }

  onUploadComplete(): void {
    this.#uploadBlocked = false;
    this.#watchTarget();
  }

  onUploadWanted(): void {
    this.#uploadBlocked = false;
    if (this.#phase === 'sent') this.#host.wheel.disarm(this);
  }

  onUploadBlocked(): void {
    this.#uploadBlocked = true;
    this.#watchTarget();
  }

  onAnswering(): void {
    this.#answered = true;
  }

  onHead(head: ResponseHead): void {
    const { target } = this.#lane;
    if (isFailureStatus(head.status)) target.failed();
    else target.succeeded();
    this.#phase = 'body';
    if (this.#request.method !== 'HEAD' && !head.bodiless && !head.ended) {
      this.#body = new ResponseBody(head.contentLength, this);
    }
    this.#watchSilence();
    this.#response = {
      status: head.status,
      headers: new HeaderList(head.fields),
      body: this.#body,
      target: target.url,
      hops: NO_HOPS,
    };
    // Whoever is told runs after the bytes of this read are parsed: see `onComplete`. An answer that overtakes the body
    // of its request does not wait for the turn, or the body would be broken off before the answer is on its way.
    if (isStreaming(this.#request.body)) queueMicrotask(() => this.onTurn(performance.now()));
    else RESPONSES.add(this);
  }

  /** Whatever has become of the body meanwhile, it says itself. */
  onTurn(nowMs: number): void {
    if (this.#handedOn) return;
    this.#handedOn = true;
    const waitMs = nowMs - this.#sentAtMs;
    this.#host.tally.waits.observe(waitMs);
    if (this.#request.trace !== null) this.#request.trace.upstreamMs = waitMs;
    this.#receiver.onResponse(this.#response!);
  }

  onData(bytes: Uint8Array): boolean {
    return this.#pushed(this.#body!.push(bytes));
  }

  onLentData(bytes: Uint8Array): boolean {
    return this.#pushed(this.#body!.pushLent(bytes));
  }
  onComplete(trailers: HeaderList | null): void {
    const connection = this.#connection!;
    const body = this.#body;
    this.#lane.target.tally.answered(this.#response!.status);
    this.#finish();
    this.#lane.release(connection);
    if (body === null) return;
    body.end(trailers);
    // A body that came with its head is in memory already, and as a rule nobody has seen the response yet.
    this.#response!.body = body.settled();
  }

  onError(error: Error): void {
    assert(this.#phase !== 'over', 'an attempt ends once');
    const failure = this.#failure ?? failureOf(error, this.#phase, this.#lane.target.url);
    const connection = this.#connection;
    const again = this.#retryLane(failure);
    const stale = again !== null && again === this.#lane && connection !== null;
    if (!stale) this.#account(failure);
    if (connection !== null && !stale) {
      // It is still busy with this error and must not find a new request yet.
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
    this.#lane.target.tally.retries += 1;
    this.#host.wheel.disarm(this);
    this.#phase = 'connecting';
    this.#failure = null;
    this.#attempts++;
    queueMicrotask(() => this.#attempt());
  }

  // What the response body calls.

  resume(): void {
    // Never from inside a connection, which is at work on what it read.
    queueMicrotask(() => {
      if (this.#phase !== 'body') return;
      this.#watchSilence();
      this.#connection!.resume();
    });
  }

  cancel(reason: GatewayError): void {
    this.#stop(reason);
  }

  #attempt(): void {
    // The client may have left while a retry was on its way here.
    if (this.#failure !== null) {
      this.onError(this.#failure);
      return;
    }
    const { connectMs, trace } = this.#request;
    if (trace !== null) {
      trace.target = this.#lane.target.url;
      trace.attempts += 1;
    }
    this.#host.wheel.arm(this, connectMs);
    if (this.#connection === null) this.#lane.acquire(this);
    else this.onConnection(this.#connection);
  }

  /** @returns false when the connection must stop */
  #pushed(more: boolean): boolean {
    // The consumer may have cancelled it: the request is over then, and its deadline is disarmed for good.
    if (this.#phase !== 'body') return false;
    // Whoever reads it by the time of the next bytes saves us from holding those as well.
    if (!this.#handedOn && this.#body!.outgrowsHeld) this.onTurn(performance.now());
    // The silence that follows is the client's.
    if (more) this.#watchSilence();
    else this.#host.wheel.disarm(this);
    return more;
  }

  /** Tells the target how an attempt has ended. Who has answered is not blamed for what others made of the body. */
  #account(failure: GatewayError): void {
    const { target } = this.#lane;
    const isBlamed = countsAgainstTarget(failure);
    if (isBlamed) target.failed();
    if (this.#phase === 'body' && this.#failure !== null && !isBlamed)
      target.tally.answered(this.#response!.status);
    else target.tally.failed(failure.code);
  }

  /** It is the target's turn until its response head is there. */
  #watchTarget(): void {
    if (this.#phase === 'sent') this.#host.wheel.arm(this, this.#request.responseMs);
  }

  #watchSilence(): void {
    const { idleMs } = this.#request;
    if (idleMs > 0) this.#host.wheel.arm(this, idleMs);
    else this.#host.wheel.disarm(this);
  }

  /** Ends the attempt from our side; `onError` follows, now or as soon as the connection lets go of it. */
  #stop(failure: GatewayError): void {
    if (this.#phase === 'over' || this.#failure !== null) return;
    this.#failure = failure;
    if (this.#connection !== null) this.#connection.abort(failure);
    else if (this.#lane.leave(this)) this.onError(failure);
  }

  /** Where to send it once more, or null (DESIGN §7). */
  #retryLane(failure: GatewayError): Lane | null {
    if (this.#attempts > this.#host.retries || !isReplayable(this.#request)) return null;
    if (failure.code === 'SLUICE_UPSTREAM_REFUSED') {
      return this.#host.chooseLane([this.#lane.target]) ?? this.#lane;
    }
    if (!isIdempotent(this.#request)) return null;
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
    this.#request.body?.cancel(failure);
    if (early) queueMicrotask(() => this.#receiver.onFailure(failure));
    else this.#body?.fail(failure);
  }

  #finish(): void {
    this.#phase = 'over';
    this.#host.wheel.disarm(this);
    this.#lane.target.active--;
    this.#host.onCallOver();
  }
}
