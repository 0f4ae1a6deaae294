// Which ratios moved between two runs, and which only look as if they had.
import type { Spread } from '../harness/statistics.js';
import type { RatioSet } from './ratio-set.js';

export interface Comparison {
  /** Beyond noise, the worst first. */
  readonly moved: readonly Change[];
  /** Within noise. */
  readonly still: readonly Change[];
  /** Ids that only the later run has, of suites that both have. */
  readonly added: readonly string[];
  /** Ids that only the earlier run has, likewise. */
  readonly gone: readonly string[];
  /** Names of suites that one of them has only, or that failed. */
  readonly apart: readonly string[];
}

export interface Change {
  readonly id: string;
  readonly before: Spread;
  readonly after: Spread;
  /** How much greater the median is: 0.1 is a tenth more, which is worse. */
  readonly by: number;
}

/**
 * How far medians have to be from each other, beside ranges that do not touch.
 *
 * A ratio is the median of pairs, and least and most of them are its range. When nothing changed, each order of the pairs of
 * both runs is as likely as any other, so the ranges of five pairs and five lie apart in 2 of 252 cases. Two pairs, as a quick
 * run has them, say less of how far a third may lie: the ranges of two and two lie apart in 2 of 6 cases. Taken five times
 * as wide they do so in one of forty, next to each other as next to a full run, whether pairs scatter evenly or some are
 * disturbed.
 *
 * Pairs of one run also share what the next run has anew: where code and data lie, what the compiler made of it. No range
 * within a run shows that, so there is a floor, below which nothing counts however steady the pairs were.
 */
export const FLOOR = { full: 0.05, quick: 0.1 } as const;

/** What the range of a quick run is widened by at either end, in its own width. */
const QUICK_MARGIN = 2;

export function compareRatios(before: RatioSet, after: RatioSet): Comparison {
  const names = [...new Set([...before.suites.keys(), ...after.suites.keys()])];
  const [moved, still, added, gone, apart] = [[], [], [], [], []] as [
    Change[],
    Change[],
    string[],
    string[],
    string[],
  ];
  for (const name of names) {
    const [earlier, later] = [before.suites.get(name), after.suites.get(name)];
    if (earlier === undefined || later === undefined || earlier.hasFailed || later.hasFailed) {
      apart.push(name);
      continue;
    }
    added.push(...[...later.ratios.keys()].filter((id) => !earlier.ratios.has(id)));
    for (const [id, value] of earlier.ratios) {
      const now = later.ratios.get(id);
      if (now === undefined) gone.push(id);
      else {
        const change = { id, before: value, after: now, by: now.median / value.median - 1 };
        (hasMoved(change, before, after) ? moved : still).push(change);
      }
    }
  }
  moved.sort((a, b) => b.by - a.by);
  return { moved, still, added, gone, apart };
}

/** As great as the coarser of the two needs it. */
export function floorOf(before: RatioSet, after: RatioSet): number {
  return before.quick || after.quick ? FLOOR.quick : FLOOR.full;
}

function hasMoved(change: Change, before: RatioSet, after: RatioSet): boolean {
  const [earlier, later] = [rangeOf(change.before, before), rangeOf(change.after, after)];
  const areApart = later.least > earlier.most || later.most < earlier.least;
  return areApart && !(Math.abs(change.by) <= floorOf(before, after));
}

function rangeOf({ least, most }: Spread, { quick }: RatioSet): Omit<Spread, 'median'> {
  const margin = quick ? (most - least) * QUICK_MARGIN : 0;
  return { least: least - margin, most: most + margin };
}
