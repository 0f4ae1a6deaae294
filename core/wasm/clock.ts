// What time it is for filters.

/** What a filter is told when it asks for the time. */
export interface Clock {
  /** Milliseconds since 1970 UTC, with a fraction. */
  wallMs(): number;
  /** Milliseconds since some moment, with a fraction; never goes back. */
  monotonicMs(): number;
}

/** The clocks of the machine. */
export class SystemClock implements Clock {
  /** Wall clock less monotonic clock. */
  #offsetMs = performance.timeOrigin;

  /** `Date.now()` with a fraction. The monotonic clock has one, but does not follow when somebody sets the time. */
  wallMs(): number {
    const monotonicMs = performance.now();
    const wholeMs = Date.now();
    const finerMs = monotonicMs + this.#offsetMs;
    if (finerMs >= wholeMs && finerMs < wholeMs + 1) return finerMs;
    this.#offsetMs = wholeMs - monotonicMs;
    return wholeMs;
  }

  monotonicMs(): number {
    return performance.now();
  }
}
