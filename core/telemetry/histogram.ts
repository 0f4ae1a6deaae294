// A latency histogram that costs an addition to write and is turned into Prometheus samples only when scraped.

/** Upper bounds in seconds, ascending. */
export type Bounds = readonly number[];

/** Whole exchanges: from a cached answer in the next rack to a client on a bad line. */
export const EXCHANGE_BOUNDS: Bounds = Object.freeze([
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
]);

/** One call of one filter: microseconds as a rule, up to the deadline. */
export const FILTER_BOUNDS: Bounds = Object.freeze([
  0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 1,
]);

/** Exchanges that one visit to a worker carried. */
export const BATCH_BOUNDS: Bounds = Object.freeze([1, 2, 4, 8, 16, 32, 64, 128, 256]);

/** A sample as prom-client prints it; `sharedLabels` should be one object per series, its text is cached. */
export interface Sample {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly sharedLabels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Counts of one series. */
export class Histogram {
  readonly #bounds: Bounds;
  /** One more than bounds: the last counts what is above all of them. Doubles, exact up to 2^53. */
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  /** @param value in the unit of the bounds */
  observe(value: number): void {
    const bounds = this.#bounds;
    let index = 0;
    while (index < bounds.length && value > bounds[index]!) index++;
    this.#counts[index]! += 1;
    this.#sum += value;
  }

  /** Appends the samples of this series. */
  collect(name: string, sharedLabels: Readonly<Record<string, string>>, samples: Sample[]): void {
    collectBuckets(
      name,
      sharedLabels,
      { bounds: this.#bounds, counts: this.#counts, sum: this.#sum },
      samples,
    );
  }
}

/** Counts of a histogram wherever they were made; entry `k` counts what is in no smaller bucket. */
export interface Buckets {
  readonly bounds: Bounds;
  /** One more than bounds. */
  readonly counts: ArrayLike<number>;
  readonly sum: number;
}

/** Appends `name_bucket`, cumulative as the format wants it, `name_sum` and `name_count` to `samples`. */
export function collectBuckets(
  name: string,
  sharedLabels: Readonly<Record<string, string>>,
  buckets: Buckets,
  samples: Sample[],
): void {
  let below = 0;
  for (let index = 0; index <= buckets.bounds.length; index++) {
    below += buckets.counts[index]!;
    const le = buckets.bounds[index] ?? '+Inf';
    samples.push({ metricName: `${name}_bucket`, labels: { le }, sharedLabels, value: below });
  }
  samples.push({ metricName: `${name}_sum`, labels: {}, sharedLabels, value: buckets.sum });
  samples.push({ metricName: `${name}_count`, labels: {}, sharedLabels, value: below });
}
