// Filters over worker threads: which worker gets a job, which filters are loaded, what happens when a worker is
// overdue or gone. The one verb of this room is `run`.
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { type ErrorCode, GatewayError } from '../errors.js';
import type { ChainLink } from '../wasm/chain.js';
import {
  EditList,
  type FilterFailure,
  type FilterLogLine,
  type PhaseMessage,
  type PhaseResult,
} from '../wasm/guest-abi.js';
import type { FilterSpec } from '../wasm/instance.js';
import { Channel, type ChannelEvents, isCalling, type Job } from './channel.js';
import { BATCH_SIZE_WORDS, type HostMessage } from './control.js';
import { FilterLoads, WorkerLost } from './filter-loads.js';
import { ThreadPool } from './pool.js';
import { Supervisor } from './supervisor.js';
import { Suspects } from './suspects.js';

export interface DispatcherOptions {
  /** Threads that run filters. */
  readonly count: number;
  /** Threads kept warm to take the place of one that ended. */
  readonly spare: number;
  /** Bytes of each ring, a power of two. */
  readonly ringBytes: number;
  /** Jobs that may be under way, all workers together. */
  readonly queue: number;
  /** How long a worker may take to start, and a filter to load, in milliseconds. */
  readonly startMs: number;
  readonly heapMb: number;
}

export interface DispatcherStats {
  readonly outstanding: number;
  /** Of these, the jobs that wait for room in a ring. */
  readonly queued: number;
  readonly workers: number;
  readonly spares: number;
  /** Workers that ended and were replaced. */
  readonly restarts: number;
  /** Batches and records of all workers so far; their quotient is the mean batch. */
  readonly batches: number;
  readonly records: number;
  /** Entry k: batches of at most 2^k records that are in no smaller entry; the last has the rest. */
  readonly batchSizes: readonly number[];
  /** Linear memory of all filters in all workers. */
  readonly memoryBytes: number;
}

/** A job whose worker ended this often is given up: it may be what ends them. */
const MOST_LOSSES = 3;
/** How often a filter is tried out again after the worker it was tried in ended for another reason. */
const MOST_TRIALS = 10;
const FIRST_RESTART_MS = 50;
const LAST_RESTART_MS = 5000;

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #pool: ThreadPool;
  readonly #loads: FilterLoads;
  readonly #supervisor: Supervisor;
  readonly #suspects = new Suspects();
  readonly #onRestart: (reason: string) => void;
  #active: Channel[] = [];
  #spares: Channel[] = [];
  #outstanding = 0;
  #restarts = 0;
  #failedStarts = 0;
  #flushScheduled = false;
  #closing = false;
  /** Batches and records of workers that are gone. */
  #past = { batches: 0, records: 0, batchSizes: new Array<number>(BATCH_SIZE_WORDS).fill(0) };

  /** @param onRestart told why a worker was replaced, for the log */
  constructor(options: DispatcherOptions, onRestart: (reason: string) => void = () => {}) {
    this.#options = options;
    this.#onRestart = onRestart;
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
    while (![...this.#active, ...this.#spares].every((channel) => channel.isReady)) {
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
   * Loads filters into every worker; afterwards jobs may name them. Tried on a spare first, so that a filter that
   * hangs while it is configured holds up nobody.
   * @returns what the filters logged while they were configured
   * @throws GatewayError SLUICE_FILTER_*, SLUICE_ABI_*; then none of `specs` stays loaded
   */
  async load(specs: readonly FilterSpec[]): Promise<FilterLogLine[]> {
    const lines: FilterLogLine[] = [];
    const loaded: number[] = [];
    try {
      for (const spec of specs) {
        const { channel: tried, lines: logged } = await this.#tryOut(spec);
        lines.push(...logged);
        loaded.push(spec.id);
        this.#loads.keep(spec);
        const others = [...this.#active, ...this.#spares].filter((channel) => channel !== tried);
        await Promise.all(others.map((channel) => this.#loads.loadInto(channel, spec)));
      }
    } catch (cause) {
      this.unload(loaded);
      throw cause;
    }
    return lines;
  }

  /** Loads a filter into one worker, into another one when that worker ends for somebody else's sake. */
  async #tryOut(spec: FilterSpec): Promise<{ channel: Channel; lines: readonly FilterLogLine[] }> {
    for (let attempt = 1; ; attempt += 1) {
      const channel = this.#spares.find(({ load }) => load === 0) ?? this.#spares[0] ?? this.#active[0];
      this.#supervisor.wake();
      try {
        if (channel !== undefined) return { channel, lines: await this.#loads.loadInto(channel, spec) };
        await delay(FIRST_RESTART_MS);
      } catch (cause) {
        if (!(cause instanceof WorkerLost)) throw cause;
      }
      if (attempt >= MOST_TRIALS) throw crashed('no worker lived long enough to load a filter');
    }
  }

  /** No job may name these filters any more. */
  unload(ids: readonly number[]): void {
    for (const id of ids) {
      this.#loads.drop(id);
      this.#suspects.forget(id);
      for (const channel of [...this.#active, ...this.#spares]) channel.send({ kind: 'unload', id });
    }
  }

  /**
   * Runs one phase of one exchange through a chain of loaded filters. `message` must not change until it settles.
   * @throws GatewayError SLUICE_DISPATCH_OVERLOADED, SLUICE_DISPATCH_CRASHED
   */
  run(message: PhaseMessage, links: readonly ChainLink[]): Promise<PhaseResult> {
    if (this.#outstanding >= this.#options.queue) return Promise.reject(overloaded(this.#outstanding));
    this.#outstanding += 1;
    return new Promise<PhaseResult>((resolve, reject) => {
      const settle = (): void => {
        this.#outstanding -= 1;
        if (this.#outstanding === 0) this.#supervisor.rest();
      };
      const job: Job = {
        message,
        links,
        losses: 0,
        skipped: [],
        resolve: (result) => {
          settle();
          resolve(result);
        },
        reject: (cause) => {
          settle();
          reject(cause);
        },
      };
      try {
        this.#assign(job);
      } catch (cause) {
        job.reject(cause);
      }
    });
  }

  get stats(): DispatcherStats {
    let { batches, records } = this.#past;
    let memoryBytes = 0;
    const batchSizes = [...this.#past.batchSizes];
    for (const { stats } of [...this.#active, ...this.#spares]) {
      batches += stats.batches;
      records += stats.records;
      memoryBytes += stats.memoryBytes;
      stats.batchSizes.forEach((count, k) => {
        batchSizes[k]! += count;
      });
    }
    return {
      outstanding: this.#outstanding,
      queued: this.#active.reduce((sum, { waiting }) => sum + waiting, 0),
      workers: this.#active.length,
      spares: this.#spares.length,
      restarts: this.#restarts,
      batches,
      records,
      batchSizes,
      memoryBytes,
    };
  }

  /** Ends every worker; jobs that are not done are rejected. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#supervisor.close();
    const channels = [...this.#active, ...this.#spares];
    for (const channel of channels) channel.terminate();
    await this.#pool.close();
    for (const channel of channels) {
      for (const job of channel.takeJobs()) job.reject(crashed('the gateway stopped'));
    }
  }

  #open(): Channel {
    const events: ChannelEvents = {
      ready: () => {
        this.#failedStarts = 0;
      },
      message: (channel, message) => this.#hear(channel, message),
      ended: (channel, reason) => this.#lost(channel, reason),
    };
    const channel = new Channel(this.#pool, this.#options.ringBytes, events);
    this.#supervisor.watch(channel);
    for (const spec of this.#loads.kept()) channel.send({ kind: 'load', spec });
    return channel;
  }

  #hear(channel: Channel, message: HostMessage): void {
    if (message.kind === 'loaded') this.#loads.settled(channel, message.id, message.logs);
    else if (message.kind === 'refused') {
      const error = new GatewayError(message.code as ErrorCode, message.message);
      // A worker that lacks a filter the others have cannot take its place among them.
      if (!this.#loads.refused(channel, message.id, error)) channel.terminate();
    }
  }

  #assign(job: Job): void {
    let best: Channel | undefined;
    const isApart = this.#spares.length > 0 && this.#suspects.mayEndItsWorker(job.links);
    for (const channel of isApart ? this.#spares : this.#active) {
      if (best === undefined || (channel.isReady && !best.isReady)) best = channel;
      else if (channel.isReady === best.isReady && channel.load < best.load) best = channel;
    }
    if (best === undefined) {
      job.reject(crashed('no worker is left'));
      return;
    }
    best.post(job);
    this.#supervisor.wake();
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(this.#flush);
  }

  /** Once per tick: whatever this tick's events posted becomes one batch. */
  readonly #flush = (): void => {
    this.#flushScheduled = false;
    for (const channel of this.#active) {
      channel.flush();
      channel.drain();
    }
    for (const channel of this.#spares) channel.flush();
  };

  #lost(channel: Channel, reason: Error | null): void {
    const { stats, progress } = channel;
    this.#past.batches += stats.batches;
    this.#past.records += stats.records;
    stats.batchSizes.forEach((count, k) => {
      this.#past.batchSizes[k]! += count;
    });
    const overdueSequence = this.#supervisor.forget(channel);
    const overdue = overdueSequence === progress.sequence;
    this.#loads.lost(channel, overdue);
    // Ended for a call that did return in the end: whatever runs now has done nothing.
    const isBlamed = isCalling(progress) && (overdueSequence === null || overdue);
    const guilty = isBlamed ? channel.jobOf(progress.ticket) : undefined;
    const jobs = channel.takeJobs();
    if (!this.#closing) this.#replace(channel, reason?.message ?? 'it returned');
    if (guilty !== undefined) this.#blame(guilty, progress.index, overdue, reason);
    for (const job of jobs) if (job !== guilty) this.#again(job, guilty === undefined);
  }

  #replace(channel: Channel, reason: string): void {
    this.#restarts += 1;
    this.#active = this.#active.filter((other) => other !== channel);
    this.#spares = this.#spares.filter((other) => other !== channel);
    if (!channel.isReady) this.#failedStarts += 1;
    this.#promote();
    this.#onRestart(reason);
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

  /** The filter that was running when its worker ended takes the consequence its policy names. */
  #blame(job: Job, index: number, overdue: boolean, reason: Error | null): void {
    const link = job.links[index];
    const spec = link === undefined ? undefined : this.#loads.find(link.id);
    if (link === undefined || spec === undefined) {
      this.#again(job, true);
      return;
    }
    this.#suspects.add(spec.id);
    const failure: FilterFailure = {
      code: overdue ? 'SLUICE_FILTER_DEADLINE' : 'SLUICE_FILTER_TRAP',
      message: overdue
        ? `filter ${spec.name} ran longer than ${spec.deadlineMs} ms`
        : `filter ${spec.name}: its worker ended: ${reason?.message ?? 'it returned'}`,
      index,
      skipped: spec.onFailure === 'open',
    };
    if (failure.skipped) {
      job.skipped.push(failure);
      job.links = job.links.map((other) => (other === link ? { ...other, skip: true } : other));
      this.#assign(job);
    } else job.resolve(failed(job, failure));
  }

  /** @param counts the worker ended and nobody knows whose fault it was: it may be this job's */
  #again(job: Job, counts: boolean): void {
    if (counts) job.losses += 1;
    if (this.#closing) job.reject(crashed('the gateway stopped'));
    else if (job.losses > MOST_LOSSES) job.reject(crashed(`its worker ended ${job.losses} times`));
    else this.#assign(job);
  }
}

function failed(job: Job, failure: FilterFailure): PhaseResult {
  assert(!failure.skipped);
  return {
    edits: new EditList(),
    response: null,
    respondedBy: -1,
    contexts: [],
    calls: [],
    failures: [...job.skipped, failure],
    logs: [],
  };
}

function overloaded(outstanding: number): GatewayError {
  return new GatewayError('SLUICE_DISPATCH_OVERLOADED', `${outstanding} exchanges are waiting for filters`, {
    headers: ['retry-after', '1'],
  });
}

function crashed(why: string): GatewayError {
  return new GatewayError('SLUICE_DISPATCH_CRASHED', `the filters of this exchange could not run: ${why}`);
}
