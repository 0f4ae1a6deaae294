// The Router that answers from find-my-way: one radix tree of path shapes for every host pattern.
// Methods and parameter names hang on the leaves, so a tree knows any method and sees each shape once.
import assert from 'node:assert/strict';
import findMyWay from 'find-my-way';
import { GatewayError } from '../errors.js';
import { type PathPattern, parsePathPattern } from '../path-pattern.js';
import { inSlices } from '../time-slices.js';
import type { RouteMatch, RouteMatchOptions, Router } from './router.js';

/** What a router is built from: the match of a route, and the value to answer with. */
export type RouteEntry<Route> = RouteMatchOptions & { readonly route: Route };

const NONE: RouteMatch<never> = Object.freeze({ kind: 'none' });
const NO_PARAMETERS: readonly string[] = Object.freeze([]);
const SLASH = 47;

// The tree is asked for paths only; all of them are filed under one method.
const TREE_METHOD = 'GET';
// `[^]+` because a parameter fills a segment and an empty segment has nothing to fill it with:
// `/users/` must not reach the route of `/users/:id`.
const ONE_SEGMENT = '([^]+)';

/** Characters that the tree would read as encoding or as the end of the path. */
const SPECIAL = /[%?#]/;

export class RadixRouter<Route> implements Router<Route> {
  readonly #exactHosts = new Map<string, PathTable<Route>>();
  /** Keyed by what follows the first label: `example.com` for `*.example.com`. */
  readonly #wildcardHosts = new Map<string, PathTable<Route>>();
  readonly #anyHost = new PathTable<Route>();

  /**
   * Built once; entries without hosts (`[]`) or methods (`[]`) get no request.
   * @throws GatewayError SLUICE_ROUTE_PATTERN for a path that is no pattern, SLUICE_CONFIG_DUPLICATE when
   *   two entries claim the same host, shape of path and method
   */
  constructor(entries: readonly RouteEntry<Route>[]) {
    for (const entry of entries) this.#add(entry);
    for (const leaf of this.#leaves()) leaf.seal();
  }

  /** Likewise, beside requests that are handled meanwhile. @throws as the constructor does */
  static async build<Route>(entries: Iterable<RouteEntry<Route>>): Promise<RadixRouter<Route>> {
    const router = new RadixRouter<Route>([]);
    await inSlices(entries, (entry) => router.#add(entry));
    await inSlices(router.#leaves(), (leaf) => leaf.seal());
    return router;
  }

  match(host: string, path: string, method: string): RouteMatch<Route> {
    if (path.charCodeAt(0) !== SLASH) return NONE;
    let literal = path;
    let escaped = path;
    if (SPECIAL.test(path)) {
      literal = path.replace(/%[0-9a-f]{2}/gi, (encoded) => encoded.toUpperCase());
      // Behind `%25` the tree compares the encoding byte by byte and hands it back unread.
      escaped = literal.replaceAll('%', '%25').replaceAll('?', '%3F').replaceAll('#', '%23');
    }
    const exact = this.#exactHosts.get(host);
    if (exact !== undefined) {
      const match = exact.match(literal, escaped, method);
      if (match !== NONE) return match;
    }
    if (this.#wildcardHosts.size > 0) {
      const dot = host.indexOf('.');
      const wildcard = dot > 0 ? this.#wildcardHosts.get(host.slice(dot + 1)) : undefined;
      if (wildcard !== undefined) {
        const match = wildcard.match(literal, escaped, method);
        if (match !== NONE) return match;
      }
    }
    return this.#anyHost.match(literal, escaped, method);
  }

  #add(entry: RouteEntry<Route>): void {
    const pattern = parsePathPattern(entry.path);
    if (entry.methods.length === 0) return;
    if (entry.hosts === null) this.#anyHost.add(pattern, entry);
    else for (const host of entry.hosts) this.#tableOf(host).add(pattern, entry);
  }

  *#leaves(): Iterable<Leaf<Route>> {
    for (const tables of [this.#exactHosts, this.#wildcardHosts])
      for (const table of tables.values()) yield* table.leaves();
    yield* this.#anyHost.leaves();
  }

  #tableOf(host: string): PathTable<Route> {
    const wildcard = host.startsWith('*.');
    const tables = wildcard ? this.#wildcardHosts : this.#exactHosts;
    const key = wildcard ? host.slice(2) : host;
    let table = tables.get(key);
    if (table === undefined) {
      table = new PathTable<Route>();
      tables.set(key, table);
    }
    return table;
  }
}

/** The paths of one host pattern. */
class PathTable<Route> {
  readonly #leaves = new Map<string, Leaf<Route>>();
  /**
   * Paths without parameters. Literal segments go before everything else, so a path that equals one of
   * these belongs to it and the tree need not be asked.
   */
  readonly #literals = new Map<string, Leaf<Route>>();
  #tree: findMyWay.Instance<findMyWay.HTTPVersion.V1> | null = null;

  add(pattern: PathPattern, entry: RouteEntry<Route>): void {
    let leaf = this.#leaves.get(pattern.shape);
    if (leaf === undefined) {
      leaf = new Leaf();
      this.#leaves.set(pattern.shape, leaf);
      if (pattern.parameters.length === 0) this.#literals.set(pattern.shape, leaf);
      else this.#plant(pattern, leaf);
    }
    for (const method of entry.methods) leaf.add(method, pattern, entry);
  }

  leaves(): Iterable<Leaf<Route>> {
    return this.#leaves.values();
  }

  match(literal: string, escaped: string, method: string): RouteMatch<Route> {
    const leaf = this.#literals.get(literal);
    if (leaf !== undefined) return leaf.match(method, null);
    const found = this.#tree?.find(TREE_METHOD, escaped);
    return found ? (found.store as Leaf<Route>).match(method, found.params) : NONE;
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
      if (segment.kind === 'literal') path += `/${segment.text.replaceAll(':', '::')}`;
      else if (segment.kind === 'parameter') path += `/:${positionName(index++)}${ONE_SEGMENT}`;
      else path += '/*';
    }
    this.#tree.on(TREE_METHOD, path, neverCalled, leaf);
  }
}

/** What is declared for one shape of path: a route for each method. */
class Leaf<Route> {
  readonly #claims = new Map<string, Claim<Route>>();
  #refusal: RouteMatch<Route> = NONE;

  add(method: string, pattern: PathPattern, entry: RouteEntry<Route>): void {
    const other = this.#claims.get(method);
    if (other !== undefined) {
      throw new GatewayError(
        'SLUICE_CONFIG_DUPLICATE',
        `routes "${other.id}" and "${entry.id}" both claim ${method} ${entry.path}`,
      );
    }
    this.#claims.set(method, new Claim(pattern, entry));
  }

  seal(): void {
    const get = this.#claims.get('GET');
    // RFC 9110 §9.3.2: what answers GET answers HEAD.
    if (get !== undefined && !this.#claims.has('HEAD')) this.#claims.set('HEAD', get);
    const allow = Object.freeze([...this.#claims.keys()].sort());
    this.#refusal = Object.freeze({ kind: 'method', allow });
  }

  match(method: string, values: TreeParameters | null): RouteMatch<Route> {
    const claim = this.#claims.get(method);
    return claim === undefined ? this.#refusal : claim.match(values);
  }
}

type TreeParameters = Readonly<Record<string, string | undefined>>;

/** A route on a leaf, with the names that it gives to the parameters there. */
class Claim<Route> {
  readonly id: string;
  readonly #route: Route;
  readonly #names: readonly string[];
  /** Name of each parameter in the tree, which is shared with routes that call it something else. */
  readonly #positions: readonly string[];
  readonly #withoutParameters: RouteMatch<Route>;

  constructor(pattern: PathPattern, entry: RouteEntry<Route>) {
    this.id = entry.id;
    this.#route = entry.route;
    this.#names = pattern.parameters;
    this.#positions = pattern.parameters.map((name, index) => (name === '*' ? name : positionName(index)));
    this.#withoutParameters = Object.freeze({ kind: 'found', route: entry.route, params: NO_PARAMETERS });
  }

  match(values: TreeParameters | null): RouteMatch<Route> {
    if (values === null) return this.#withoutParameters;
    const params: string[] = [];
    for (let i = 0; i < this.#names.length; i++) {
      const value = values[this.#positions[i]!]!;
      params.push(this.#names[i]!, value.includes('%') ? decodePercent(value) : value);
    }
    return { kind: 'found', route: this.#route, params };
  }
}

function positionName(index: number): string {
  return `p${index}`;
}

/**
 * Bytes that are not UTF-8 become U+FFFD, as in the URL standard. Left as they were sent, they could not be
 * told from an encoded percent sign.
 */
function decodePercent(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value.replace(/(?:%[0-9a-f]{2})+/gi, (run) =>
      Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'),
    );
  }
}

function neverCalled(): void {
  assert.fail('the tree is asked for leaves, never for requests');
}
