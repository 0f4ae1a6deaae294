// Finds the known name that an unknown one was probably meant to be.

/** Names longer than this are not compared: nobody mistypes them by two letters and the cost is quadratic. */
const MAX_LENGTH = 64;
/** Among more names none is looked for: thousands of wrong references times thousands of names would take minutes. */
const MAX_KNOWN = 200;

/** `; did you mean "X"?` for the nearest of `known` within a third of the letters, else an empty string. */
export function suggestion(unknown: string, known: readonly string[] | ReadonlySet<string>): string {
  if ((known instanceof Set ? known.size : (known as readonly string[]).length) > MAX_KNOWN) return '';
  let nearest = '';
  let nearestDistance = Math.max(1, Math.floor(unknown.length / 3)) + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - unknown.length) >= nearestDistance) continue;
    const distance = editDistance(unknown.toLowerCase(), candidate.toLowerCase());
    if (distance >= nearestDistance) continue;
    nearest = candidate;
    nearestDistance = distance;
  }
  return nearest === '' ? '' : `; did you mean ${JSON.stringify(nearest)}?`;
}

/** Letters to insert, remove, replace or swap with their neighbour until `a` is `b`. */
function editDistance(a: string, b: string): number {
  if (a.length > MAX_LENGTH || b.length > MAX_LENGTH) return Number.POSITIVE_INFINITY;
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(replaced, previous[j]! + 1, row[j - 1]! + 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j]!, beforePrevious[j - 2]! + 1);
    }
    beforePrevious = previous;
    previous = row;
  }
  return previous[b.length]!;
}
