// Filters over worker threads: which worker gets a job, and what becomes of a job whose worker ended. The one verb of
// this room is `run`.
import { performance } from 'node:perf_hooks';
import type { SchemaFault } from '../config/filter-schema.js';
import { GatewayError } from '../errors.js';
import { type MetricDefinition, MetricTable } from '../wasm/capabilities/metric-table.js';
import type { ChainLink } from '../wasm/chain-input.js';
import {
  type FilterFailure,
  type FilterLogLine,
  failedPhase,
  isChunk,
  type PhaseMessage,
  type PhaseResult,
} from '../wasm/guest-abi.js';
import type { FilterSpec } from '../wasm/instance.js';
import type { FilterModule } from '../wasm/module.js';
import { Fleet, type FleetOptions, type WorkerLoss } from './fleet.js';
import type { WorkerStats } from './fleet-stats.js';
import { Job, type JobEnd, type JobOwner } from './job.js';
import { type FilterHealth, Quarantine, type QuarantineEvents } from './quarantine.js';
import { Suspects } from './suspects.js';

export interface DispatcherOptions extends FleetOptions {
  /** Jobs that may be under way, all workers together. */
  readonly queue: number;
}

export interface DispatcherStats extends WorkerStats {
  /** Jobs that were handed to workers and are not done. */
  readonly outstanding: number;
}

/** Told what happens among the workers, for the log. */
export interface DispatcherEvents extends QuarantineEvents {
  /** A worker ended and was replaced. */
  workerReplaced(reason: string): void;
}

/** A metric of a filter at one moment. */
export interface MetricReading {
  readonly definition: MetricDefinition;
  /** Of a histogram: the sum of what was observed. */
  readonly value: number;
  /** Of a histogram: observations by bucket, one more than there are bounds. */
  readonly buckets: readonly number[];
}

/** A filter that is left out at the moment. */
export interface HeldOut {
  readonly spec: FilterSpec;
  readonly retryInMs: number;
}

const SILENT: DispatcherEvents = {
  workerReplaced: () => {},
  filterQuarantined: () => {},
  filterRestored: () => {},
};

/** A job whose worker ended this often is given up: it may be what ends them. */
const MOST_LOSSES = 3;

export class Dispatcher implements JobOwner {
  readonly #queue: number;
  readonly #fleet: Fleet;
  readonly #suspects = new Suspects();
  readonly #quarantine: Quarantine;
  readonly #events: DispatcherEvents;
  #outstanding = 0;
  #flushScheduled = false;
  #closing = false;

  constructor(options: DispatcherOptions, events: DispatcherEvents = SILENT) {
    this.#queue = options.queue;
    this.#events = events;
    this.#quarantine = new Quarantine(events);
    this.#fleet = new Fleet(options, (loss) => this.#lost(loss));
  }

  /**
   * Starts the workers and waits until all of them serve.
   * @throws GatewayError SLUICE_DISPATCH_START
   */
  start(): Promise<void> {
    return this.#fleet.start();
  }

  /**
   * Compiles and checks a module, off the gateway's thread.
   * @param label how the operator names it, for messages
   * @throws GatewayError of loadModule; SLUICE_FILTER_DEADLINE when it takes longer than `startMs`
   */
  async compile(bytes: Uint8Array, label: string): Promise<FilterModule> {
    return (await this.#fleet.check({ kind: 'module', bytes, label }, label)).module;
  }

  /**
   * Holds a config to the schema of its filter, off the gateway's thread: schemas hold patterns.
   * @returns what is wrong with the config; nothing when it fits
   * @throws GatewayError SLUICE_FILTER_DEADLINE when it takes longer than `startMs`
   */
  async checkConfig(schema: unknown, config: unknown, label: string): Promise<readonly SchemaFault[]> {
    return (await this.#fleet.check({ kind: 'config', schema, config }, label)).faults;
  }

  /**
   * Loads filters into every worker; afterwards jobs may name them.
   * @returns what the filters logged while they were configured
   * @throws GatewayError SLUICE_FILTER_*, SLUICE_ABI_* of the one that cannot be loaded, ConfigErrors when there are
   *   several; then none of `specs` stays loaded
   */
  load(specs: readonly FilterSpec[]): Promise<FilterLogLine[]> {
    return this.#fleet.load(specs);
  }

  /** No job may name these filters any more. */
  unload(ids: readonly number[]): void {
    for (const id of ids) {
      this.#suspects.forget(id);
      this.#quarantine.forget(id);
    }
    this.#fleet.unload(ids);
  }

  /**
   * Runs one phase of one exchange through a chain of loaded filters. `message` must not change until it settles.
   * @param outcome what the callout came to that the first filter asked for; null when the chain begins
   * @throws GatewayError SLUICE_DISPATCH_OVERLOADED, SLUICE_DISPATCH_CRASHED
   */
  run(
    message: PhaseMessage,
    links: readonly ChainLink[],
    outcome: Uint8Array | null = null,
  ): Promise<PhaseResult> {
    return new Promise((done, failed) => this.post(message, links, outcome, { done, failed }));
  }

  /** What `run` does, without a promise of its own: each costs every filtered exchange a turn through its queue. */
  post(message: PhaseMessage, links: readonly ChainLink[], outcome: Uint8Array | null, end: JobEnd): void {
    // A chunk is of an exchange that was let in; there is one of each body, and its source waits for it.
    if (this.#outstanding >= this.#queue && !isChunk(message.stage)) {
      end.failed(overloaded(this.#outstanding));
      return;
    }
    this.#outstanding += 1;
    this.#begin(new Job(message, links, outcome, this, end));
  }

  /** The first of these filters that would fail an exchange because it is in quarantine; null as good as always. */
  heldOut(specs: readonly FilterSpec[]): HeldOut | null {
    if (this.#quarantine.isEmpty) return null;
    for (const spec of specs) {
      const retryInMs = spec.onFailure === 'open' ? 0 : this.#quarantine.refusedForMs(spec.id);
      if (retryInMs > 0) return { spec, retryInMs };
    }
    return null;
  }

  /** How a loaded filter fares. */
  health(spec: FilterSpec): FilterHealth & { readonly peakMemoryBytes: number } {
    return { ...this.#quarantine.health(spec), peakMemoryBytes: this.#fleet.peakMemoryBytes(spec.id) };
  }

  /** Metrics that a loaded filter defined, with what all workers recorded so far. */
  metrics(spec: FilterSpec): MetricReading[] {
    const { metrics } = spec.shared;
    if (metrics === null) return [];
    const table = new MetricTable(metrics);
    return this.#fleet.metrics(spec.id).map((definition) => {
      const place = table.place(definition);
      return { definition, value: table.value(place), buckets: table.buckets(place, definition.bounds) };
    });
  }

  /** A job of this dispatcher is done. */
  settled(job: Job, result: PhaseResult | null, nowMs: number): void {
    this.#outstanding -= 1;
    if (result !== null) this.#countCalls(job, result, nowMs);
    for (const id of job.probes) {
      const spec = this.#fleet.filter(id);
      const streams = spec?.phases[job.message.phase]?.body === 'stream';
      this.#quarantine.probed(id, probeOutcome(job, id, streams, result));
    }
  }

  /** Why no filter can run; null as good as always. */
  get outage(): string | null {
    return this.#fleet.outage;
  }

  get stats(): DispatcherStats {
    return { ...this.#fleet.stats, outstanding: this.#outstanding };
  }

  /** Ends every worker; jobs that are not done are rejected. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const job of await this.#fleet.close()) job.reject(crashed('the gateway stopped'));
  }

  #begin(job: Job): void {
    try {
      if (this.#quarantine.isEmpty || this.#admit(job)) this.#assign(job);
    } catch (cause) {
      job.reject(cause);
    }
  }

  /** False when a filter in quarantine failed the job. */
  #admit(job: Job): boolean {
    for (const [index, { id, skip }] of job.links.entries()) {
      const admission = skip ? 'run' : this.#quarantine.admit(id);
      if (admission === 'probe') job.probes = [...job.probes, id];
      // What is under way goes on: one client's failures would cut the bodies of all others.
      if (admission !== 'refuse' || isChunk(job.message.stage)) continue;
      const spec = this.#fleet.filter(id);
      const failure: FilterFailure = {
        code: 'SLUICE_FILTER_QUARANTINED',
        message: `filter ${spec?.name} is in quarantine`,
        index,
        skipped: spec?.onFailure === 'open',
      };
      if (!failure.skipped) {
        job.resolve(failedPhase(failure), performance.now());
        return false;
      }
      job.skip(failure);
    }
    return true;
  }

  #countCalls(job: Job, result: PhaseResult, nowMs: number): void {
    const { phase, stage } = job.message;
    // What comes after a callout or with a chunk is the rest of a call.
    if (job.outcome === null && !isChunk(stage))
      this.#quarantine.called(job.links, phase, result, this.#findFilter, nowMs);
    for (const failure of result.failures) {
      const id = job.links[failure.index]?.id;
      if (id === undefined || failure.code === 'SLUICE_FILTER_QUARANTINED' || job.probes.includes(id))
        continue;
      const spec = this.#fleet.filter(id);
      if (spec !== undefined) this.#quarantine.failed(spec, phase, failure, failure.endedWorker);
    }
  }

  readonly #findFilter = (id: number): FilterSpec | undefined => this.#fleet.filter(id);

  #assign(job: Job): void {
    const channel = this.#fleet.choose(job.probes.length > 0 || this.#suspects.mayEndItsWorker(job.links));
    if (channel === undefined) {
      job.reject(crashed('no worker is left'));
      return;
    }
    channel.post(job);
    this.#fleet.wake();
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(this.#flush);
  }

  /** Once per tick: whatever this tick's events posted becomes one batch. */
  readonly #flush = (): void => {
    this.#flushScheduled = false;
    this.#fleet.flush();
  };

  #lost({ reason, guilty, running, index, overdue, jobs }: WorkerLoss): void {
    if (!this.#closing) this.#events.workerReplaced(reason);
    if (guilty !== null) this.#blame(guilty, index, overdue, reason);
    // Without a filter to blame it may be the job the worker was at; nobody knows when it was at none.
    for (const job of jobs) this.#again(job, guilty === null && (running === null || job === running));
  }

  /** The filter that was running when its worker ended takes the consequence its policy names. */
  #blame(job: Job, index: number, overdue: boolean, reason: string): void {
    const link = job.links[index];
    const spec = link === undefined ? undefined : this.#fleet.filter(link.id);
    if (link === undefined || spec === undefined) {
      this.#again(job, true);
      return;
    }
    this.#suspects.add(spec.id);
    const failure: FilterFailure = {
      code: overdue ? 'SLUICE_FILTER_DEADLINE' : 'SLUICE_FILTER_TRAP',
      message: overdue
        ? `filter ${spec.name} ran longer than ${spec.deadlineMs} ms`
        : `filter ${spec.name}: its worker ended: ${reason}`,
      index,
      skipped: spec.onFailure === 'open',
      endedWorker: true,
    };
    if (failure.skipped) {
      job.skip(failure);
      this.#assign(job);
    } else job.resolve(failedPhase(failure), performance.now());
  }

  /** @param counts the worker ended and nobody knows whose fault it was: it may be this job's */
  #again(job: Job, counts: boolean): void {
    if (counts) job.losses += 1;
    if (this.#closing) job.reject(crashed('the gateway stopped'));
    else if (job.losses > MOST_LOSSES) job.reject(crashed(`its worker ended ${job.losses} times`));
    else this.#assign(job);
  }
}

/**
 * What a job says of the filter it probes.
 * @param streams the filter sees bodies in chunks
 */
function probeOutcome(
  job: Job,
  id: number,
  streams: boolean,
  result: PhaseResult | null,
): FilterFailure | 'passed' | 'unknown' {
  const index = job.links.findIndex((link) => link.id === id);
  if (result === null) return 'unknown';
  const failure = result.failures.find((other) => other.index === index);
  if (failure !== undefined) return failure;
  // Half a call: what comes after the callout is a job of its own, and the probe that counts.
  if (result.callout?.index === index) return 'unknown';
  // So is what is followed by more of a body.
  const { stage } = job.message;
  const goesOn = streams && (stage === 'follows' || stage === 'chunk');
  if (goesOn && !result.passed.includes(index)) return 'unknown';
  return (result.calls[index]?.count ?? 0) > 0 ? 'passed' : 'unknown';
}

function overloaded(outstanding: number): GatewayError {
  return new GatewayError('SLUICE_DISPATCH_OVERLOADED', `${outstanding} exchanges are waiting for filters`, {
    headers: ['retry-after', '1'],
  });
}

function crashed(why: string): GatewayError {
  return new GatewayError('SLUICE_DISPATCH_CRASHED', `the filters of this exchange could not run: ${why}`);
}
