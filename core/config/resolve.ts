// From a document that fits the schema, defaults filled in, to the configuration that the gateway runs on.
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { isModuleFile } from '../module-reference.js';
import { canonicalName } from '../tls/canonical-name.js';
import { parseAddress, parseOrigin } from './address.js';
import { deepFreeze } from './deep-freeze.js';
import type {
  AdminConfig,
  ClientCertificateConfig,
  ClientTlsConfig,
  EgressMode,
  FilterConfig,
  GatewayConfig,
  ListenerConfig,
  LogConfig,
  RolloutConfig,
  RouteConfig,
  SecretGrant,
  ServerTlsConfig,
  UpstreamConfig,
  WorkersConfig,
} from './model.js';
import { RouteTable } from './route-table.js';

/** The document as the schema describes it, after its defaults. */
export interface CompleteDocument {
  readonly listeners: readonly ListenerDocument[];
  readonly admin?: { readonly address: string; readonly tls?: ServerTlsDocument; readonly token?: string };
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

interface ListenerDocument
  extends Omit<ListenerConfig, 'host' | 'port' | 'http2' | 'tls' | 'hsts' | 'redirectToHttps'> {
  readonly address: string;
  readonly http2?: boolean;
  readonly tls?: ServerTlsDocument;
  readonly hsts?: NonNullable<ListenerConfig['hsts']>;
  readonly redirectToHttps?: NonNullable<ListenerConfig['redirectToHttps']>;
}

interface CertificateDocument {
  readonly cert: string;
  readonly key: string;
  readonly passphrase?: string;
  readonly serverNames?: readonly string[];
}

type Texts = string | readonly string[];

type ServerTlsDocument = Omit<ServerTlsConfig, 'certificates' | 'clientAuth'> & {
  readonly certificates: readonly CertificateDocument[];
  readonly clientAuth?: { readonly ca: Texts; readonly mode: 'require' | 'request'; readonly crl: Texts };
};

type ClientTlsDocument = Pick<ClientTlsConfig, 'minVersion' | 'pins' | 'insecureSkipVerify'> & {
  readonly ca?: Texts;
  readonly serverName?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
};

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

type UpstreamDocument = Omit<UpstreamConfig, 'name' | 'healthCheck' | 'redirects' | 'headers' | 'tls'> & {
  readonly tls: ClientTlsDocument;
  readonly healthCheck?: NonNullable<UpstreamConfig['healthCheck']>;
  readonly redirects: RedirectsDocument;
  readonly headers: Readonly<Record<string, string>>;
};

type ClientCertificateDocument = Pick<ClientCertificateConfig, 'forward'> & {
  readonly subjects?: readonly string[];
  readonly dnsNames?: readonly string[];
  readonly uris?: readonly string[];
  readonly fingerprints?: readonly string[];
};

type RouteDocument = Omit<RouteConfig, 'match' | 'clientCertificate' | 'secretEgress'> & {
  readonly clientCertificate?: ClientCertificateDocument;
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
 * @param processes that share this machine's processors
 */
export function resolveConfig(document: CompleteDocument, folder: string, processes: number): GatewayConfig {
  return deepFreeze({
    listeners: document.listeners.map((listener) => resolveListener(listener, folder)),
    admin: document.admin === undefined ? null : resolveAdmin(document.admin, folder),
    upstreams: Object.entries(document.upstreams).map(([name, upstream]) =>
      resolveUpstream(name, upstream, folder),
    ),
    filters: Object.entries(document.filters).map(([name, filter]) => ({
      ...filter,
      name,
      grants: {
        ...filter.grants,
        secrets: filter.grants.secrets.map((grant) => ({ ...grant, upstreams: grant.upstreams ?? null })),
      },
      module: isModuleFile(filter.module) ? resolve(folder, filter.module) : filter.module,
    })),
    routes: RouteTable.of(resolveRoutes(document.routes, document.secrets.egress.mode)),
    workers: {
      ...document.workers,
      count: document.workers.count ?? workersOf(processes),
    },
    shutdown: document.shutdown,
    log: document.log,
    secrets: document.secrets,
    certificates: document.certificates,
    rollout: document.rollout ?? null,
  });
}

/** One processor is for the thread that the sockets are on, unless there are as many such threads as processors. */
function workersOf(processes: number): number {
  const processors = availableParallelism();
  return Math.max(1, processes === 1 ? processors - 1 : Math.floor(processors / processes));
}

function resolveListener(listener: ListenerDocument, folder: string): ListenerConfig {
  const { address, http2, tls, hsts = null, redirectToHttps = null, ...rest } = listener;
  return {
    ...rest,
    ...parseAddress(address)!,
    http2: http2 ?? rest.engine === 'node',
    tls: tls === undefined ? null : resolveServerTls(tls, folder),
    hsts,
    redirectToHttps,
  };
}

function resolveAdmin(admin: NonNullable<CompleteDocument['admin']>, folder: string): AdminConfig {
  const { address, tls, token = null } = admin;
  return { ...parseAddress(address)!, tls: tls === undefined ? null : resolveServerTls(tls, folder), token };
}

function resolveServerTls(tls: ServerTlsDocument, folder: string): ServerTlsConfig {
  const { clientAuth } = tls;
  return {
    ...tls,
    certificates: tls.certificates.map(({ serverNames, ...certificate }) => ({
      ...resolveCertificate(certificate, folder),
      serverNames: serverNames?.map((name) => name.toLowerCase()) ?? null,
    })),
    clientAuth:
      clientAuth === undefined
        ? null
        : { ...clientAuth, ca: sourcesOf(clientAuth.ca, folder), crl: sourcesOf(clientAuth.crl, folder) },
  };
}

function resolveClientTls(
  { cert, key, passphrase, ...tls }: ClientTlsDocument,
  folder: string,
): ClientTlsConfig {
  return {
    ...tls,
    ca: tls.ca === undefined ? null : sourcesOf(tls.ca, folder),
    serverName: tls.serverName?.toLowerCase() ?? null,
    certificate:
      cert === undefined || key === undefined
        ? null
        : resolveCertificate({ cert, key, ...(passphrase === undefined ? {} : { passphrase }) }, folder),
  };
}

function resolveCertificate({ cert, key, passphrase }: CertificateDocument, folder: string) {
  return { cert: sourceOf(cert, folder), key: sourceOf(key, folder), passphrase: passphrase ?? null };
}

function sourcesOf(texts: Texts, folder: string): readonly string[] {
  return [texts].flat().map((text) => sourceOf(text, folder));
}

/** References of secrets stay; paths begin where the document is. */
function sourceOf(text: string, folder: string): string {
  return isPemFile(text) ? resolve(folder, text) : text;
}

/** True for a path, false for the reference of a secret. */
export function isPemFile(text: string): boolean {
  return text.startsWith('.') || text.startsWith('/');
}

function resolveUpstream(name: string, upstream: UpstreamDocument, folder: string): UpstreamConfig {
  return {
    ...upstream,
    name,
    tls: resolveClientTls(upstream.tls, folder),
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
function* resolveRoutes(routes: readonly RouteDocument[], egress: EgressMode): Iterable<RouteConfig> {
  for (const route of routes) {
    const { hosts, path, methods } = route.match;
    yield {
      ...route,
      match: { hosts: hosts?.map((host) => host.toLowerCase()) ?? null, path, methods },
      clientCertificate:
        route.clientCertificate === undefined ? null : resolveClientCertificate(route.clientCertificate),
      secretEgress: route.secretEgress === 'inherit' ? egress : route.secretEgress,
    };
  }
}

function resolveClientCertificate({
  subjects,
  dnsNames,
  uris,
  fingerprints,
  forward,
}: ClientCertificateDocument): ClientCertificateConfig {
  return {
    subjects: subjects?.map((name) => canonicalName(name)!) ?? null,
    dnsNames: dnsNames?.map((name) => name.toLowerCase()) ?? null,
    uris: uris ?? null,
    fingerprints: fingerprints?.map((hex) => hex.replaceAll(':', '').toLowerCase()) ?? null,
    forward,
  };
}
