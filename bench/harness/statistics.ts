// What is said of values that were measured several times.

/** The middle one, or the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The middle of some values, and the least and the greatest of them. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) };
}

/**
 * What two things that were measured in turn come to next to each other, pair by pair: each pair saw the same machine,
 * so what disturbed both cancels out.
 */
export function pairwise(
  left: readonly number[],
  right: readonly number[],
  compare: (left: number, right: number) => number,
): Spread {
  return spreadOf(left.map((value, index) => compare(value, right[index]!)));
}
