// Filters that ended a worker a short while ago. Their jobs run apart from all others, so that the next worker they
// end holds nobody else's job.
import type { ChainLink } from '../wasm/chain-input.js';

/** How long a filter stays suspect after it last ended a worker. */
const SUSPECT_MS = 10_000;

export class Suspects {
  /** `performance.now()` until when, by filter id. */
  readonly #untilMs = new Map<number, number>();

  /** This filter ended a worker just now. */
  add(filterId: number): void {
    this.#untilMs.set(filterId, performance.now() + SUSPECT_MS);
  }

  /** This filter is gone. */
  forget(filterId: number): void {
    this.#untilMs.delete(filterId);
  }

  /** True when one of the filters is suspect. */
  mayEndItsWorker(links: readonly ChainLink[]): boolean {
    if (this.#untilMs.size === 0) return false;
    return links.some(({ id, skip }) => !skip && this.#isSuspect(id));
  }

  #isSuspect(filterId: number): boolean {
    const untilMs = this.#untilMs.get(filterId);
    if (untilMs === undefined) return false;
    if (performance.now() < untilMs) return true;
    this.#untilMs.delete(filterId);
    return false;
  }
}
