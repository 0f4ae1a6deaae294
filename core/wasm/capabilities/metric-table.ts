// Metrics that a filter defines: cells in shared memory that all workers add to, so that a value costs no message and
// survives the worker. What a metric is called travels once, with the definition.
//
//   0                        MOST_METRICS * 8
//   | identity hash u64 …    | cells of metric 0: sum f64, 16 bucket counts u64 | cells of metric 1 | …
import { hash } from 'node:crypto';

export type MetricKind = 'counter' | 'gauge' | 'histogram';

/** What a filter says of a metric in `configure`. Metrics of one name differ in their labels. */
export interface MetricDefinition {
  readonly kind: MetricKind;
  readonly name: string;
  readonly help: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Of a histogram: upper bounds of its buckets, ascending; the last bucket has no bound and is not named. */
  readonly bounds: readonly number[];
}

/** Most metrics of one filter, each set of labels counted. */
export const MOST_METRICS = 64;
/** Most bounds of a histogram. */
export const MOST_BOUNDS = 15;

const CELLS = 1 + MOST_BOUNDS + 1;

export function createMetricTable(): SharedArrayBuffer {
  return new SharedArrayBuffer(MOST_METRICS * (1 + CELLS) * 8);
}

export class MetricTable {
  readonly #words: BigInt64Array;
  readonly #float = new Float64Array(1);
  readonly #bits = new BigInt64Array(this.#float.buffer);

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new BigInt64Array(buffer);
  }

  /** Place of a metric: the same for the same definition in every worker; -1 when the table is full. */
  place(definition: MetricDefinition): number {
    const { kind, name, labels, bounds } = definition;
    const identity = JSON.stringify([kind, name, Object.entries(labels), bounds]);
    const digest = hash('sha256', identity, 'buffer').readBigInt64LE(0) || 1n;
    for (let place = 0; place < MOST_METRICS; place += 1) {
      const found = Atomics.compareExchange(this.#words, place, 0n, digest);
      if (found === 0n || found === digest) return place;
    }
    return -1;
  }

  add(place: number, value: number): void {
    const cell = cellOf(place);
    for (;;) {
      const old = Atomics.load(this.#words, cell);
      if (Atomics.compareExchange(this.#words, cell, old, this.#toBits(this.#toNumber(old) + value)) === old)
        return;
    }
  }

  set(place: number, value: number): void {
    Atomics.store(this.#words, cellOf(place), this.#toBits(value));
  }

  observe(place: number, value: number, bounds: readonly number[]): void {
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket += 1;
    Atomics.add(this.#words, cellOf(place) + 1 + bucket, 1n);
    this.add(place, value);
  }

  /** Value of a counter or gauge, sum of a histogram. */
  value(place: number): number {
    return this.#toNumber(Atomics.load(this.#words, cellOf(place)));
  }

  /** Observations by bucket, one more than there are bounds. */
  buckets(place: number, bounds: readonly number[]): number[] {
    return Array.from({ length: bounds.length + 1 }, (_, bucket) =>
      Number(Atomics.load(this.#words, cellOf(place) + 1 + bucket)),
    );
  }

  #toNumber(bits: bigint): number {
    this.#bits[0] = bits;
    return this.#float[0]!;
  }

  #toBits(value: number): bigint {
    this.#float[0] = value;
    return this.#bits[0]!;
  }
}

function cellOf(place: number): number {
  return MOST_METRICS + place * CELLS;
}
