// Which lines differ between two texts, as `diff -u` writes it. Patience diff: lines that each text has once are the
// frame, what lies between them is compared by longest common subsequence, or replaced as a whole when it is large.

type Edit = { readonly kind: ' ' | '-' | '+'; readonly line: string };

/** Most cells of the table of one comparison. */
const MOST_CELLS = 1_000_000;
const CONTEXT = 3;

/** Unified diff with three lines of context; empty for equal texts. */
export function lineDiff(before: string, after: string, names: { before: string; after: string }): string {
  const edits: Edit[] = [];
  compare(linesOf(before), linesOf(after), edits);
  const hunks = hunksOf(edits);
  if (hunks.length === 0) return '';
  return `--- ${names.before}\n+++ ${names.after}\n${hunks.join('')}`;
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') {
    lines.pop();
    return lines;
  }
  // As diff says it: otherwise texts that differ in their last byte would look the same.
  lines.push(`${lines.pop()}\n\\ No newline at end of file`);
  return lines;
}

function compare(before: readonly string[], after: readonly string[], edits: Edit[]): void {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  for (const line of before.slice(0, head)) edits.push({ kind: ' ', line });
  compareMiddle(before.slice(head, before.length - tail), after.slice(head, after.length - tail), edits);
  for (const line of before.slice(before.length - tail)) edits.push({ kind: ' ', line });
}

function compareMiddle(before: readonly string[], after: readonly string[], edits: Edit[]): void {
  const frame = before.length === 0 || after.length === 0 ? [] : commonFrame(before, after);
  if (frame.length === 0) {
    compareLeaf(before, after, edits);
    return;
  }
  let [oldFrom, newFrom] = [0, 0];
  for (const [oldAt, newAt] of frame) {
    compare(before.slice(oldFrom, oldAt), after.slice(newFrom, newAt), edits);
    edits.push({ kind: ' ', line: before[oldAt]! });
    [oldFrom, newFrom] = [oldAt + 1, newAt + 1];
  }
  compare(before.slice(oldFrom), after.slice(newFrom), edits);
}

/** Places of lines that both have exactly once, as many as stand in the same order in both. */
function commonFrame(before: readonly string[], after: readonly string[]): [number, number][] {
  const inAfter = placesOfSingles(after);
  const pairs = [...placesOfSingles(before)]
    .flatMap(([line, oldAt]): [number, number][] => {
      const newAt = inAfter.get(line);
      return newAt === undefined ? [] : [[oldAt, newAt]];
    })
    .sort(([a], [b]) => a - b);
  return longestRising(pairs);
}

function placesOfSingles(lines: readonly string[]): Map<string, number> {
  const places = new Map<string, number>();
  for (const [at, line] of lines.entries()) places.set(line, places.has(line) ? -1 : at);
  for (const [line, at] of places) if (at === -1) places.delete(line);
  return places;
}

/** Longest subsequence whose second members rise; the first ones do. By patience sorting, O(n log n). */
function longestRising(pairs: readonly [number, number][]): [number, number][] {
  const ends: number[] = [];
  const previous: number[] = [];
  for (const [index, [, place]] of pairs.entries()) {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (pairs[ends[middle]!]![1] < place) low = middle + 1;
      else high = middle;
    }
    previous[index] = low === 0 ? -1 : ends[low - 1]!;
    ends[low] = index;
  }
  const rising: [number, number][] = [];
  for (let at = ends.at(-1) ?? -1; at !== -1; at = previous[at]!) rising.push(pairs[at]!);
  return rising.reverse();
}

function compareLeaf(before: readonly string[], after: readonly string[], edits: Edit[]): void {
  if ((before.length + 1) * (after.length + 1) > MOST_CELLS) {
    for (const line of before) edits.push({ kind: '-', line });
    for (const line of after) edits.push({ kind: '+', line });
    return;
  }
  const width = after.length + 1;
  // Length of the longest common subsequence of what follows each pair of places.
  const lengths = new Uint32Array((before.length + 1) * width);
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      lengths[i * width + j] =
        before[i] === after[j]
          ? lengths[(i + 1) * width + j + 1]! + 1
          : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!);
    }
  }
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      edits.push({ kind: ' ', line: before[i]! });
      i++;
      j++;
    } else if (
      j === after.length ||
      (i < before.length && lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!)
    ) {
      edits.push({ kind: '-', line: before[i++]! });
    } else {
      edits.push({ kind: '+', line: after[j++]! });
    }
  }
}

/** Changes with their context; those whose contexts touch are one. */
function hunksOf(edits: readonly Edit[]): string[] {
  const changes = edits.flatMap(({ kind }, at) => (kind === ' ' ? [] : [at]));
  const ranges: { from: number; to: number }[] = [];
  for (const at of changes) {
    const last = ranges.at(-1);
    const to = Math.min(edits.length, at + CONTEXT + 1);
    if (last !== undefined && at - CONTEXT <= last.to) last.to = to;
    else ranges.push({ from: Math.max(0, at - CONTEXT), to });
  }
  const hunks: string[] = [];
  let [oldLine, newLine, at] = [1, 1, 0];
  const skip = (until: number): void => {
    for (; at < until; at++) {
      if (edits[at]!.kind !== '+') oldLine++;
      if (edits[at]!.kind !== '-') newLine++;
    }
  };
  for (const { from, to } of ranges) {
    skip(from);
    const part = edits.slice(from, to);
    const oldCount = part.filter(({ kind }) => kind !== '+').length;
    const newCount = part.filter(({ kind }) => kind !== '-').length;
    const head = `@@ -${rangeOf(oldLine, oldCount)} +${rangeOf(newLine, newCount)} @@\n`;
    hunks.push(head + part.map(({ kind, line }) => `${kind}${line}\n`).join(''));
    skip(to);
  }
  return hunks;
}

/** Of no lines, the line before which they would stand. */
function rangeOf(first: number, count: number): string {
  const from = count === 0 ? first - 1 : first;
  return count === 1 ? String(from) : `${from},${count}`;
}
