// Where routes are filed: by host pattern, and by the literal segments that their paths begin with. Who lays routes out and who
// looks them up must agree on it. Floor 0, because those two rooms do not know each other.
import type { PathPattern } from './path-pattern.js';

/** Stands for routes of any host. No host pattern, so that it cannot be mistaken for one. */
export const ANY_HOST = '*';

/**
 * `literal`: no parameters. `collection`: the last segment alone is one, so of the paths that it fits none is anybody else's
 * but a literal's. `tree`: all others.
 */
export type PathKind = 'literal' | 'collection' | 'tree';

/** What paths the routes of one host pattern have. */
export interface HostPaths {
  readonly hasLiterals: boolean;
  readonly hasCollections: boolean;
  /** See `depthBit`; of the prefixes of those in the tree. */
  readonly treeDepths: number;
}

/** A place with so many routes in the tree that a request should not wait for them to be planted. */
export interface LargePlace {
  /** A host pattern; null: any host. */
  readonly host: string | null;
  readonly prefix: string;
}

/** More than so many take a millisecond to be planted. */
const LARGE = 32;
const LAST_BIT = 31;

export function pathKind({ segments, parameters, depth }: PathPattern): PathKind {
  if (parameters.length === 0) return 'literal';
  const isCollection = depth === segments.length - 1 && segments[depth]!.kind === 'parameter';
  return isCollection ? 'collection' : 'tree';
}

/** A number of segments as a bit; the last one stands for all that are as many or more. */
export function depthBit(depth: number): number {
  return 1 << Math.min(depth, LAST_BIT);
}

/** Paths of one host pattern, looked at one by one. */
export class PathSurvey {
  #hasLiterals = false;
  #hasCollections = false;
  #treeDepths = 0;
  /** Prefixes in the tree, with their number. */
  readonly #planted = new Map<string, number>();

  add(pattern: PathPattern): void {
    const kind = pathKind(pattern);
    if (kind === 'literal') this.#hasLiterals = true;
    else if (kind === 'collection') this.#hasCollections = true;
    else {
      this.#treeDepths |= depthBit(pattern.depth);
      this.#planted.set(pattern.prefix, (this.#planted.get(pattern.prefix) ?? 0) + 1);
    }
  }

  get paths(): HostPaths {
    return {
      hasLiterals: this.#hasLiterals,
      hasCollections: this.#hasCollections,
      treeDepths: this.#treeDepths,
    };
  }

  largePlaces(host: string | null): LargePlace[] {
    return Array.from(this.#planted).flatMap(([prefix, count]) => (count > LARGE ? [{ host, prefix }] : []));
  }
}
