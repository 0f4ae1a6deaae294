// A latency histogram that costs an addition to write and is turned into Prometheus samples only when scraped.

/** Upper bounds in seconds, ascending. */
export type Bounds = ArrayLike<number>;

// Not lists, whose numbers would lie all over the memory.

/** Whole exchanges: from a cached answer in the next rack to a client on a bad line. */
export const EXCHANGE_BOUNDS: Bounds = Float64Array.of(
  0.0005,
  0.001,
  0.0025,
  0.005,
  0.01,
  0.025,
  0.05,
  0.1,
  0.25,
  0.5,
  1,
  2.5,
  5,
  10,
  30,
);

/** One call of one filter: microseconds as a rule, up to the deadline. */
export const FILTER_BOUNDS: Bounds = Float64Array.of(
  0.00001,
  0.000025,
  0.00005,
  0.0001,
  0.00025,
  0.0005,
  0.001,
  0.0025,
  0.005,
  0.01,
  0.05,
  0.1,
  1,
);

/** Exchanges that one visit to a worker carried. */
export const BATCH_BOUNDS: Bounds = Float64Array.of(1, 2, 4, 8, 16, 32, 64, 128, 256);

/** A sample as prom-client prints it; `sharedLabels` should be one object per series, its text is cached. */
export interface Sample {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly sharedLabels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One value with its labels. */
export function sampleOf(
  metricName: string,
  value: number,
  sharedLabels: Readonly<Record<string, string>>,
): Sample {
  return { metricName, labels: {}, sharedLabels, value };
}

/** Counts of one series. */
export class Histogram {
  /**
   * One for each bound, one for what is above all of them, the sum, and `more` of whoever extends this: what is written
   * together lies together, since of thousands of series most are in no cache. Doubles, exact up to 2^53.
   */
  protected readonly cells: Float64Array;
  readonly #bounds: Bounds;

  constructor(bounds: Bounds, more = 0) {
    this.#bounds = bounds;
    this.cells = new Float64Array(bounds.length + 2 + more);
  }

  /** @param value in the unit of the bounds */
  observe(value: number): void {
    const bounds = this.#bounds;
    const { cells } = this;
    let index = 0;
    while (index < bounds.length && value > bounds[index]!) index++;
    cells[index]! += 1;
    cells[bounds.length + 1]! += value;
  }

  /** Appends the samples of this series. */
  collect(name: string, sharedLabels: Readonly<Record<string, string>>, samples: Sample[]): void {
    const bounds = this.#bounds;
    const sum = this.cells[bounds.length + 1]!;
    collectBuckets(name, sharedLabels, { bounds, counts: this.cells, sum }, samples);
  }
}

/** Counts of a histogram wherever they were made; entry `k` counts what is in no smaller bucket. */
export interface Buckets {
  readonly bounds: Bounds;
  /** At least one more than bounds. */
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
  samples.push(sampleOf(`${name}_sum`, buckets.sum, sharedLabels));
  samples.push(sampleOf(`${name}_count`, below, sharedLabels));
}
