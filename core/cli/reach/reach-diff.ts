// What becomes reachable, or stops being so, from one configuration to another. Both are asked, by their own router,
// about one request of each kind that they can tell apart.
import type { FilterConfig, GatewayConfig, RouteConfig } from '../../config/model.js';
import { parsePathPattern } from '../../path-pattern.js';
import { EntryIndex } from '../../router/entry-index.js';
import { RadixRouter } from '../../router/radix-router.js';
import { compareClients } from './clients-order.js';
import { compareListeners } from './listeners-order.js';
import { type PathRegion, pathRegions, witnessOf } from './path-regions.js';
import { compareRules } from './rules-order.js';
import {
  CHANGED,
  compareMost,
  NARROWER,
  nameOf,
  SAME,
  type VerdictName,
  Verdicts,
  WIDER,
} from './verdict.js';

/** Requests of one host, method and path that fare otherwise than before. */
export interface ReachChange {
  /**
   * `reachable`, `unreachable`; or reachable before and now, with filters that let more, fewer or other requests
   * through. `changed` may be more.
   */
  readonly kind: 'reachable' | 'unreachable' | Exclude<VerdictName, 'same'>;
  /** A host pattern, or `*` for every host that has no routes of its own. */
  readonly host: string;
  /** `*` for every method, where listeners let in other requests. */
  readonly method: string;
  /** A path pattern. */
  readonly path: string;
  /** Ids of the routes; null where there is none, and where listeners are what has changed. */
  readonly before: string | null;
  readonly after: string | null;
  /** What lets requests through otherwise: filters, limits, clients, listeners. */
  readonly reasons: readonly { readonly verdict: VerdictName; readonly what: string }[];
}

export interface ReachOptions {
  /** What a module is, so that a copy of it elsewhere is the same; its path by default. */
  readonly identify?: (module: string) => string;
}

/** Every change, in the order of hosts, paths and methods. @throws RangeError when there are too many kinds of paths */
export function diffReach(
  before: GatewayConfig,
  after: GatewayConfig,
  options: ReachOptions = {},
): ReachChange[] {
  const identify = options.identify ?? ((module) => module);
  const old = new ReachView(before, identify);
  const now = new ReachView(after, identify);
  const methods = methodsOf([...before.routes, ...after.routes]);
  const fresh = freshSegment([...before.routes, ...after.routes]);
  const changes: ReachChange[] = listenerChanges(before, after);
  const known = new Set<string>();
  for (const { host, witness } of hostsOf([...before.routes, ...after.routes])) {
    const patterns = [...old.pathsOn(witness), ...now.pathsOn(witness)];
    const shapes = new Map(
      patterns.map((path) => parsePathPattern(path)).map((pattern) => [pattern.shape, pattern]),
    );
    for (const region of pathRegions([...shapes.values()])) {
      const path = witnessOf(region, fresh);
      for (const method of methods) {
        const was = old.routeOf(witness, path, method);
        const is = now.routeOf(witness, path, method);
        if (was === null && is === null) continue;
        // What is true of a wider set of hosts or paths need not be said again of those within.
        const key = `${method} ${was?.id ?? ''} ${is?.id ?? ''}`;
        if (known.has(key)) continue;
        known.add(key);
        const isImplied =
          method === 'HEAD' &&
          was === old.routeOf(witness, path, 'GET') &&
          is === now.routeOf(witness, path, 'GET');
        const change = isImplied ? null : compareRoutes(was, is, old, now);
        if (change !== null) changes.push({ ...change, host, method, path: patternOf(region, is ?? was!) });
      }
    }
  }
  return changes;
}

/** At most one, of all requests. */
function listenerChanges(before: GatewayConfig, after: GatewayConfig): ReachChange[] {
  const verdicts = new Verdicts();
  compareListeners(before, after, verdicts);
  const kind = nameOf(verdicts.all);
  if (kind === 'same') return [];
  return [{ kind, host: '*', method: '*', path: '/*', before: null, after: null, reasons: verdicts.reasons }];
}

/** True for a change that lets more requests through, or of which nobody can tell that it does not. */
export function isWidening({ kind }: ReachChange): boolean {
  return kind === 'reachable' || kind === 'wider' || kind === 'changed';
}

/** A configuration as requests see it. */
class ReachView {
  readonly #router: RadixRouter<RouteConfig>;
  readonly #routes: readonly RouteConfig[];
  readonly #filters: ReadonlyMap<string, FilterConfig>;
  readonly #identify: (module: string) => string;

  constructor({ routes, filters }: GatewayConfig, identify: (module: string) => string) {
    this.#routes = [...routes];
    this.#filters = new Map(filters.map((filter) => [filter.name, filter]));
    this.#identify = identify;
    this.#router = new RadixRouter(
      new EntryIndex(this.#routes.map((route) => ({ id: route.id, route, ...route.match }))),
    );
  }

  routeOf(host: string, path: string, method: string): RouteConfig | null {
    const match = this.#router.match(host, path, method);
    return match.kind === 'found' ? match.route : null;
  }

  /** Patterns of the routes that a host can reach. */
  pathsOn(host: string): string[] {
    const wildcard = `*.${host.slice(host.indexOf('.') + 1)}`;
    const applies = (hosts: readonly string[] | null): boolean =>
      hosts === null || hosts.includes(host) || hosts.includes(wildcard);
    return this.#routes.filter(({ match }) => applies(match.hosts)).map(({ match }) => match.path);
  }

  /** Filters of a route with what decides about requests. */
  chainOf({ id, filters }: RouteConfig): FilterView[] {
    return filters.map((name) => {
      const { module, config, onFailure } = this.#filters.get(name)!;
      return { name, module: this.#identify(module), config, onFailure, route: id };
    });
  }
}

interface FilterView extends Pick<FilterConfig, 'name' | 'module' | 'config' | 'onFailure'> {
  readonly route: string;
}

type Compared = Pick<ReachChange, 'kind' | 'before' | 'after' | 'reasons'>;

function compareRoutes(
  was: RouteConfig | null,
  is: RouteConfig | null,
  old: ReachView,
  now: ReachView,
): Compared | null {
  const ids = { before: was?.id ?? null, after: is?.id ?? null };
  if (was === null) return { kind: 'reachable', ...ids, reasons: [] };
  if (is === null) return { kind: 'unreachable', ...ids, reasons: [] };
  const verdicts = new Verdicts();
  const largest = compareMost(was.limits.requestBodyBytes, is.limits.requestBodyBytes);
  verdicts.add(largest, 'limit requestBodyBytes');
  verdicts.add(compareClients(was.clientCertificate, is.clientCertificate), 'clientCertificate');
  compareChains(old.chainOf(was), now.chainOf(is), verdicts);
  const kind = nameOf(verdicts.all);
  return kind === 'same' ? null : { kind, ...ids, reasons: verdicts.reasons };
}

/** Filters that are there on both sides are compared with each other, in their order. */
function compareChains(
  before: readonly FilterView[],
  after: readonly FilterView[],
  verdicts: Verdicts,
): void {
  let next = 0;
  for (const filter of after) {
    const at = before.findIndex(({ module }, index) => index >= next && module === filter.module);
    if (at < 0) {
      // One that went elsewhere sees other requests, and other filters see what it lets through.
      const isMoved = before.some(({ module }) => module === filter.module);
      // What is not of the house may give requests another path or other headers, and those behind it let that through.
      const isNarrower = !isMoved && filter.module.startsWith('builtin:');
      verdicts.add(
        isNarrower ? NARROWER : CHANGED,
        `filter ${filter.name} ${isMoved ? 'elsewhere' : 'added'}`,
      );
      continue;
    }
    for (const { name } of before.slice(next, at)) verdicts.add(WIDER, `filter ${name} removed`);
    compareFilters(before[at]!, filter, verdicts);
    next = at + 1;
  }
  for (const { name } of before.slice(next)) verdicts.add(WIDER, `filter ${name} removed`);
}

function compareFilters(before: FilterView, after: FilterView, verdicts: Verdicts): void {
  if (before.onFailure !== after.onFailure)
    verdicts.add(after.onFailure === 'open' ? WIDER : NARROWER, `filter ${after.name} onFailure`);
  const own = new Verdicts();
  compareRules(before, after, own);
  for (const { verdict, what } of own.reasons)
    verdicts.add(
      verdict === 'wider' ? WIDER : verdict === 'narrower' ? NARROWER : verdict === 'same' ? SAME : CHANGED,
      `filter ${after.name} ${what}`,
    );
}

/** Every method that a route names; HEAD comes with GET. */
function methodsOf(routes: readonly RouteConfig[]): string[] {
  const methods = new Set(routes.flatMap(({ match }) => match.methods));
  if (methods.has('GET')) methods.add('HEAD');
  return [...methods].sort();
}

/** A host of each kind that routes tell apart, the widest first. */
function hostsOf(routes: readonly RouteConfig[]): { host: string; witness: string }[] {
  const patterns = [...new Set(routes.flatMap(({ match }) => match.hosts ?? []))].sort();
  const isTaken = (host: string): boolean =>
    patterns.includes(host) || patterns.includes(`*.${host.slice(host.indexOf('.') + 1)}`);
  const freshIn = (domain: string, isFree: (host: string) => boolean): string => {
    let label = 'any';
    while (!isFree(`${label}.${domain}`)) label += 'x';
    return `${label}.${domain}`;
  };
  let domain = 'any.invalid';
  while (isTaken(`any.${domain}`)) domain = `x${domain}`;
  const wildcards = patterns.filter((pattern) => pattern.startsWith('*.'));
  return [
    ...(routes.some(({ match }) => match.hosts === null) ? [{ host: '*', witness: `any.${domain}` }] : []),
    ...wildcards.map((host) => ({
      host,
      witness: freshIn(host.slice(2), (free) => !patterns.includes(free)),
    })),
    ...patterns.filter((host) => !host.startsWith('*.')).map((host) => ({ host, witness: host })),
  ];
}

/** A segment that no path has. */
function freshSegment(routes: readonly RouteConfig[]): string {
  let fresh = 'any';
  while (routes.some(({ match }) => match.path.includes(fresh))) fresh += 'x';
  return fresh;
}

/** The region as a pattern, with the names that its route gives to the parameters. */
function patternOf({ segments, hasRest }: PathRegion, { match }: RouteConfig): string {
  const own = parsePathPattern(match.path).segments;
  const shown = segments.map((segment, index) => {
    const there = own[index];
    return segment ?? (there?.kind === 'parameter' ? `:${there.name}` : ':any');
  });
  return `/${[...shown, ...(hasRest ? ['*'] : [])].join('/')}`;
}
