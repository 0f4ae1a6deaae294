// The threads that run filters: opened, loaded with the same filters, watched, ended and replaced. Which of them gets
// a job, and what becomes of the jobs of one that ended, is the dispatcher's business.
import { setTimeout as delay } from 'node:timers/promises';
import { ConfigErrors, type ErrorCode, GatewayError } from '../errors.js';
import type { MetricDefinition } from '../wasm/capabilities/metric-table.js';
import type { FilterLogLine, LoadReport } from '../wasm/guest-abi.js';
import type { FilterSpec } from '../wasm/instance.js';
import { Channel, type ChannelEvents, isCalling } from './channel.js';
import type { CheckOutcome, CheckTask } from './checker.js';
import type { HostMessage } from './control.js';
import { FilterLoads, WorkerLost } from './filter-loads.js';
import { FleetStats, type WorkerStats } from './fleet-stats.js';
import type { Job } from './job.js';
import { ThreadPool } from './pool.js';
import { Supervisor } from './supervisor.js';

export interface FleetOptions {
  /** Threads that run filters. */
  readonly count: number;
  /** Threads kept warm to take the place of one that ended. */
  readonly spare: number;
  /** Bytes of each ring, a power of two. */
  readonly ringBytes: number;
  /** How long a worker may take to start, and a filter to load, in milliseconds. */
  readonly startMs: number;
  readonly heapMb: number;
}

/** A worker that ended, and what it leaves behind. Its replacement is in place already. */
export interface WorkerLoss {
  readonly reason: string;
  /** The job during whose filter call it ended; null when it was in none, or in one that is not to blame. */
  readonly guilty: Job | null;
  /** The job it was at when it ended, inside a filter or not; null when it was at none. */
  readonly running: Job | null;
  /** Place in the chain of `guilty` of the filter that was running. */
  readonly index: number;
  /** The filter ran longer than it may, and that is why. */
  readonly overdue: boolean;
  /** All other jobs it held. */
  readonly jobs: readonly Job[];
}

/** A filter that one worker has loaded. */
interface Trial {
  readonly channel: Channel;
  readonly report: LoadReport;
}

/** Filters that the spare is asked to load before it answers. */
const TRIALS_AT_ONCE = 8;
/** How often a filter is tried out again after the worker it was tried in ended for another reason. */
const MOST_TRIALS = 10;
const FIRST_RESTART_MS = 50;
const LAST_RESTART_MS = 5000;

export class Fleet {
  readonly #options: FleetOptions;
  readonly #onLoss: (loss: WorkerLoss) => void;
  readonly #pool: ThreadPool;
  readonly #loads: FilterLoads;
  readonly #supervisor: Supervisor;
  readonly #past = new FleetStats();
  #active: Channel[] = [];
  #spares: Channel[] = [];
  #restarts = 0;
  #failedStarts = 0;
  #closing = false;

  constructor(options: FleetOptions, onLoss: (loss: WorkerLoss) => void) {
    this.#options = options;
    this.#onLoss = onLoss;
    this.#pool = new ThreadPool({ threads: options.count + options.spare, heapMb: options.heapMb });
    this.#loads = new FilterLoads(options.startMs);
    this.#supervisor = new Supervisor(this.#loads, options.startMs);
  }

  /**
   * Starts the workers and waits until all of them serve.
   * @throws GatewayError SLUICE_DISPATCH_START
   */
  async start(): Promise<void> {
    for (let i = 0; i < this.#options.count; i += 1) this.#active.push(this.#open());
    for (let i = 0; i < this.#options.spare; i += 1) this.#spares.push(this.#open());
    const deadline = performance.now() + this.#options.startMs;
    while (!this.#all().every((channel) => channel.isReady)) {
      if (performance.now() > deadline || this.#failedStarts > 0) {
        await this.close();
        throw new GatewayError(
          'SLUICE_DISPATCH_START',
          `filter workers did not start within ${this.#options.startMs} ms`,
        );
      }
      await delay(2);
    }
  }

  /**
   * Runs a check on a thread that is ended when it takes too long.
   * @param label what is checked, for messages
   * @throws GatewayError of what is checked; SLUICE_FILTER_DEADLINE
   */
  async check<K extends CheckTask['kind']>(
    task: CheckTask & { kind: K },
    label: string,
  ): Promise<CheckOutcome & { kind: K }> {
    const { startMs } = this.#options;
    const outcome = await this.#pool.check(task, startMs).catch((cause: Error) => {
      throw new GatewayError('SLUICE_FILTER_TRAP', `${label}: its check ended: ${cause.message}`, { cause });
    });
    if (outcome === null)
      throw new GatewayError('SLUICE_FILTER_DEADLINE', `${label}: was not checked within ${startMs} ms`);
    if (outcome.kind === 'refused') throw new GatewayError(outcome.code, outcome.message);
    return outcome as CheckOutcome & { kind: K };
  }

  /**
   * Loads filters into every worker; afterwards jobs may name them. All are tried on a spare first, so that a filter that
   * hangs while it is configured holds up nobody, and one that is refused costs nobody else anything.
   * @returns what the filters logged while they were configured
   * @throws GatewayError SLUICE_FILTER_*, SLUICE_ABI_* of the one that cannot be loaded, ConfigErrors when there are
   *   several; then none of `specs` stays loaded
   */
  async load(specs: readonly FilterSpec[]): Promise<FilterLogLine[]> {
    try {
      const trials = await this.#tryOutAll(specs);
      for (const [index, spec] of specs.entries()) {
        const { channel: tried, report } = trials[index]!;
        this.#loads.keep(spec, report);
        // One filter after the other: jobs have their turn in between.
        const others = this.#all().filter((channel) => channel !== tried);
        await Promise.all(others.map((channel) => this.#loads.loadInto(channel, spec)));
      }
      return trials.flatMap(({ report }) => report.logs);
    } catch (cause) {
      this.unload(specs.map(({ id }) => id));
      throw cause;
    }
  }

  /** Several at a time, so that the spare does not wait for us. @throws as `load` does, once all were tried */
  async #tryOutAll(specs: readonly FilterSpec[]): Promise<Trial[]> {
    const trials: Trial[] = [];
    const errors = new Map<number, GatewayError>();
    const left = specs.entries();
    const tryRest = async (): Promise<void> => {
      for (const [index, spec] of left) {
        try {
          trials[index] = await this.#tryOut(spec);
        } catch (cause) {
          errors.set(index, GatewayError.from(cause));
        }
      }
    };
    // Without a spare they are tried where jobs run.
    const atOnce = this.#spares.length > 0 ? TRIALS_AT_ONCE : 1;
    await Promise.all(Array.from({ length: atOnce }, tryRest));
    if (errors.size === 1) throw [...errors.values()][0]!;
    if (errors.size > 0)
      throw new ConfigErrors([...errors].sort(([a], [b]) => a - b).map(([, error]) => error));
    return trials;
  }

  /** Loads a filter into one worker, into another one when that worker ends for somebody else's sake. */
  async #tryOut(spec: FilterSpec): Promise<Trial> {
    for (let attempt = 1; ; attempt += 1) {
      const channel = this.#spares.find(({ load }) => load === 0) ?? this.#spares[0] ?? this.#active[0];
      this.#supervisor.wake();
      try {
        if (channel !== undefined) return { channel, report: await this.#loads.loadInto(channel, spec) };
        await delay(FIRST_RESTART_MS);
      } catch (cause) {
        if (!(cause instanceof WorkerLost)) throw cause;
      }
      if (attempt >= MOST_TRIALS)
        throw new GatewayError('SLUICE_DISPATCH_CRASHED', 'no worker lived long enough to load a filter');
    }
  }

  /** No job may name these filters any more. */
  unload(ids: readonly number[]): void {
    for (const id of ids) {
      this.#loads.drop(id);
      for (const channel of this.#all()) channel.send({ kind: 'unload', id });
    }
  }

  /** The filter of this id, loaded or being loaded. */
  filter(id: number): FilterSpec | undefined {
    return this.#loads.find(id);
  }

  /** Metrics that this filter defined when it was loaded. */
  metrics(id: number): readonly MetricDefinition[] {
    return this.#loads.metrics(id);
  }

  /** Most linear memory that one instance of this filter had, in bytes. */
  peakMemoryBytes(id: number): number {
    return this.#loads.peakMemoryBytes(id);
  }

  /**
   * The least busy worker, of those that serve if there are any; undefined when none is left.
   * @param apart choose a spare, away from the jobs of others, if there is one
   */
  choose(apart: boolean): Channel | undefined {
    let best: Channel | undefined;
    for (const channel of apart && this.#spares.length > 0 ? this.#spares : this.#active) {
      if (best === undefined || (channel.isReady && !best.isReady)) best = channel;
      else if (channel.isReady === best.isReady && channel.load < best.load) best = channel;
    }
    return best;
  }

  /** There is a job: the progress cells have to be looked at. */
  wake(): void {
    this.#supervisor.wake();
  }

  /** There is no job. */
  rest(): void {
    this.#supervisor.rest();
  }

  /** Wakes the workers that something was posted to, and takes the results that are there. */
  flush(): void {
    for (const channel of this.#active) {
      channel.flush();
      channel.drain();
    }
    for (const channel of this.#spares) channel.flush();
  }

  get stats(): WorkerStats {
    const sum = this.#past.copy();
    let memoryBytes = 0;
    for (const { stats } of this.#all()) {
      sum.add(stats);
      memoryBytes += stats.memoryBytes;
    }
    return {
      queued: this.#active.reduce((waiting, channel) => waiting + channel.waiting, 0),
      workers: this.#active.length,
      spares: this.#spares.length,
      restarts: this.#restarts,
      batches: sum.batches,
      records: sum.records,
      batchSizes: sum.batchSizes,
      memoryBytes,
    };
  }

  /** Ends every worker; answers the jobs that were not done. */
  async close(): Promise<Job[]> {
    this.#closing = true;
    this.#supervisor.close();
    const channels = this.#all();
    for (const channel of channels) channel.terminate();
    await this.#pool.close();
    return channels.flatMap((channel) => channel.takeJobs());
  }

  #all(): Channel[] {
    return [...this.#active, ...this.#spares];
  }

  #open(): Channel {
    const events: ChannelEvents = {
      ready: () => {
        this.#failedStarts = 0;
      },
      message: (channel, message) => this.#hear(channel, message),
      ended: (channel, reason) => this.#lost(channel, reason?.message ?? 'it returned'),
    };
    const channel = new Channel(this.#pool, this.#options.ringBytes, events);
    this.#supervisor.watch(channel);
    for (const spec of this.#loads.kept()) channel.send({ kind: 'load', spec });
    return channel;
  }

  #hear(channel: Channel, message: HostMessage): void {
    if (message.kind === 'memory-peaked') this.#loads.memoryPeaked(message.id, message.bytes);
    else if (message.kind === 'loaded') this.#loads.settled(channel, message.id, message.report);
    else if (message.kind === 'refused') {
      const error = new GatewayError(message.code as ErrorCode, message.message);
      // A worker that lacks a filter the others have cannot take its place among them.
      if (!this.#loads.refused(channel, message.id, error)) channel.terminate();
    }
  }

  #lost(channel: Channel, reason: string): void {
    const { stats, progress } = channel;
    this.#past.add(stats);
    const overdueSequence = this.#supervisor.forget(channel);
    const overdue = overdueSequence === progress.sequence;
    this.#loads.lost(channel, overdue);
    // Ended for a call that did return in the end: whatever runs now has done nothing.
    const isBlamed = isCalling(progress) && (overdueSequence === null || overdue);
    const running = channel.jobOf(progress.ticket) ?? null;
    const guilty = isBlamed ? running : null;
    const jobs = channel.takeJobs().filter((job) => job !== guilty);
    if (!this.#closing) this.#replace(channel);
    this.#onLoss({ reason, guilty, running, index: progress.index, overdue, jobs });
  }

  #replace(channel: Channel): void {
    this.#restarts += 1;
    this.#active = this.#active.filter((other) => other !== channel);
    this.#spares = this.#spares.filter((other) => other !== channel);
    if (!channel.isReady) this.#failedStarts += 1;
    this.#promote();
    void this.#refill();
  }

  /** Puts spares, ready ones first, in the place of workers that are gone. */
  #promote(): void {
    while (this.#active.length < this.#options.count && this.#spares.length > 0) {
      const spare = this.#spares.find(({ isReady }) => isReady) ?? this.#spares[0]!;
      this.#spares = this.#spares.filter((other) => other !== spare);
      this.#active.push(spare);
    }
  }

  /** Opens workers until there are enough, after a pause that grows when they fail to start. */
  async #refill(): Promise<void> {
    if (this.#failedStarts > 0) {
      const pause = Math.min(FIRST_RESTART_MS * 2 ** this.#failedStarts, LAST_RESTART_MS);
      await delay(pause, undefined, { ref: false });
    }
    if (this.#closing) return;
    while (this.#active.length < this.#options.count) this.#active.push(this.#open());
    while (this.#spares.length < this.#options.spare) this.#spares.push(this.#open());
  }
}
