// One phase of one exchange on its way through the workers. Settles exactly once.
import { performance } from 'node:perf_hooks';
import type { ChainLink } from '../wasm/chain-input.js';
import type { FilterFailure, PhaseMessage, PhaseResult } from '../wasm/guest-abi.js';

/** Who handed the job out, told when it is done. */
export interface JobOwner {
  /**
   * @param result null when no worker could run it
   * @param nowMs  `performance.now()`
   */
  settled(job: Job, result: PhaseResult | null, nowMs: number): void;
}

/** Who wants to know what came of a job. Told once, maybe before the job is handed out. Neither may throw. */
export interface JobEnd {
  /** @param nowMs `performance.now()` when the result was there */
  done(result: PhaseResult, nowMs: number): void;
  failed(cause: unknown): void;
}

const NONE: readonly never[] = Object.freeze([]);

export class Job {
  readonly message: PhaseMessage;
  links: readonly ChainLink[];
  /** What the callout came to after which the chain goes on; null when it begins. */
  readonly outcome: Uint8Array | null;
  /** Workers that ended while they held it. */
  losses = 0;
  /** Ids of filters of which this job is the probe. */
  probes: readonly number[] = NONE;
  #skipped: readonly FilterFailure[] = NONE;
  readonly #owner: JobOwner;
  readonly #end: JobEnd;

  constructor(
    message: PhaseMessage,
    links: readonly ChainLink[],
    outcome: Uint8Array | null,
    owner: JobOwner,
    end: JobEnd,
  ) {
    this.message = message;
    this.links = links;
    this.outcome = outcome;
    this.#owner = owner;
    this.#end = end;
  }

  /** Leaves out the filter that the failure names; the result will tell of it. */
  skip(failure: FilterFailure): void {
    this.#skipped = [...this.#skipped, failure];
    this.links = this.links.map((link, index) => (index === failure.index ? { ...link, skip: true } : link));
  }

  /** @param nowMs `performance.now()` */
  resolve(result: PhaseResult, nowMs: number): void {
    const whole =
      this.#skipped.length === 0 ? result : { ...result, failures: [...this.#skipped, ...result.failures] };
    this.#owner.settled(this, whole, nowMs);
    this.#end.done(whole, nowMs);
  }

  reject(cause: unknown): void {
    this.#owner.settled(this, null, performance.now());
    this.#end.failed(cause);
  }
}
