// One phase of one exchange on its way through the workers. Settles exactly once.
import type { ChainLink } from '../wasm/chain-input.js';
import type { FilterFailure, PhaseMessage, PhaseResult } from '../wasm/guest-abi.js';

/** Who handed the job out, told when it is done. */
export interface JobOwner {
  /** @param result null when no worker could run it */
  settled(job: Job, result: PhaseResult | null): void;
}

/** Who wants to know what came of a job. Told once, maybe before the job is handed out. Neither may throw. */
export interface JobEnd {
  done(result: PhaseResult): void;
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

  resolve(result: PhaseResult): void {
    const whole =
      this.#skipped.length === 0 ? result : { ...result, failures: [...this.#skipped, ...result.failures] };
    this.#owner.settled(this, whole);
    this.#end.done(whole);
  }

  reject(cause: unknown): void {
    this.#owner.settled(this, null);
    this.#end.failed(cause);
  }
}
