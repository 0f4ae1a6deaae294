// Tells the supervisor again and again that this process lives, and what it has counted, so that little is lost where it dies.
import { performance } from 'node:perf_hooks';
import type { MetricValues } from '../telemetry/metric-registry.js';

export const PULSE_MS = 1_000;
/** Of the time of a process goes no more into telling what it has counted. */
const MOST_SHARE = 0.002;

export interface PulseOptions {
  /** Null before there is anything to count. */
  readonly counted: () => readonly MetricValues[] | null;
  /** Told nothing but that the process lives where counting is not due: with thousands of routes it is not each time. */
  readonly tell: (counted: readonly MetricValues[] | null) => void;
}

/** Beats at once and from then on, as long as the event loop turns; keeps no process alive. */
export class Pulse {
  readonly #options: PulseOptions;
  readonly #timer: NodeJS.Timeout;
  #dueMs = 0;

  constructor(options: PulseOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#beat(), PULSE_MS).unref();
    this.#beat();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    const { counted, tell } = this.#options;
    const begunMs = performance.now();
    if (begunMs < this.#dueMs) {
      tell(null);
      return;
    }
    tell(counted());
    this.#dueMs = begunMs + (performance.now() - begunMs) / MOST_SHARE;
  }
}
