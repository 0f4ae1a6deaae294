// Counts of filter calls by filter and phase. A hot path for the reason that exchange-series.ts gives.
import { EXCHANGE_BOUNDS, FILTER_BOUNDS, Histogram, type Sample } from './histogram.js';

export type FilterPhase = 'request' | 'response';
const PHASES: readonly FilterPhase[] = ['request', 'response'];

class PhaseSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly duration = new Histogram(FILTER_BOUNDS);
  calls = 0;
  edits = 0;
  queueMs = 0;

  constructor(filter: string, phase: FilterPhase) {
    this.labels = Object.freeze({ filter, phase });
  }
}

/** Callouts of one filter to one upstream. */
class CalloutSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly duration = new Histogram(EXCHANGE_BOUNDS);
  readonly outcomes = new Map<string, number>();

  constructor(filter: string, upstream: string) {
    this.labels = Object.freeze({ filter, upstream });
  }
}

class OneFilter {
  readonly request: PhaseSeries;
  readonly response: PhaseSeries;
  readonly failures = new Map<string, number>();
  /** By status. */
  readonly answers = new Map<number, number>();
  /** By upstream. */
  readonly callouts = new Map<string, CalloutSeries>();

  constructor(readonly name: string) {
    this.request = new PhaseSeries(name, 'request');
    this.response = new PhaseSeries(name, 'response');
  }
}

/** Series of the filters that were declared last; late calls of a removed filter are not counted. */
export class FilterSeries {
  #filters = new Map<string, OneFilter>();

  /** Keeps the series of these filters, begins those of new ones, drops the rest. */
  declare(names: Iterable<string>): void {
    const filters = new Map<string, OneFilter>();
    for (const name of names) filters.set(name, this.#filters.get(name) ?? new OneFilter(name));
    this.#filters = filters;
  }

  called(name: string, phase: FilterPhase, durationNs: number, edits: number, waitMs: number): void {
    const filter = this.#filters.get(name);
    if (filter === undefined) return;
    const series = phase === 'request' ? filter.request : filter.response;
    series.calls += 1;
    series.edits += edits;
    series.queueMs += waitMs;
    series.duration.observe(durationNs / 1e9);
  }

  failed(name: string, code: string): void {
    const failures = this.#filters.get(name)?.failures;
    failures?.set(code, (failures.get(code) ?? 0) + 1);
  }

  answered(name: string, status: number): void {
    const answers = this.#filters.get(name)?.answers;
    answers?.set(status, (answers.get(status) ?? 0) + 1);
  }

  calledOut(name: string, upstream: string, outcome: string, durationMs: number): void {
    const callouts = this.#filters.get(name)?.callouts;
    if (callouts === undefined) return;
    const series = callouts.get(upstream) ?? new CalloutSeries(name, upstream);
    callouts.set(upstream, series);
    series.outcomes.set(outcome, (series.outcomes.get(outcome) ?? 0) + 1);
    series.duration.observe(durationMs / 1000);
  }

  callouts(name: string): Sample[] {
    return this.#callouts().flatMap(({ labels, outcomes }) =>
      Array.from(outcomes, ([outcome, value]) => ({
        metricName: name,
        labels: { ...labels, outcome },
        sharedLabels: {},
        value,
      })),
    );
  }

  calloutDurations(name: string): Sample[] {
    const samples: Sample[] = [];
    for (const { duration, labels } of this.#callouts()) duration.collect(name, labels, samples);
    return samples;
  }

  counts(name: string, what: 'calls' | 'edits'): Sample[] {
    return this.#phases().map((series) => ({
      metricName: name,
      labels: {},
      sharedLabels: series.labels,
      value: series[what],
    }));
  }

  queueSeconds(name: string): Sample[] {
    return this.#phases().map((series) => ({
      metricName: name,
      labels: {},
      sharedLabels: series.labels,
      value: series.queueMs / 1000,
    }));
  }

  durations(name: string): Sample[] {
    const samples: Sample[] = [];
    for (const series of this.#phases()) series.duration.collect(name, series.labels, samples);
    return samples;
  }

  failures(name: string): Sample[] {
    const samples: Sample[] = [];
    for (const filter of this.#filters.values()) {
      for (const [code, value] of filter.failures) {
        samples.push({ metricName: name, labels: { filter: filter.name, code }, sharedLabels: {}, value });
      }
    }
    return samples;
  }

  answers(name: string): Sample[] {
    const samples: Sample[] = [];
    for (const filter of this.#filters.values()) {
      for (const [status, value] of filter.answers) {
        const labels = { filter: filter.name, status: String(status) };
        samples.push({ metricName: name, labels, sharedLabels: {}, value });
      }
    }
    return samples;
  }

  #callouts(): CalloutSeries[] {
    return [...this.#filters.values()].flatMap(({ callouts }) => [...callouts.values()]);
  }

  /** Phases that were called at least once: most filters want one phase only. */
  #phases(): PhaseSeries[] {
    return [...this.#filters.values()].flatMap((filter) =>
      PHASES.map((phase) => filter[phase]).filter((series) => series.calls > 0),
    );
  }
}
