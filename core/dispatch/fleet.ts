// The threads that run filters: opened, loaded with the same filters, watched, ended and replaced. Which of them gets
// a job, and what becomes of the jobs of one that ended, is the dispatcher's business.
import { setTimeout as delay } from 'node:timers/promises';
import { type ErrorCode, GatewayError } from '../errors.js';
import type { MetricDefinition } from '../wasm/capabilities/metric-table.js';
import type { FilterLogLine } from '../wasm/guest-abi.js';
import type { FilterSpec } from '../wasm/instance.js';
import { Channel, type ChannelEvents, isCalling } from './channel.js';
import type { CheckOutcome, CheckTask } from './check-task.js';
import type { HostMessage } from './control.js';
import { DeadlineWatch } from './deadline-watch.js';
import { FilterLoads } from './filter-loads.js';
import { FilterSpread } from './filter-spread.js';
import { FleetStats, type WorkerStats } from './fleet-stats.js';
import type { Job } from './job.js';
import { ThreadPool } from './pool.js';
import { Roster } from './roster.js';

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

const FIRST_RESTART_MS = 50;
const LAST_RESTART_MS = 5000;

export class Fleet {
  readonly #options: FleetOptions;
  readonly #onLoss: (loss: WorkerLoss) => void;
  readonly #pool: ThreadPool;
  readonly #loads: FilterLoads;
  readonly #deadlines: DeadlineWatch;
  readonly #past = new FleetStats();
  readonly #roster = new Roster();
  readonly #spread: FilterSpread;
  #restarts = 0;
  #failedStarts = 0;
  #closing = false;
  /** Filters that workers have not been told yet to unload. */
  #unloading: number[] = [];

  constructor(options: FleetOptions, onLoss: (loss: WorkerLoss) => void) {
    this.#options = options;
    this.#onLoss = onLoss;
    this.#pool = new ThreadPool({ threads: options.count + options.spare, heapMb: options.heapMb });
    this.#loads = new FilterLoads(options.startMs);
    this.#deadlines = new DeadlineWatch(this.#loads, options.startMs);
    this.#spread = new FilterSpread(this.#roster, this.#loads, this.#deadlines);
  }

  /**
   * Starts the workers and waits until all of them serve.
   * @throws GatewayError SLUICE_DISPATCH_START
   */
  async start(): Promise<void> {
    for (let i = 0; i < this.#options.count; i += 1) this.#roster.addActive(this.#open());
    for (let i = 0; i < this.#options.spare; i += 1) this.#roster.addSpare(this.#open());
    const deadline = performance.now() + this.#options.startMs;
    while (!this.#roster.all.every((channel) => channel.isReady)) {
      const fault = this.#pool.serveFault;
      if (performance.now() > deadline || this.#failedStarts > 0 || fault !== null) {
        await this.close();
        const inTime = `filter workers did not start within ${this.#options.startMs} ms`;
        throw fault === null
          ? new GatewayError('SLUICE_DISPATCH_START', inTime)
          : new GatewayError('SLUICE_DISPATCH_START', `filter workers cannot start: ${fault.message}`, {
              cause: fault,
            });
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
      return await this.#spread.load(specs);
    } catch (cause) {
      this.unload(specs.map(({ id }) => id));
      throw cause;
    }
  }

  /** No job may name these filters any more. */
  unload(ids: readonly number[]): void {
    for (const id of ids) this.#loads.drop(id);
    // A revision lets go of its filters one by one, and a message takes longer than to unload one.
    if (this.#unloading.length === 0) setImmediate(this.#sendUnloading);
    this.#unloading.push(...ids);
  }

  readonly #sendUnloading = (): void => {
    const ids = this.#unloading;
    this.#unloading = [];
    for (const channel of this.#roster.all) channel.send({ kind: 'unload', ids });
  };

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

  /** See Roster. */
  choose(apart: boolean): Channel | undefined {
    return this.#roster.choose(apart);
  }

  /** There is a job: the progress cells have to be looked at. */
  wake(): void {
    this.#deadlines.wake();
  }

  /** Wakes the workers that something was posted to, and takes the results that are there. */
  flush(): void {
    for (const channel of this.#roster.active) {
      channel.flush();
      channel.drain();
    }
    for (const channel of this.#roster.spares) channel.flush();
  }

  /** Why no worker serves, nor is about to; null when one does, or may. */
  get outage(): string | null {
    const { serveFault } = this.#pool;
    if (this.#roster.active.some(({ isReady }) => isReady)) return null;
    if (serveFault !== null) return serveFault.message;
    return this.#failedStarts > 0 ? 'they do not start in time' : null;
  }

  get stats(): WorkerStats {
    const sum = this.#past.copy();
    let memoryBytes = 0;
    for (const { stats } of this.#roster.all) {
      sum.add(stats);
      memoryBytes += stats.memoryBytes;
    }
    return {
      queued: this.#roster.active.reduce((waiting, channel) => waiting + channel.waiting, 0),
      workers: this.#roster.active.length,
      spares: this.#roster.spares.length,
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
    this.#deadlines.close();
    const channels = this.#roster.all;
    for (const channel of channels) channel.terminate();
    await this.#pool.close();
    return channels.flatMap((channel) => channel.takeJobs());
  }

  #open(): Channel {
    const events: ChannelEvents = {
      ready: () => {
        this.#failedStarts = 0;
        this.#pool.serveFault = null;
      },
      message: (channel, message) => this.#hear(channel, message),
      ended: (ended, reason) => {
        // Of one that never began the pool knows why; it was only told to end as it did not.
        const cause = (ended.isReady ? null : this.#pool.serveFault) ?? reason;
        this.#lost(ended, cause?.message ?? 'it returned');
      },
    };
    const channel = new Channel(this.#pool, this.#options.ringBytes, events);
    this.#deadlines.watch(channel);
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
    const overdueSequence = this.#deadlines.forget(channel);
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
    this.#roster.remove(channel);
    if (!channel.isReady) this.#failedStarts += 1;
    this.#roster.promote(this.#options.count);
    void this.#refill();
  }

  /** Opens workers until there are enough, after a pause that grows when they fail to start. */
  async #refill(): Promise<void> {
    if (this.#failedStarts > 0) {
      const pause = Math.min(FIRST_RESTART_MS * 2 ** this.#failedStarts, LAST_RESTART_MS);
      await delay(pause, undefined, { ref: false });
    }
    if (this.#closing) return;
    const { count, spare } = this.#options;
    while (this.#roster.active.length < count) this.#roster.addActive(this.#open());
    while (this.#roster.spares.length < spare) this.#roster.addSpare(this.#open());
  }
}
