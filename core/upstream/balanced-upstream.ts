// Chooses the target of a request; each request's life is a Call.
import assert from 'node:assert';
import { GatewayError } from '../errors.js';
import { type Balancer, buildBalancer } from './balancer.js';
import { Call, type CallHost, type Lane } from './call.js';
import type { Connection } from './connection.js';
import { ConnectionPool, type Connections, type PooledConnection, type Waiter } from './connection-pool.js';
import { DeadlineWheel } from './deadline-wheel.js';
import type { ResolveName } from './dial.js';
import { HealthCheck } from './health-check.js';
import { Http1Connection } from './http1-connection.js';
import { SessionPool } from './session-pool.js';
import { UpstreamTally } from './tally.js';
import { Target } from './target.js';
import { TargetConnector } from './target-connector.js';
import type {
  Census,
  EjectionOptions,
  ResponseReceiver,
  TargetState,
  Upstream,
  UpstreamOptions,
  UpstreamRequest,
  UpstreamResponse,
} from './upstream.js';

/** Shared by all upstreams of the process: one timer. */
const WHEEL = new DeadlineWheel();

/** How long a session of HTTP/2 may be silent. */
const PATIENCE = { silenceMs: 1000, doubtMs: 500, quietMs: 310_000, stuckMs: 1000, ackMs: 5000 };

const NEVER_EJECTED: EjectionOptions = { failures: 0, durationMs: 0 };

/** Makes a connection, which opens its socket when it is first used. */
export type OpenConnection = (connector: TargetConnector, keepAliveMs: number) => PooledConnection;

/** The connection of an upstream that says nothing else. */
export const openHttp1: OpenConnection = (connector, keepAliveMs) =>
  new Http1Connection(connector, keepAliveMs, WHEEL);

/** What it needs to know; following redirects is not its work. */
export type BalancedOptions = Omit<UpstreamOptions, 'redirects'>;

export class BalancedUpstream implements Upstream, CallHost {
  readonly name: string;
  readonly redirects = null;
  readonly wheel = WHEEL;
  readonly tally: UpstreamTally;
  readonly retries: number;
  readonly #lanes: TargetLane[];
  readonly #balancer: Balancer<TargetLane>;
  readonly #healthCheck: HealthCheck | null;
  /** Calls that are not over. */
  #running = 0;
  #disposal: Promise<void> | null = null;
  #onIdle: (() => void) | null = null;

  /**
   * @param open    makes the connections
   * @param resolve finds the addresses of names; default the system
   * @throws GatewayError SLUICE_UPSTREAM_ADDRESS for a target that may not be written without `allowPrivate`
   */
  constructor(options: BalancedOptions, open: OpenConnection = openHttp1, resolve?: ResolveName) {
    this.name = options.name;
    this.retries = options.retries;
    // With a single target there is nobody to take its place: refusing its requests would only lengthen an outage.
    const ejection = options.targets.length === 1 ? NEVER_EJECTED : options.ejection;
    const tally = options.tally ?? new UpstreamTally(options.targets.map(({ url }) => url));
    this.tally = tally;
    this.#lanes = options.targets.map(
      (target) => new TargetLane(new Target(target, ejection, tally.of(target.url)), options, open, resolve),
    );
    const { name, targetChanged } = options;
    if (targetChanged !== undefined) {
      for (const { target } of this.#lanes) {
        target.onChange = (state, reason) =>
          targetChanged({ upstream: name, target: target.url, state, reason });
      }
    }
    this.#balancer = buildBalancer(options.balance, this.#lanes);
    this.#healthCheck =
      options.healthCheck === null ? null : new HealthCheck(this.#lanes, options.healthCheck);
  }

  forward(request: UpstreamRequest): Promise<UpstreamResponse> {
    return this.#promise(request, this.#lanes);
  }

  /**
   * Like `forward`, to the target of this origin. A retry may still go to another.
   * @throws GatewayError SLUICE_UPSTREAM_*
   */
  forwardTo(origin: string, request: UpstreamRequest): Promise<UpstreamResponse> {
    return this.#promise(
      request,
      this.#lanes.filter(({ target }) => target.url === origin),
    );
  }

  send(request: UpstreamRequest, receiver: ResponseReceiver): void {
    this.#send(request, this.#lanes, receiver);
  }

  states(): TargetState[] {
    return this.#lanes.map((lane) => ({ ...lane.target.state(), connections: lane.census() }));
  }

  dispose(): Promise<void> {
    this.#disposal ??= this.#dispose();
    return this.#disposal;
  }

  chooseLane(tried: readonly Target[]): Lane | null {
    return this.#balancer.choose(this.#lanes.filter((lane) => tried.includes(lane.target)));
  }

  onCallOver(): void {
    this.#running--;
    if (this.#running === 0) this.#onIdle?.();
  }

  #promise(request: UpstreamRequest, lanes: readonly TargetLane[]): Promise<UpstreamResponse> {
    // A promise would swallow it.
    assert(this.#disposal === null, 'forward after dispose');
    return new Promise((onResponse, onFailure) => this.#send(request, lanes, { onResponse, onFailure }));
  }

  #send(request: UpstreamRequest, lanes: readonly TargetLane[], receiver: ResponseReceiver): void {
    assert(this.#disposal === null, 'send after dispose');
    const { cancellation } = request;
    if (cancellation.reason !== undefined) {
      refuse(request, receiver, cancellation.reason);
      return;
    }
    const lane =
      lanes === this.#lanes ? this.#balancer.choose() : (lanes.find(({ available }) => available) ?? null);
    if (lane === null) {
      refuse(request, receiver, this.#noTarget(lanes));
      return;
    }
    this.#running++;
    const call = new Call(this, request, lane, receiver);
    cancellation.subscribe((reason) => call.abandon(reason));
    call.start();
  }

  #noTarget(lanes: readonly TargetLane[]): GatewayError {
    const absences = lanes.map(({ target }) => target.describeAbsence());
    return new GatewayError(
      'SLUICE_UPSTREAM_NO_TARGET',
      `no target of upstream ${this.name} is available: ${absences.join('; ') || 'it has none'}`,
    );
  }

  async #dispose(): Promise<void> {
    this.#healthCheck?.dispose();
    if (this.#running > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    await Promise.all(this.#lanes.map((lane) => lane.close()));
  }
}

function refuse(request: UpstreamRequest, receiver: ResponseReceiver, error: GatewayError): void {
  request.body?.cancel(error);
  queueMicrotask(() => receiver.onFailure(error));
}

/** One target with its connections, as the balancer and the calls see it. */
class TargetLane implements Lane {
  readonly target: Target;
  readonly connector: TargetConnector;
  readonly #pool: Connections;

  constructor(
    target: Target,
    options: BalancedOptions,
    open: OpenConnection,
    resolve: ResolveName | undefined,
  ) {
    this.target = target;
    const connector = new TargetConnector(target.url, { ...options, resolve, tally: target.tally });
    this.connector = connector;
    const { connections, keepAliveMs, protocol } = options;
    this.#pool =
      protocol === 'http2'
        ? new SessionPool(connector, connections, { ...PATIENCE, keepAliveMs }, WHEEL)
        : new ConnectionPool(() => open(connector, keepAliveMs), connections);
  }

  get weight(): number {
    return this.target.weight;
  }

  get active(): number {
    return this.target.active;
  }

  get available(): boolean {
    return this.target.available;
  }

  acquire(waiter: Waiter): void {
    this.#pool.acquire(waiter);
  }

  leave(waiter: Waiter): boolean {
    return this.#pool.leave(waiter);
  }

  release(connection: Connection): void {
    this.#pool.release(connection);
  }

  census(): Census {
    return this.#pool.census();
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}
