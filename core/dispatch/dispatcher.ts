// Filters over worker threads: which worker gets a job, and what becomes of a job whose worker ended. The one verb of
// this room is `run`.
import assert from 'node:assert/strict';
import { GatewayError } from '../errors.js';
import type { ChainLink } from '../wasm/chain.js';
import {
  EditList,
  type FilterFailure,
  type FilterLogLine,
  type PhaseMessage,
  type PhaseResult,
} from '../wasm/guest-abi.js';
import type { FilterSpec } from '../wasm/instance.js';
import type { Job } from './channel.js';
import { Fleet, type FleetOptions, type WorkerLoss } from './fleet.js';
import type { WorkerStats } from './fleet-stats.js';
import { Suspects } from './suspects.js';

export interface DispatcherOptions extends FleetOptions {
  /** Jobs that may be under way, all workers together. */
  readonly queue: number;
}

export interface DispatcherStats extends WorkerStats {
  /** Jobs that were handed to workers and are not done. */
  readonly outstanding: number;
}

/** A job whose worker ended this often is given up: it may be what ends them. */
const MOST_LOSSES = 3;

export class Dispatcher {
  readonly #queue: number;
  readonly #fleet: Fleet;
  readonly #suspects = new Suspects();
  readonly #onRestart: (reason: string) => void;
  #outstanding = 0;
  #flushScheduled = false;
  #closing = false;

  /** @param onRestart told why a worker was replaced, for the log */
  constructor(options: DispatcherOptions, onRestart: (reason: string) => void = () => {}) {
    this.#queue = options.queue;
    this.#onRestart = onRestart;
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
   * Loads filters into every worker; afterwards jobs may name them.
   * @returns what the filters logged while they were configured
   * @throws GatewayError SLUICE_FILTER_*, SLUICE_ABI_*; then none of `specs` stays loaded
   */
  load(specs: readonly FilterSpec[]): Promise<FilterLogLine[]> {
    return this.#fleet.load(specs);
  }

  /** No job may name these filters any more. */
  unload(ids: readonly number[]): void {
    for (const id of ids) this.#suspects.forget(id);
    this.#fleet.unload(ids);
  }

  /**
   * Runs one phase of one exchange through a chain of loaded filters. `message` must not change until it settles.
   * @throws GatewayError SLUICE_DISPATCH_OVERLOADED, SLUICE_DISPATCH_CRASHED
   */
  run(message: PhaseMessage, links: readonly ChainLink[]): Promise<PhaseResult> {
    if (this.#outstanding >= this.#queue) return Promise.reject(overloaded(this.#outstanding));
    this.#outstanding += 1;
    return new Promise<PhaseResult>((resolve, reject) => {
      const job: Job = {
        message,
        links,
        losses: 0,
        skipped: [],
        resolve: (result) => {
          this.#settle();
          resolve(result);
        },
        reject: (cause) => {
          this.#settle();
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
    return { ...this.#fleet.stats, outstanding: this.#outstanding };
  }

  /** Ends every worker; jobs that are not done are rejected. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const job of await this.#fleet.close()) job.reject(crashed('the gateway stopped'));
  }

  #settle(): void {
    this.#outstanding -= 1;
    if (this.#outstanding === 0) this.#fleet.rest();
  }

  #assign(job: Job): void {
    const channel = this.#fleet.choose(this.#suspects.mayEndItsWorker(job.links));
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

  #lost({ reason, guilty, index, overdue, jobs }: WorkerLoss): void {
    if (!this.#closing) this.#onRestart(reason);
    if (guilty !== null) this.#blame(guilty, index, overdue, reason);
    for (const job of jobs) this.#again(job, guilty === null);
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
