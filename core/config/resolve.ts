// From a document that fits the schema, defaults filled in, to the configuration that the gateway runs on.
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { isModuleFile } from '../module-reference.js';
import { parseAddress, parseOrigin } from './address.js';
import type {
  AdminConfig,
  EgressMode,
  FilterConfig,
  GatewayConfig,
  ListenerConfig,
  LogConfig,
  RolloutConfig,
  RouteConfig,
  SecretGrant,
  UpstreamConfig,
  WorkersConfig,
} from './model.js';

/** The document as the schema describes it, after its defaults. */
export interface CompleteDocument {
  readonly listeners: readonly ListenerDocument[];
  readonly admin?: { readonly address: string };
  readonly upstreams: Readonly<Record<string, UpstreamDocument>>;
  readonly filters: Readonly<Record<string, FilterDocument>>;
  readonly routes: readonly RouteDocument[];
  readonly workers: Omit<WorkersConfig, 'count'> & { readonly count?: number };
  readonly shutdown: GatewayConfig['shutdown'];
  readonly log: LogConfig;
  readonly secrets: GatewayConfig['secrets'];
  readonly certificates: GatewayConfig['certificates'];
  readonly rollout?: RolloutConfig;
}

interface ListenerDocument extends Omit<ListenerConfig, 'host' | 'port'> {
  readonly address: string;
}

interface FilterDocument extends Omit<FilterConfig, 'name' | 'grants'> {
  readonly grants: Omit<FilterConfig['grants'], 'secrets'> & { readonly secrets: readonly GrantDocument[] };
}

type GrantDocument = Omit<SecretGrant, 'upstreams'> & { readonly upstreams?: readonly string[] };

interface RedirectsDocument {
  readonly mode: 'pass' | 'follow';
  readonly most: number;
  readonly hosts: readonly string[];
  readonly ports?: readonly number[];
  readonly paths?: readonly string[];
  readonly allowPrivate: boolean;
}

type UpstreamDocument = Omit<UpstreamConfig, 'name' | 'healthCheck' | 'redirects' | 'headers'> & {
  readonly healthCheck?: NonNullable<UpstreamConfig['healthCheck']>;
  readonly redirects: RedirectsDocument;
  readonly headers: Readonly<Record<string, string>>;
};

type RouteDocument = Omit<RouteConfig, 'match' | 'secretEgress'> & {
  readonly secretEgress: EgressMode | 'inherit';
  readonly match: {
    readonly hosts?: readonly string[];
    readonly path: string;
    readonly methods: readonly string[];
  };
};

/**
 * Resolves what is relative (module paths against `folder`, the number of workers against this machine) and
 * freezes the result through and through.
 */
export function resolveConfig(document: CompleteDocument, folder: string): GatewayConfig {
  return deepFreeze({
    listeners: document.listeners.map(resolveListener),
    admin: document.admin === undefined ? null : resolveAdmin(document.admin),
    upstreams: Object.entries(document.upstreams).map(([name, upstream]) => resolveUpstream(name, upstream)),
    filters: Object.entries(document.filters).map(([name, filter]) => ({
      ...filter,
      name,
      grants: {
        ...filter.grants,
        secrets: filter.grants.secrets.map((grant) => ({ ...grant, upstreams: grant.upstreams ?? null })),
      },
      module: isModuleFile(filter.module) ? resolve(folder, filter.module) : filter.module,
    })),
    routes: document.routes.map((route) => resolveRoute(route, document.secrets.egress.mode)),
    workers: {
      ...document.workers,
      count: document.workers.count ?? Math.max(1, availableParallelism() - 1),
    },
    shutdown: document.shutdown,
    log: document.log,
    secrets: document.secrets,
    certificates: document.certificates,
    rollout: document.rollout ?? null,
  });
}

function resolveListener({ address, ...rest }: ListenerDocument): ListenerConfig {
  return { ...rest, ...parseAddress(address)! };
}

function resolveAdmin(admin: { readonly address: string }): AdminConfig {
  return parseAddress(admin.address)!;
}

function resolveUpstream(name: string, upstream: UpstreamDocument): UpstreamConfig {
  return {
    ...upstream,
    name,
    targets: upstream.targets.map(({ url, weight }) => ({ url: parseOrigin(url)!, weight })),
    healthCheck: upstream.healthCheck ?? null,
    redirects: resolveRedirects(upstream.redirects),
    headers: Object.entries(upstream.headers).flatMap(([header, value]) => [header.toLowerCase(), value]),
  };
}

function resolveRedirects(redirects: RedirectsDocument): UpstreamConfig['redirects'] {
  const { mode, most, hosts, ports = null, paths = null, allowPrivate } = redirects;
  return mode === 'pass' ? null : { most, hosts, ports, paths, allowPrivate };
}

/** @param egress what a route inherits */
function resolveRoute(route: RouteDocument, egress: EgressMode): RouteConfig {
  const { hosts, path, methods } = route.match;
  return {
    ...route,
    match: { hosts: hosts?.map((host) => host.toLowerCase()) ?? null, path, methods },
    secretEgress: route.secretEgress === 'inherit' ? egress : route.secretEgress,
  };
}

/** Freezes plain data through and through. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) deepFreeze(member);
    Object.freeze(value);
  }
  return value;
}
