// A clock that moves when a test says so.
import type { Clock } from '../../core/wasm/clock.js';

/** The time of every filter of a chain, windows of counters included. */
export class TestClock implements Clock {
  #nowMs: number;
  #passedMs = 0;

  /** @param nowMs milliseconds since 1970 UTC. Default 0 */
  constructor(nowMs = 0) {
    this.#nowMs = nowMs;
  }

  /** Lets time pass. */
  advance(ms: number): void {
    this.#nowMs += ms;
    this.#passedMs += ms;
  }

  /** Milliseconds since 1970 UTC. */
  wallMs(): number {
    return this.#nowMs;
  }

  /** Milliseconds that `advance` let pass. */
  monotonicMs(): number {
    return this.#passedMs;
  }
}
