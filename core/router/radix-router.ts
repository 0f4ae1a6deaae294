// The Router that answers from find-my-way: one radix tree of path shapes for every host pattern, and tables beside it for what needs
// none. Routes are taken from their index when a request first comes to where their paths begin. Methods and parameter
// names hang on the leaves, so a tree knows any method and sees each shape once.
import assert from 'node:assert/strict';
import findMyWay from 'find-my-way';
import type { PathPattern } from '../path-pattern.js';
import { depthBit, type HostPaths, pathKind } from '../path-place.js';
import { inSlices } from '../time-slices.js';
import { Claim, Leaf, PERCENT_IN_TREE, positionName } from './leaf.js';
import type { IndexedRoute, RouteIndex, RouteMatch, Router } from './router.js';

const NONE: RouteMatch<never> = Object.freeze({ kind: 'none' });
const NO_PARAMETERS: readonly string[] = Object.freeze([]);
const SLASH = 47;

// The tree is asked for paths only; all of them are filed under one method.
const TREE_METHOD = 'GET';
// `[^]+` because a parameter fills a segment and an empty segment has nothing to fill it with:
// `/users/` must not reach the route of `/users/:id`.
const ONE_SEGMENT = '([^]+)';

const ENCODED = /%[0-9a-f]{2}/gi;
const LOWER_ENCODED = /%(?:[a-f]|[0-9A-F][a-f])/;

export class RadixRouter<Route> implements Router<Route> {
  readonly #routes: RouteIndex<Route>;
  readonly #hasHosts: boolean;
  /** Those of host patterns that a request came to. */
  readonly #exactHosts = new Map<string, PathTable<Route>>();
  /** Keyed by what follows the first label: `example.com` for `*.example.com`. */
  readonly #wildcardHosts = new Map<string, PathTable<Route>>();
  readonly #anyHost: PathTable<Route> | null;

  constructor(routes: RouteIndex<Route>) {
    this.#routes = routes;
    this.#hasHosts = routes.hasHosts;
    this.#anyHost = this.#tableOf(null);
  }

  /** Likewise, and takes from the index, beside requests that are handled meanwhile, what a request should not wait for. */
  static async build<Route>(routes: RouteIndex<Route>): Promise<RadixRouter<Route>> {
    const router = new RadixRouter(routes);
    for (const { host, prefix } of routes.largePlaces) await router.#open(host)!.openInSlices(prefix);
    return router;
  }

  match(host: string, path: string, method: string): RouteMatch<Route> {
    if (path.charCodeAt(0) !== SLASH) return NONE;
    const literal = path.includes('%') && LOWER_ENCODED.test(path) ? upperEncoded(path) : path;
    if (this.#hasHosts) {
      const exact = this.#exactHosts.get(host) ?? this.#openExact(host);
      const match = exact === null ? NONE : exact.match(literal, method);
      if (match !== NONE) return match;
      const dot = host.indexOf('.');
      if (dot > 0) {
        const parent = host.slice(dot + 1);
        const wildcard = this.#wildcardHosts.get(parent) ?? this.#openWildcard(parent);
        const fallback = wildcard === null ? NONE : wildcard.match(literal, method);
        if (fallback !== NONE) return fallback;
      }
    }
    return this.#anyHost === null ? NONE : this.#anyHost.match(literal, method);
  }

  #open(host: string | null): PathTable<Route> | null {
    if (host === null) return this.#anyHost;
    if (!host.startsWith('*.')) return this.#exactHosts.get(host) ?? this.#openExact(host);
    const parent = host.slice(2);
    return this.#wildcardHosts.get(parent) ?? this.#openWildcard(parent);
  }

  /** Hosts that no route names leave nothing behind: clients invent them. */
  #openExact(host: string): PathTable<Route> | null {
    const table = host.startsWith('*') ? null : this.#tableOf(host);
    if (table !== null) this.#exactHosts.set(copyOf(host), table);
    return table;
  }

  #openWildcard(parent: string): PathTable<Route> | null {
    const table = this.#tableOf(`*.${parent}`);
    if (table !== null) this.#wildcardHosts.set(copyOf(parent), table);
    return table;
  }

  #tableOf(host: string | null): PathTable<Route> | null {
    const paths = this.#routes.pathsOf(host);
    return paths === null ? null : new PathTable(this.#routes, host, paths);
  }
}

/** What begins with certain literal segments, but for what is in the tree. */
class Place<Route> {
  /** Nothing follows them. */
  literal: Leaf<Route> | null = null;
  /** One parameter does. */
  collection: Leaf<Route> | null = null;
}

/** The paths of one host pattern. */
class PathTable<Route> {
  readonly #routes: RouteIndex<Route>;
  readonly #host: string | null;
  readonly #paths: HostPaths;
  /**
   * What was taken from the index, by prefix. Literal segments go before everything else, so a path that equals one without
   * parameters belongs to it, and then one whose last segment alone is a parameter to what stands before its slash. The tree need not be
   * asked for these: among thousands of routes this is one look-up, and the tree a dozen places in memory.
   */
  readonly #places = new Map<string, Place<Route>>();
  #tree: findMyWay.Instance<findMyWay.HTTPVersion.V1> | null = null;
  /** Names of parameters: most routes of an API have the same, and requests come to fewer places in memory. */
  readonly #names = new Map<string, readonly string[]>();
  /** What is in the tree, by shape. */
  readonly #planted = new Map<string, Leaf<Route>>();

  constructor(routes: RouteIndex<Route>, host: string | null, paths: HostPaths) {
    this.#routes = routes;
    this.#host = host;
    this.#paths = paths;
  }

  match(path: string, method: string): RouteMatch<Route> {
    const { hasLiterals, hasCollections, treeDepths } = this.#paths;
    if (hasLiterals) {
      const leaf = this.#placeAt(path)?.literal;
      if (leaf != null) return leaf.match(method, null);
    }
    if (hasCollections) {
      const slash = lastSlash(path);
      if (slash < path.length - 1) {
        const leaf = this.#placeAt(path.slice(0, slash))?.collection;
        if (leaf != null) return leaf.match(method, { p0: path.slice(slash + 1) });
      }
    }
    if (treeDepths === 0) return NONE;
    this.#plantUpTo(path);
    const found = this.#tree?.find(TREE_METHOD, escaped(path));
    return found ? (found.store as Leaf<Route>).match(method, found.params) : NONE;
  }

  /** Has all in the tree that a path may fit. */
  #plantUpTo(path: string): void {
    const { treeDepths } = this.#paths;
    let depth = 0;
    for (let end = 0; end < path.length; end++) {
      if (path.charCodeAt(end) !== SLASH) continue;
      if ((treeDepths & depthBit(depth)) !== 0) this.#placeAt(path.slice(0, end));
      depth += 1;
    }
  }

  #placeAt(prefix: string): Place<Route> | null {
    return this.#places.get(prefix) ?? this.#open(prefix);
  }

  /** Prefixes that no route has leave nothing behind. */
  #open(prefix: string): Place<Route> | null {
    let place: Place<Route> | null = null;
    for (const indexed of this.#routes.under(this.#host, prefix)) {
      place ??= new Place();
      this.#add(indexed, place);
    }
    if (place !== null) this.#places.set(copyOf(prefix), place);
    return place;
  }

  async openInSlices(prefix: string): Promise<void> {
    const place = new Place<Route>();
    await inSlices(this.#routes.under(this.#host, prefix), (indexed) => this.#add(indexed, place));
    this.#places.set(prefix, place);
  }

  #add(indexed: IndexedRoute<Route>, place: Place<Route>): void {
    const { pattern } = indexed;
    const claim = new Claim(indexed, this.#namesOf(pattern));
    const kind = pathKind(pattern);
    const leaf = kind === 'tree' ? this.#planted.get(pattern.shape) : place[kind];
    if (leaf != null) leaf.add(claim);
    else if (kind === 'tree') this.#plant(pattern, new Leaf(claim));
    else place[kind] = new Leaf(claim);
  }

  #namesOf({ parameters }: PathPattern): readonly string[] {
    const key = parameters.join('/');
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    this.#names.set(key, parameters);
    return parameters;
  }

  #plant(pattern: PathPattern, leaf: Leaf<Route>): void {
    this.#tree ??= findMyWay({
      caseSensitive: true,
      // The length of a target is the listener's to bound.
      maxParamLength: Number.MAX_SAFE_INTEGER,
      querystringParser: () => NO_PARAMETERS,
    });
    let path = '';
    let index = 0;
    for (const segment of pattern.segments) {
      if (segment.kind === 'literal') path += `/${escaped(segment.text).replaceAll(':', '::')}`;
      else if (segment.kind === 'parameter') path += `/:${positionName(index++)}${ONE_SEGMENT}`;
      else path += '/*';
    }
    this.#tree.on(TREE_METHOD, path, neverCalled, leaf);
    this.#planted.set(pattern.shape, leaf);
  }
}

/** A text of its own: a piece of another one, as what is cut out of requests, keeps that alive. */
function copyOf(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

/** Where the last segment begins, of a path. `lastIndexOf` calls the runtime. */
function lastSlash(path: string): number {
  let at = path.length - 1;
  while (path.charCodeAt(at) !== SLASH) at--;
  return at;
}

function upperEncoded(path: string): string {
  return path.replace(ENCODED, (encoded) => encoded.toUpperCase());
}

/**
 * A path, or the literal of a pattern, as the tree is told it: without characters that it would read as encoding or as the
 * end of the path. What stands for `%` it compares like any other character, and hands back unread.
 */
function escaped(path: string): string {
  let text = path;
  if (text.includes('%')) text = text.replaceAll('%', PERCENT_IN_TREE);
  if (text.includes('?')) text = text.replaceAll('?', '%3F');
  if (text.includes('#')) text = text.replaceAll('#', '%23');
  return text;
}

function neverCalled(): void {
  assert.fail('the tree is asked for leaves, never for requests');
}
