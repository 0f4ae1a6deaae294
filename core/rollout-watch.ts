// Watches how a release that has just taken over fares, and says when it does worse than its budget allows.
import type { RolloutConfig } from './config/model.js';

/** A release that does worse than it may. */
export interface Breach {
  readonly revision: string;
  /** For people. */
  readonly reason: string;
}

class Counts {
  requests = 0;
  /** Requests that ended with a status of 500 and above, or were broken off by an upstream. */
  errors = 0;
  filterFailures = 0;

  add(isError: boolean): void {
    this.requests += 1;
    if (isError) this.errors += 1;
  }

  share(of: 'errors' | 'filterFailures'): number {
    return this.requests === 0 ? 0 : Math.min(1, this[of] / this.requests);
  }
}

interface Watch {
  readonly revision: string;
  readonly budget: RolloutConfig;
  readonly untilMs: number;
  readonly before: Counts;
  readonly after: Counts;
}

/** The most that is remembered of a release: what a watch of any length begins with. */
const SPAN_MS = 60_000;

/**
 * The budget is on top of what was before: the shares of the minute or two before the change count as given, so an upstream
 * that fails anyway rolls nothing back. What still ends on the release of before counts for neither.
 */
export class RolloutWatch {
  readonly #breached: (breach: Breach) => void;
  readonly #nowMs: () => number;
  #running = '';
  /** Of the release that runs: the span of now and the one before it. */
  #span = new Counts();
  #lastSpan = new Counts();
  #spanEndsMs = 0;
  #watch: Watch | null = null;

  /**
   * @param breached told once for each release, in the midst of an exchange: it is to return at once
   * @param nowMs a clock that never goes back
   */
  constructor(breached: (breach: Breach) => void, nowMs: () => number) {
    this.#breached = breached;
    this.#nowMs = nowMs;
  }

  /** The release that runs has yet to stand its time. */
  get isWatching(): boolean {
    return this.#watch !== null && this.#nowMs() < this.#watch.untilMs;
  }

  /**
   * A release runs from now on. The same as before goes on as it was.
   * @param budget null does not watch it
   */
  begin(revision: string, budget: RolloutConfig | null): void {
    if (revision === this.#running) return;
    const nowMs = this.#nowMs();
    this.#turnSpan(nowMs);
    const before = new Counts();
    for (const { requests, errors, filterFailures } of [this.#lastSpan, this.#span]) {
      before.requests += requests;
      before.errors += errors;
      before.filterFailures += filterFailures;
    }
    this.#running = revision;
    this.#watch =
      budget === null
        ? null
        : { revision, budget, untilMs: nowMs + budget.watchSeconds * 1000, before, after: new Counts() };
    this.#span = new Counts();
    this.#lastSpan = new Counts();
    this.#spanEndsMs = nowMs + SPAN_MS;
  }

  /** @param nowMs of the same clock, where the caller has just looked at it */
  exchangeEnded(revision: string, status: number, nowMs: number = this.#nowMs()): void {
    if (revision !== this.#running) return;
    this.#turnSpan(nowMs);
    const isError = status >= 500;
    this.#span.add(isError);
    if (this.#watch === null) return;
    this.#watch.after.add(isError);
    this.#judge(nowMs);
  }

  /** The exchange that it failed ends later. */
  filterFailed(revision: string): void {
    if (revision !== this.#running) return;
    this.#span.filterFailures += 1;
    if (this.#watch !== null) this.#watch.after.filterFailures += 1;
  }

  #turnSpan(nowMs: number): void {
    if (nowMs < this.#spanEndsMs) return;
    // After a long silence the span of now is not that of a moment ago either.
    this.#lastSpan = nowMs < this.#spanEndsMs + SPAN_MS ? this.#span : new Counts();
    this.#span = new Counts();
    this.#spanEndsMs = nowMs + SPAN_MS;
  }

  #judge(nowMs: number): void {
    const watch = this.#watch;
    if (watch === null) return;
    const { revision, budget, before, after } = watch;
    if (nowMs >= watch.untilMs) {
      this.#watch = null;
      return;
    }
    if (after.requests < budget.leastRequests) return;
    const reason =
      overrun('of requests failed', before.share('errors'), after.share('errors'), budget.most5xxShare) ??
      overrun(
        'of requests had a filter fail',
        before.share('filterFailures'),
        after.share('filterFailures'),
        budget.mostFilterFailureShare,
      );
    if (reason === null) return;
    this.#watch = null;
    this.#breached({ revision, reason: `${reason}, of ${after.requests} requests` });
  }
}

function overrun(what: string, before: number, after: number, budget: number): string | null {
  if (after <= before + budget) return null;
  return `${percent(after)} ${what}, ${percent(before)} before it, and it may add ${percent(budget)}`;
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}
