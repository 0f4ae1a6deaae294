// What a router is: which declared route a request belongs to. test/contract/router.contract.ts holds answers to it.

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

/** What there is for a request. */
export type RouteMatch<Route> =
  | {
      readonly kind: 'found';
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
