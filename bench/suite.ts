// What a suite of the bench is, and what it finds: tables, charts and ratios, in one form for the terminal, for reports
// and for comparisons.
import type { Spread } from './harness/statistics.js';

/** One part of the bench, which runs alone as well: `npm run bench -- NAME`. */
export interface Suite {
  /** What the command line calls it. */
  readonly name: string;
  readonly title: string;
  /** One paragraph on what is measured and how, for somebody who reads nothing else. */
  readonly about: string;
  /**
   * Measures. What it starts, it ends, also when it fails.
   *
   * @throws Error when nothing can be measured at all; a peer that is missing is named in `missing` instead
   */
  run(run: Run): Promise<Findings>;
}

/** What a suite may ask of the run that it is part of. */
export interface Run {
  /** Under a minute instead of under five, for somebody who waits; figures are coarser, no part is left out. */
  readonly quick: boolean;
  /** How long a suite is asked to take that can take any time; null where nobody said. */
  readonly minutes: number | null;
  /** Only what is installed or was fetched before; nothing is fetched. */
  readonly offline: boolean;
  /**
   * Says what is measured now. `done` of `total` steps are behind us.
   *
   * @throws InterruptedError when somebody ended the run; a suite lets it pass, and ends what it started
   */
  progress(done: number, total: number, step: string): void;
}

export interface Findings {
  readonly tables: readonly Table[];
  readonly charts: readonly Chart[];
  /** What `bench/baseline.json` keeps and `compare` compares: ratios of things that were measured in turn, never times. */
  readonly ratios: readonly Ratio[];
  /** What could not be measured, and what to do about it, e.g. "Caddy is missing: apt-get install caddy". */
  readonly missing: readonly string[];
  /** What a reader has to know to read the figures, a sentence each. */
  readonly notes: readonly string[];
}

/** `count` has no unit; `x` is a ratio. Times and sizes are shown as they are, not scaled. */
export type Unit = 'ns' | 'us' | 'ms' | 's' | 'KiB' | 'MiB' | 'MiB/s' | '1/s' | 'count' | 'x';

export interface Column {
  readonly name: string;
  readonly unit: Unit;
  /** Behind the point. */
  readonly digits: number;
}

/** A figure, or several of one thing with their middle; null where there is none. */
export type Cell = number | Spread | null;

export interface Table {
  readonly title: string;
  /** Heads the column of names, e.g. `scenario`. */
  readonly head: string;
  readonly columns: readonly Column[];
  readonly rows: readonly { readonly name: string; readonly cells: readonly Cell[] }[];
}

/**
 * `bars`: one value for each label of each series. `lines`: points of numbers; the axis across is logarithmic where that is said,
 * and the one of values where they span more than a decade.
 */
export type Chart = Bars | Lines;

export interface Bars {
  readonly kind: 'bars';
  readonly title: string;
  readonly unit: Unit;
  readonly labels: readonly string[];
  /** Values in the order of the labels; null where there is none. */
  readonly series: readonly { readonly name: string; readonly values: readonly Cell[] }[];
}

export interface Lines {
  readonly kind: 'lines';
  readonly title: string;
  /** What the horizontal axis counts, e.g. `routes`. */
  readonly across: string;
  readonly isAcrossLogarithmic: boolean;
  readonly unit: Unit;
  readonly series: readonly { readonly name: string; readonly points: readonly Point[] }[];
}

export interface Point {
  readonly x: number;
  readonly y: number | Spread;
}

/** Two things that were measured in turn, next to each other. */
export interface Ratio {
  /** The same for ever, since the baseline knows it by this: `SUITE/SUBJECT/PEER`, e.g. `gateway/plain/nginx`. */
  readonly id: string;
  /** What it says, e.g. `CPU per request, plain proxy, next to nginx`. */
  readonly name: string;
  /** Of the pairs. */
  readonly value: Spread;
  /** What it should not exceed; null where nothing was promised. */
  readonly atMost: number | null;
}
