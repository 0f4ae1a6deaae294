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

/** Neither a path nor a pattern may have it. */
const PERCENT_IN_TREE = '\x01';
const ENCODED = /%[0-9a-f]{2}/gi;
const LOWER_ENCODED = /%(?:[a-f]|[0-9A-F][a-f])/;

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
  }

  /** Likewise, beside requests that are handled meanwhile. @throws as the constructor does */
  static async build<Route>(entries: Iterable<RouteEntry<Route>>): Promise<RadixRouter<Route>> {
    const router = new RadixRouter<Route>([]);
    await inSlices(entries, (entry) => router.#add(entry));
    return router;
  }

  match(host: string, path: string, method: string): RouteMatch<Route> {
    if (path.charCodeAt(0) !== SLASH) return NONE;
    const literal = path.includes('%') && LOWER_ENCODED.test(path) ? upperEncoded(path) : path;
    const exact = this.#exactHosts.size === 0 ? undefined : this.#exactHosts.get(host);
    if (exact !== undefined) {
      const match = exact.match(literal, method);
      if (match !== NONE) return match;
    }
    if (this.#wildcardHosts.size > 0) {
      const dot = host.indexOf('.');
      const wildcard = dot > 0 ? this.#wildcardHosts.get(host.slice(dot + 1)) : undefined;
      if (wildcard !== undefined) {
        const match = wildcard.match(literal, method);
        if (match !== NONE) return match;
      }
    }
    return this.#anyHost.match(literal, method);
  }

  #add(entry: RouteEntry<Route>): void {
    const pattern = parsePathPattern(entry.path);
    if (entry.methods.length === 0) return;
    const claim = new Claim(pattern, entry);
    if (entry.hosts === null) this.#anyHost.add(pattern, claim);
    else for (const host of entry.hosts) this.#tableOf(host).add(pattern, claim);
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
  /**
   * Likewise paths whose last segment alone is a parameter, by what stands before its slash: for what these fit, nothing in the
   * tree goes before them. Among thousands of routes that is one look-up, and the tree a dozen places in memory.
   */
  readonly #collections = new Map<string, Leaf<Route>>();
  #tree: findMyWay.Instance<findMyWay.HTTPVersion.V1> | null = null;

  add(pattern: PathPattern, claim: Claim<Route>): void {
    let leaf = this.#leaves.get(pattern.shape);
    if (leaf === undefined) {
      leaf = new Leaf();
      this.#leaves.set(pattern.shape, leaf);
      if (pattern.parameters.length === 0) this.#literals.set(pattern.shape, leaf);
      else if (endsInOnlyParameter(pattern)) this.#collections.set(pattern.shape.slice(0, -2), leaf);
      else this.#plant(pattern, leaf);
    }
    leaf.add(claim);
  }

  match(path: string, method: string): RouteMatch<Route> {
    const leaf = this.#literals.get(path);
    if (leaf !== undefined) return leaf.match(method, null);
    if (this.#collections.size > 0) {
      const slash = lastSlash(path);
      const collection = slash < 0 ? undefined : this.#collections.get(path.slice(0, slash));
      if (collection !== undefined && slash < path.length - 1) {
        return collection.match(method, { p0: path.slice(slash + 1) });
      }
    }
    const found = this.#tree?.find(TREE_METHOD, escaped(path));
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
      if (segment.kind === 'literal') path += `/${escaped(segment.text).replaceAll(':', '::')}`;
      else if (segment.kind === 'parameter') path += `/:${positionName(index++)}${ONE_SEGMENT}`;
      else path += '/*';
    }
    this.#tree.on(TREE_METHOD, path, neverCalled, leaf);
  }
}

function endsInOnlyParameter({ segments, parameters }: PathPattern): boolean {
  return parameters.length === 1 && segments[segments.length - 1]!.kind === 'parameter';
}

/** Where the last segment begins, -1 where there is no slash. `lastIndexOf` calls the runtime. */
function lastSlash(path: string): number {
  let at = path.length - 1;
  while (at >= 0 && path.charCodeAt(at) !== SLASH) at--;
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

/** What is declared for one shape of path: routes with the methods of each. */
class Leaf<Route> {
  /** A new list with each claim: one that grows keeps room for many, and most leaves have one. */
  #claims: readonly Claim<Route>[] = [];
  #refusal: RouteMatch<Route> | null = null;

  add(claim: Claim<Route>): void {
    for (const method of claim.methods) {
      const other = this.#claimOf(method);
      if (other === undefined) continue;
      throw new GatewayError(
        'SLUICE_CONFIG_DUPLICATE',
        `routes "${other.id}" and "${claim.id}" both claim ${method} ${claim.path}`,
      );
    }
    this.#claims = [...this.#claims, claim];
  }

  match(method: string, values: TreeParameters | null): RouteMatch<Route> {
    // RFC 9110 §9.3.2: what answers GET answers HEAD.
    const claim = this.#claimOf(method) ?? (method === 'HEAD' ? this.#claimOf('GET') : undefined);
    if (claim !== undefined) return claim.match(values);
    this.#refusal ??= this.#refuse();
    return this.#refusal;
  }

  #claimOf(method: string): Claim<Route> | undefined {
    for (const claim of this.#claims) if (claim.methods.includes(method)) return claim;
    return undefined;
  }

  #refuse(): RouteMatch<Route> {
    const allow = new Set(this.#claims.flatMap(({ methods }) => methods));
    if (allow.has('GET')) allow.add('HEAD');
    return Object.freeze({ kind: 'method', allow: Object.freeze([...allow].sort()) });
  }
}

type TreeParameters = Readonly<Record<string, string | undefined>>;

/** A route on its leaves, with the names that it gives to the parameters there. */
class Claim<Route> {
  readonly id: string;
  readonly path: string;
  readonly methods: readonly string[];
  readonly #route: Route;
  readonly #names: readonly string[];
  /** Null for a path with parameters. */
  readonly #literal: RouteMatch<Route> | null;

  constructor({ parameters }: PathPattern, { id, path, methods, route }: RouteEntry<Route>) {
    this.id = id;
    this.path = path;
    this.methods = methods;
    this.#route = route;
    this.#names = parameters;
    this.#literal =
      parameters.length > 0 ? null : Object.freeze({ kind: 'found', route, params: NO_PARAMETERS });
  }

  match(values: TreeParameters | null): RouteMatch<Route> {
    if (this.#literal !== null) return this.#literal;
    const params: string[] = [];
    for (let i = 0; i < this.#names.length; i++) {
      const name = this.#names[i]!;
      // The tree is shared with routes that call the parameters there something else.
      const value = values![name === '*' ? name : positionName(i)]!;
      params.push(name, decodePercent(value));
    }
    return { kind: 'found', route: this.#route, params };
  }
}

/** Names in the tree, made once: they are looked up with each request. */
const POSITION_NAMES: readonly string[] = Array.from({ length: 16 }, (_, index) => `p${index}`);

function positionName(index: number): string {
  return POSITION_NAMES[index] ?? `p${index}`;
}

/**
 * Bytes that are not UTF-8 become U+FFFD, as in the URL standard. Left as they were sent, they could not be
 * told from an encoded percent sign.
 */
function decodePercent(value: string): string {
  const encoded = value.includes(PERCENT_IN_TREE) ? value.replaceAll(PERCENT_IN_TREE, '%') : value;
  if (!encoded.includes('%')) return value;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded.replace(/(?:%[0-9a-f]{2})+/gi, (run) =>
      Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'),
    );
  }
}

function neverCalled(): void {
  assert.fail('the tree is asked for leaves, never for requests');
}
