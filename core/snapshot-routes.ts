// The routes of a revision as the router of its snapshot takes them. What requests need of a route is made when the first of its
// settings is taken, and nothing of that can fail: names were compared when the document was validated.
import { ClientRule } from './client-rule.js';
import type { RouteSettings } from './config/model.js';
import type { FiledRoute, RouteTable } from './config/route-table.js';
import type { ConfigRevision } from './config/source.js';
import { buildGuard } from './egress.js';
import type { FilterSecret } from './filter-secret.js';
import { secretsOf } from './filter-spec.js';
import type { HostPaths, LargePlace } from './path-place.js';
import { buildChains, type CalloutUpstream, type Chains, type Route } from './route.js';
import type { IndexedRoute, RouteIndex } from './router/router.js';
import type { SecretScanner } from './secrets/secret-scanner.js';
import type { Upstream } from './upstream/upstream.js';
import { UpstreamHeaders } from './upstream-headers.js';
import type { FilterSpec } from './wasm/instance.js';

export class SnapshotRoutes implements RouteIndex<Route> {
  readonly #revision: ConfigRevision;
  readonly #table: RouteTable;
  readonly #specs: ReadonlyMap<string, FilterSpec>;
  readonly #scanner: SecretScanner | null;
  readonly #callouts: ReadonlyMap<string, CalloutUpstream>;
  /** By id of the filter. */
  readonly #secrets: ReadonlyMap<number, readonly FilterSecret[]>;
  readonly #redact: (text: string) => string;
  readonly #routes = new Map<RouteSettings, Route>();
  /** By the list of names, which is one and the same object where it is equal. */
  readonly #chains = new Map<readonly string[], Chains>();

  /**
   * @param specs by name of the filter
   * @param upstreams by name
   * @param scanner see `buildScanner`
   */
  constructor(
    revision: ConfigRevision,
    specs: ReadonlyMap<string, FilterSpec>,
    upstreams: ReadonlyMap<string, Upstream>,
    scanner: SecretScanner | null,
  ) {
    const { config, secrets } = revision;
    this.#revision = revision;
    this.#table = config.routes;
    this.#specs = specs;
    this.#scanner = scanner;
    this.#callouts = new Map(
      config.upstreams.map(({ name, headers }) => [
        name,
        {
          upstream: upstreams.get(name)!,
          headers: new UpstreamHeaders(headers.map((part) => secrets.expandField(part))),
        },
      ]),
    );
    this.#secrets = new Map(
      config.filters.map((filter) => [specs.get(filter.name)!.id, secretsOf(filter, secrets)]),
    );
    this.#redact = (text) => secrets.redact(text);
  }

  get hasHosts(): boolean {
    return this.#table.hasHosts;
  }

  get largePlaces(): readonly LargePlace[] {
    return this.#table.largePlaces;
  }

  pathsOf(host: string | null): HostPaths | null {
    return this.#table.pathsOf(host);
  }

  *under(host: string | null, prefix: string): Iterable<IndexedRoute<Route>> {
    for (const filed of this.#table.under(host, prefix)) yield this.#indexed(filed);
  }

  #indexed({ id, pattern, settings }: FiledRoute): IndexedRoute<Route> {
    let route = this.#routes.get(settings);
    if (route === undefined) {
      route = this.#build(settings);
      this.#routes.set(settings, route);
    }
    return { id, pattern, methods: settings.match.methods, route };
  }

  #build(settings: RouteSettings): Route {
    const { upstream, headers } = this.#callouts.get(settings.upstream)!;
    const { clientCertificate, filters } = settings;
    return {
      config: settings,
      client: clientCertificate === null ? null : new ClientRule(clientCertificate),
      upstream,
      upstreamHeaders: headers,
      callouts: this.#callouts,
      secrets: this.#secrets,
      redact: this.#redact,
      egress: buildGuard(this.#scanner, this.#revision.config, settings),
      ...this.#chainsOf(filters),
    };
  }

  #chainsOf(names: readonly string[]): Chains {
    let chains = this.#chains.get(names);
    if (chains === undefined) {
      chains = buildChains(names.map((name) => this.#specs.get(name)!));
      this.#chains.set(names, chains);
    }
    return chains;
  }
}
