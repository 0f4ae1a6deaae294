// Counts of secrets that were on their way out.
import type { Sample } from './histogram.js';

export class EgressSeries {
  readonly #counts = new Map<string, { readonly labels: Readonly<Record<string, string>>; value: number }>();

  caught(secret: string, place: string, action: string): void {
    const key = `${secret} ${place} ${action}`;
    const count = this.#counts.get(key);
    if (count === undefined) this.#counts.set(key, { labels: { secret, place, action }, value: 1 });
    else count.value += 1;
  }

  samples(metricName: string): Sample[] {
    return Array.from(this.#counts.values(), ({ labels, value }) => ({
      metricName,
      labels: {},
      sharedLabels: labels,
      value,
    }));
  }
}
