// The ratios of one run, from its report or from the baseline: what a comparison has two of.
import type { Spread } from '../harness/statistics.js';

export interface RatioSet {
  /** The file that they are from. */
  readonly file: string;
  /** Of a quick run: two pairs instead of five. */
  readonly quick: boolean;
  /** By name. */
  readonly suites: ReadonlyMap<string, SuiteRatios>;
}

export interface SuiteRatios {
  /** When, which commit, on which machine. */
  readonly origin: string;
  /** By id. */
  readonly ratios: ReadonlyMap<string, Spread>;
  /** Why some or all are not there, and what makes them doubtful; a sentence each. */
  readonly remarks: readonly string[];
  readonly hasFailed: boolean;
}
