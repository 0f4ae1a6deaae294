// The paths that a set of patterns can tell apart. Which pattern a path belongs to depends on the literals that it has
// and on nothing else, so one path of each region stands for all of them.
import type { PathPattern, PathSegment } from '../../path-pattern.js';

/** Paths that every pattern treats alike. */
export interface PathRegion {
  /** A literal in canonical form, or null for any segment that no pattern has as a literal there. */
  readonly segments: readonly (string | null)[];
  /** Any number of further segments follows, at least one. */
  readonly hasRest: boolean;
}

/** More than this take longer than anybody waits; patterns whose literals and parameters cross have so many. */
const MOST_REGIONS = 200_000;

/** The regions, the less specific ones first. @throws RangeError when the patterns cross too often */
export function pathRegions(patterns: readonly PathPattern[]): PathRegion[] {
  const regions: PathRegion[] = [];
  const open: State[] = [{ segments: [], live: patterns, hasWildcard: false }];
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    if (regions.length > MOST_REGIONS)
      throw new RangeError('the paths cross each other too often to be compared');
    const { segments, live, hasWildcard } = state;
    const depth = segments.length;
    if (depth > 0 && (hasWildcard || live.some((pattern) => pattern.segments.length === depth)))
      regions.push({ segments, hasRest: false });
    const next = live.filter((pattern) => pattern.segments.length > depth);
    const literals = new Set(next.flatMap((pattern) => literalOf(pattern.segments[depth]!)));
    for (const literal of [...literals].sort().reverse()) open.push(step(next, depth, literal, state));
    const others = step(next, depth, null, state);
    if (others.live.length > 0) open.push(others);
    else if (others.hasWildcard) regions.push({ segments, hasRest: true });
  }
  return regions;
}

/** Segments so far, and the patterns that they fit. */
interface State {
  readonly segments: readonly (string | null)[];
  readonly live: readonly PathPattern[];
  /** A pattern among those before has taken the rest of the path, whatever it is. */
  readonly hasWildcard: boolean;
}

function step(patterns: readonly PathPattern[], depth: number, literal: string | null, before: State): State {
  const fitting = patterns.filter(({ segments }) => {
    const segment = segments[depth]!;
    return segment.kind !== 'literal' || segment.text === literal;
  });
  return {
    segments: [...before.segments, literal],
    live: fitting.filter(({ segments }) => segments[depth]!.kind !== 'wildcard'),
    hasWildcard: before.hasWildcard || fitting.some(({ segments }) => segments[depth]!.kind === 'wildcard'),
  };
}

function literalOf(segment: PathSegment): string[] {
  return segment.kind === 'literal' ? [segment.text] : [];
}

/** A path of the region. @param fresh a segment that no pattern has as a literal */
export function witnessOf({ segments, hasRest }: PathRegion, fresh: string): string {
  return `/${[...segments, ...(hasRest ? [null] : [])].map((segment) => segment ?? fresh).join('/')}`;
}
