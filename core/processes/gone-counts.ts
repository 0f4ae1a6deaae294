// What processes have counted that are gone: a sum that went down would be taken for a restart of all.
import { lastingOf, MetricRegistry, type MetricValues } from '../telemetry/metric-registry.js';

/** Counts of so many processes are kept apart before they become one. */
const MOST_APART = 8;

/** Series that every process has for each name that its configuration declares, by the label that has the name. */
const DECLARING = {
  route: 'sluice_request_body_bytes_total',
  filter: 'sluice_filter_quarantined',
} as const;

export class GoneCounts {
  readonly #apart: (readonly MetricValues[])[] = [];
  #isMerging = false;

  /** @param metrics of a process, as they were last known */
  add(metrics: readonly MetricValues[]): void {
    const counted = lastingOf(metrics);
    if (counted.length > 0) this.#apart.push(counted);
    if (this.#apart.length > MOST_APART && !this.#isMerging) void this.#merge();
  }

  /** As they are now. */
  get processes(): readonly (readonly MetricValues[])[] {
    return [...this.#apart];
  }

  async #merge(): Promise<void> {
    this.#isMerging = true;
    const apart = this.processes;
    const merged = await MetricRegistry.sumOf(apart);
    this.#apart.splice(0, apart.length, merged);
    this.#isMerging = false;
  }
}

/**
 * Counts of gone processes without those of routes and filters that no process declares any more.
 * @param said by those that run
 */
export function stillDeclared(
  gone: readonly (readonly MetricValues[])[],
  said: readonly (readonly MetricValues[])[],
): MetricValues[][] {
  const labels = Object.entries(DECLARING).map(([label, series]) => {
    const samples = said.flatMap((metrics) => metrics.find(({ name }) => name === series)?.values ?? []);
    return [label, new Set(samples.map((sample) => sample.labels[label]))] as const;
  });
  return gone.map((metrics) =>
    metrics.map((metric) => ({
      ...metric,
      values: metric.values.filter((sample) =>
        labels.every(([label, names]) => !(label in sample.labels) || names.has(sample.labels[label])),
      ),
    })),
  );
}
