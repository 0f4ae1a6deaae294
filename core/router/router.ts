// What a router is: which declared route a request belongs to. test/contract/router.contract.ts holds answers to it.
import type { PathPattern } from '../path-pattern.js';
import type { HostPaths, LargePlace } from '../path-place.js';

/** What of a route decides which requests it gets. */
export interface RouteMatchOptions {
  readonly id: string;
  /** Null: any host. `[]`: none. Entries are lower case: `api.example.com` or `*.example.com` (one label). */
  readonly hosts: readonly string[] | null;
  /** `/literal/:parameter/*`; parameters fill one segment, a wildcard stands last and fills the rest. */
  readonly path: string;
  /** Upper case. `[]`: none. */
  readonly methods: readonly string[];
}

/** A route that is to be filed: its match, and the value to answer with, which it may share with others. */
export type RouteEntry<Route> = RouteMatchOptions & { readonly route: Route };

/** A route as it is taken from where it is filed. */
export interface IndexedRoute<Route> {
  readonly id: string;
  readonly pattern: PathPattern;
  readonly methods: readonly string[];
  readonly route: Route;
}

/** Routes as they are filed, which a router takes as requests ask for them. No two claim the same host, shape of path and method. */
export interface RouteIndex<Route> {
  /** Some routes are for certain hosts. */
  readonly hasHosts: boolean;
  /** @param host a host pattern; null for routes of any host. Null where there are none. */
  pathsOf(host: string | null): HostPaths | null;
  /** Routes of a host pattern whose path begins with these literal segments and then has none, in their order. */
  under(host: string | null, prefix: string): Iterable<IndexedRoute<Route>>;
  /** Where there are so many that a request should not wait for them. */
  readonly largePlaces: readonly LargePlace[];
}

/** What there is for a request. */
export type RouteMatch<Route> =
  | {
      readonly kind: 'found';
      readonly id: string;
      readonly route: Route;
      /** Flat `[name, value, …]`, percent-decoded. */
      readonly params: readonly string[];
    }
  /** The path is declared on this host, for these methods only (sorted). */
  | { readonly kind: 'method'; readonly allow: readonly string[] }
  /** No path that is declared on this host fits. */
  | { readonly kind: 'none' };

/** Answers for the routes that it was built of, as long as it lives. */
export interface Router<Route> {
  /**
   * An exact host goes before a wildcard host, that before routes for any host; a more specific host that does
   * not declare the path falls back to the less specific one. Within a host, literal segments go before
   * parameters, those before wildcards. HEAD is answered by the GET route unless one is declared for HEAD.
   *
   * @param host lower case, without port
   * @param path normalised path, no query
   */
  match(host: string, path: string, method: string): RouteMatch<Route>;
}
