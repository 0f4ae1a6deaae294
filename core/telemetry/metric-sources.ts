// What metrics are told at a scrape: numbers that others keep, in shapes that belong to no room.
import type { OwnMetricSample } from './own-metrics.js';

/** State of one target, as an upstream tells it. */
export interface TargetSample {
  readonly url: string;
  readonly healthy: boolean;
  readonly ejected: boolean;
  /** Requests that run now. */
  readonly active: number;
  /** Failures in a row. */
  readonly failures: number;
  /** Open ones with those that are being opened, idle ones among them, and requests that wait for one. */
  readonly connections: { readonly open: number; readonly idle: number; readonly waiting: number };
  readonly tally: TargetCounts;
}

/** What was counted of one target since it was declared first. */
export interface TargetCounts {
  /** Answers, by the first digit of their status; entry 0 has what is no status of HTTP. */
  readonly statuses: readonly number[];
  /** Failures by code; null where there was none. */
  readonly failures: ReadonlyMap<string, number> | null;
  readonly retries: number;
  readonly ejections: number;
  readonly connects: number;
  readonly connectFailures: number;
}

/** Times in buckets; entry `k` counts what is in no smaller one. */
export interface WaitCounts {
  /** Upper bounds, ascending. */
  readonly boundsMs: ArrayLike<number>;
  /** One more than bounds. */
  readonly counts: ArrayLike<number>;
  readonly sumMs: number;
}

/** State of the way to the workers. */
export interface DispatchSample {
  /** Workers that take exchanges. */
  readonly workers: number;
  /** Workers that are kept warm. */
  readonly spares: number;
  /** Exchanges that wait for room in a ring. */
  readonly queued: number;
  /** Exchanges that were handed to workers and did not come back yet. */
  readonly outstanding: number;
  /** Workers that were ended and replaced since the start. */
  readonly restarts: number;
  /** Exchanges that workers took since the start, over all batches. */
  readonly records: number;
  /** Entry `k`: batches of at most 2^k exchanges that are in no smaller entry; the tenth has the rest. */
  readonly batchSizes: readonly number[];
  /** Linear memory of all filters in all workers. */
  readonly memoryBytes: number;
}

/** How one filter fares. */
export interface FilterSample {
  readonly name: string;
  readonly state: 'active' | 'quarantined' | 'probing';
  /** How often it was quarantined since it was loaded. */
  readonly quarantines: number;
  /** Most linear memory that one instance of it had, in bytes. */
  readonly peakMemoryBytes: number;
}

export const REDIRECT_OUTCOMES = ['followed', 'passed', 'refused'] as const;
export type RedirectOutcome = (typeof REDIRECT_OUTCOMES)[number];

/** One upstream with its targets. */
export interface UpstreamSample {
  readonly name: string;
  readonly targets: readonly TargetSample[];
  /** What became of its redirects, by outcome; null where none is followed. As `waits`. */
  readonly redirects: Readonly<Record<RedirectOutcome, number>> | null;
  /** Until the head of the response; one object for all that have the name. */
  readonly waits: WaitCounts;
}

/** A certificate, or a list of those that are revoked, that runs out one day. */
export interface CertificateSample {
  /** Equal for no two of them. */
  readonly labels: Readonly<Record<'use' | 'name' | 'kind' | 'subject' | 'serial', string>>;
  /** Milliseconds since 1970. */
  readonly notAfterMs: number;
}

/** What is asked for when somebody scrapes. None of these may throw. */
export interface MetricSources {
  /** Exchanges that run now. */
  inFlight(): number;
  upstreams(): Iterable<UpstreamSample>;
  dispatch(): DispatchSample;
  /** Filters of the revision that runs. */
  filters(): Iterable<FilterSample>;
  /** Metrics that filters of that revision defined. */
  filterMetrics(): Iterable<OwnMetricSample>;
  /** What TLS is done with now. */
  certificates(): Iterable<CertificateSample>;
  /** Bytes of log lines that nobody read in time. */
  droppedLogBytes(): number;
  /** Seconds since the source of the configuration was known to hold what it reported. */
  configStaleness(): number;
  /** False while what runs cannot be kept for a start without the source. */
  configKept(): boolean;
}
