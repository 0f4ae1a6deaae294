// What became of a set of requests: whether some were added, some taken away, or nobody can tell.

/** Bits; `CHANGED` is both, and stands also for what cannot be told. */
export const SAME = 0;
export const WIDER = 1;
export const NARROWER = 2;
export const CHANGED = 3;

export type Verdict = typeof SAME | typeof WIDER | typeof NARROWER | typeof CHANGED;
export type VerdictName = 'same' | 'wider' | 'narrower' | 'changed';

const NAMES: readonly VerdictName[] = ['same', 'wider', 'narrower', 'changed'];

export function nameOf(verdict: Verdict): VerdictName {
  return NAMES[verdict]!;
}

export function both(a: Verdict, b: Verdict): Verdict {
  return (a | b) as Verdict;
}

/** What a condition that is denied says. */
export function reversed(verdict: Verdict): Verdict {
  return (((verdict & 1) << 1) | (verdict >> 1)) as Verdict;
}

/** Collects verdicts, each with what it is about. */
export class Verdicts {
  readonly reasons: { readonly verdict: VerdictName; readonly what: string }[] = [];
  #all: Verdict = SAME;

  get all(): Verdict {
    return this.#all;
  }

  add(verdict: Verdict, what: string): void {
    if (verdict === SAME) return;
    this.#all = both(this.#all, verdict);
    this.reasons.push({ verdict: nameOf(verdict), what });
  }
}

/** Numbers of a limit: a higher one lets more through. Undefined is no limit. */
export function compareMost(before: unknown, after: unknown): Verdict {
  if (before === after) return SAME;
  if (before === undefined) return NARROWER;
  if (after === undefined) return WIDER;
  if (typeof before !== 'number' || typeof after !== 'number') return CHANGED;
  return after > before ? WIDER : NARROWER;
}

/** Sets of what is let through. */
export function compareSets(before: ReadonlySet<unknown>, after: ReadonlySet<unknown>): Verdict {
  const added = [...after].some((item) => !before.has(item));
  const removed = [...before].some((item) => !after.has(item));
  return ((added ? WIDER : SAME) | (removed ? NARROWER : SAME)) as Verdict;
}

/** Equal as JSON, members in any order. */
export function isSameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every(
    (key) =>
      Object.hasOwn(b, key) &&
      isSameJson((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
}

/** A text that is the same for equal JSON. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join()}}`;
}
