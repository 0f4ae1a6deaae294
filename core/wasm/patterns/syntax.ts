// What a pattern is once it is parsed, and how one is refused. What it means to bytes is nfa.ts.

/** Code points from `min` to `max`, both included. */
export interface CodePoints {
  readonly min: number;
  readonly max: number;
}

/** Conditions on a place between two characters. Word characters are `A-Z`, `a-z`, `0-9` and `_`. */
export type PatternEdge = 'start' | 'end' | 'word' | 'not-word';

/** A pattern in regular parts only: what no automaton can hold is refused by the parser. */
export type PatternNode =
  /** One character of a set. */
  | { readonly kind: 'character'; readonly set: readonly CodePoints[] }
  | { readonly kind: 'sequence'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly options: readonly PatternNode[] }
  /** `most` may be Infinity. */
  | { readonly kind: 'repeat'; readonly part: PatternNode; readonly least: number; readonly most: number }
  | { readonly kind: 'edge'; readonly edge: PatternEdge };

/** Where a match has to lie: anywhere, from the first byte on, or from the first byte to the last. */
export type PatternAnchor = 'none' | 'start' | 'both';

/** A pattern of a set. */
export interface SetPattern {
  readonly node: PatternNode;
  readonly anchor: PatternAnchor;
}

export interface PatternFlags {
  /** `i`: characters of either case, as JavaScript folds them with its flag `u`. */
  readonly ignoreCase: boolean;
  /** `s`: a dot is any character, line ends as well. */
  readonly dotAll: boolean;
}

/** Patterns that cannot be compiled, with a message for who wrote them. */
export class PatternError extends Error {
  override readonly name = 'PatternError';

  /** @param pattern index of the pattern; -1 when it is not about one of them */
  constructor(
    message: string,
    readonly pattern: number,
  ) {
    super(message);
  }
}
