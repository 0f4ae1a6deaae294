// What is known about one target of an upstream: its load, its failures in a row, whether it may be chosen.
import { TargetTally } from './tally.js';
import type { EjectionOptions, TargetChange, TargetOptions, TargetState } from './upstream.js';

/** The longest ejection is this many times the first. */
const MAX_EJECTION_FACTOR = 10;

export class Target {
  readonly url: string;
  readonly weight: number;
  readonly tally: TargetTally;
  /** Requests that it is working on, until the last byte of their response. */
  active = 0;
  /** Verdict of the active health check; true where there is none. */
  healthy = true;
  /** What was wrong at the last check that failed, for operators. */
  ailment = '';

  /** Told of each change of the two verdicts, but for the end of an ejection, which nobody notices. */
  onChange: ((state: TargetChange['state'], reason: string) => void) | null = null;

  readonly #ejection: EjectionOptions;
  readonly #nowMs: () => number;
  #failures = 0;
  /** Ejections without a success between them. */
  #ejections = 0;
  /** 0 while it is not ejected. */
  #ejectedUntilMs = 0;

  /**
   * @param tally where it is counted
   * @param nowMs monotonic clock
   */
  constructor(
    options: TargetOptions,
    ejection: EjectionOptions,
    tally = new TargetTally(),
    nowMs = () => performance.now(),
  ) {
    this.tally = tally;
    this.url = options.url;
    this.weight = options.weight;
    this.#ejection = ejection;
    this.#nowMs = nowMs;
  }

  /** Ejected by its failures. Ends by itself, when it is looked at after its time. */
  get ejected(): boolean {
    if (this.#ejectedUntilMs === 0) return false;
    if (this.#nowMs() < this.#ejectedUntilMs) return true;
    this.#ejectedUntilMs = 0;
    return false;
  }

  /** True when a request may be sent to it. */
  get available(): boolean {
    return this.healthy && !this.ejected;
  }

  /** The active health check has another verdict than before. */
  judged(healthy: boolean): void {
    this.healthy = healthy;
    this.onChange?.(healthy ? 'healthy' : 'unhealthy', healthy ? '' : this.ailment);
  }

  /** It answered, with anything but 502, 503 and 504. */
  succeeded(): void {
    this.#failures = 0;
    // An answer to a request from before the ejection says nothing about the state it was ejected for.
    if (!this.ejected) this.#ejections = 0;
  }

  /** A connection failure, a timeout, or a 502, 503 or 504. */
  failed(): void {
    // Requests that were under way at the ejection fail as well; they must not lengthen it.
    if (this.ejected) return;
    this.#failures++;
    if (this.#ejection.failures === 0 || this.#failures < this.#ejection.failures) return;
    const factor = Math.min(2 ** this.#ejections, MAX_EJECTION_FACTOR);
    this.#ejections++;
    this.tally.ejections += 1;
    this.#failures = 0;
    const durationMs = this.#ejection.durationMs * factor;
    this.#ejectedUntilMs = this.#nowMs() + durationMs;
    this.onChange?.('ejected', `${this.#ejection.failures} failures in a row, for ${durationMs} ms`);
  }

  /** Why it is not available, for operators. */
  describeAbsence(): string {
    return this.healthy ? `${this.url} is ejected` : `${this.url} is unhealthy: ${this.ailment}`;
  }

  state(): Omit<TargetState, 'connections'> {
    return {
      url: this.url,
      healthy: this.healthy,
      ejected: this.ejected,
      active: this.active,
      failures: this.#failures,
      tally: this.tally,
    };
  }
}
