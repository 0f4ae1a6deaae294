// What processes have counted that are gone: a sum that went down would be taken for a restart of all.
import {
  lastingOf,
  MetricRegistry,
  type MetricValue,
  type MetricValues,
} from '../telemetry/metric-registry.js';

/** Counts of so many processes are kept apart before they become one. */
const MOST_APART = 8;

/** Label of requests that matched no route. */
const NO_ROUTE = '-';

/** Series that every process has for all that its configuration declares, with the labels that name it. Routes have none. */
const DECLARING: readonly { readonly labels: readonly string[]; readonly series: string }[] = [
  { labels: ['filter'], series: 'sluice_filter_quarantined' },
  { labels: ['upstream'], series: 'sluice_upstream_target_connects_total' },
  { labels: ['upstream', 'target'], series: 'sluice_upstream_target_connects_total' },
];

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
 * Counts of gone processes without those of routes, filters, upstreams and targets that no process declares any more.
 * @param said   by those that run
 * @param routes that they declare, of `routesIn(gone)`
 */
export function stillDeclared(
  gone: readonly (readonly MetricValues[])[],
  said: readonly (readonly MetricValues[])[],
  routes: ReadonlySet<string>,
): MetricValues[][] {
  const declared = DECLARING.map(({ labels, series }) => {
    const samples = said.flatMap((metrics) => metrics.find(({ name }) => name === series)?.values ?? []);
    return { labels, names: new Set(samples.map((sample) => nameIn(sample, labels))) };
  });
  const isDeclared = (sample: MetricValue): boolean =>
    (!('route' in sample.labels) || isNoRoute(sample) || routes.has(String(sample.labels['route']))) &&
    declared.every(
      ({ labels, names }) =>
        !labels.every((label) => label in sample.labels) || names.has(nameIn(sample, labels)),
    );
  return gone.map((metrics) =>
    metrics.map((metric) => ({ ...metric, values: metric.values.filter(isDeclared) })),
  );
}

/** Routes that something was counted of. */
export function routesIn(gone: readonly (readonly MetricValues[])[]): string[] {
  const routes = new Set<string>();
  for (const { values } of gone.flat())
    for (const sample of values)
      if ('route' in sample.labels && !isNoRoute(sample)) routes.add(String(sample.labels['route']));
  return [...routes];
}

/** Of requests that matched none. */
function isNoRoute(sample: MetricValue): boolean {
  return sample.labels['route'] === NO_ROUTE;
}

/** What these labels say, as one text. */
function nameIn(sample: MetricValue, labels: readonly string[]): string {
  return JSON.stringify(labels.map((label) => sample.labels[label]));
}
