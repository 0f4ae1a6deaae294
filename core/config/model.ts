// The configuration after validation: every field present, typed, in base units, deep-frozen.
// Nothing downstream of here fills in a default.
import type { EgressMode } from './route-config.js';
import type { RouteTable } from './route-table.js';

export type { ClientCertificateConfig, EgressMode, RouteConfig, RouteSettings } from './route-config.js';

/** A whole configuration. Times are milliseconds, unless a name says otherwise. */
export interface GatewayConfig {
  readonly listeners: readonly ListenerConfig[];
  readonly admin: AdminConfig | null;
  readonly upstreams: readonly UpstreamConfig[];
  readonly filters: readonly FilterConfig[];
  readonly routes: RouteTable;
  readonly workers: WorkersConfig;
  readonly shutdown: {
    /** How long it goes on as before after SIGTERM, but is not ready. Default 0. */
    readonly delayMs: number;
    /** How long running exchanges may take after that. Default 10 000. */
    readonly drainMs: number;
  };
  readonly log: LogConfig;
  readonly secrets: { readonly egress: EgressConfig };
  readonly certificates: {
    /** Days before a certificate in use runs out from which on the log warns of it. Default 30. */
    readonly warnDays: number;
  };
  /** Null (the default): a release that can be built stays. */
  readonly rollout: RolloutConfig | null;
}

/** What a release may do worse than the one before it, in the time after it took over, or it is rolled back. */
export interface RolloutConfig {
  /** Default 60. */
  readonly watchSeconds: number;
  /** 0 to 1, on top of the share of before. Default 0.05. */
  readonly most5xxShare: number;
  /** Likewise. Default 0.01. */
  readonly mostFilterFailureShare: number;
  /** Nothing is judged by fewer. Default 100. */
  readonly leastRequests: number;
}

/** Where values of secrets are looked for. */
export interface EgressConfig {
  /** Of routes that say nothing else. Default `off`: nothing is looked at. */
  readonly mode: EgressMode;
  /** Default true. */
  readonly headers: boolean;
  /** Default true. */
  readonly bodies: boolean;
  /** Lines of the log, where they are taken out with either mode. Default true. */
  readonly logs: boolean;
}

/** A socket that takes requests. */
export interface ListenerConfig {
  readonly name: string;
  /** Lower case; an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
  /** Default `auto`: `uws` where it does all that is asked for. */
  readonly engine: 'auto' | 'uws' | 'node';
  /** Default: whether `engine` is `node`. */
  readonly http2: boolean;
  /** Null (the default): clear text. What it names stands in `ConfigRevision.tls`. */
  readonly tls: ServerTlsConfig | null;
  /** Null (the default): no such header. Defaults: a year, neither of both. */
  readonly hsts: {
    readonly maxAgeSeconds: number;
    readonly includeSubDomains: boolean;
    readonly preload: boolean;
  } | null;
  /** Null (the default): requests are served. Default port 443. */
  readonly redirectToHttps: { readonly port: number } | null;
  /** Longest silence of a client that is sending a body. Default 30 000. */
  readonly idleMs: number;
  /** Addresses and networks whose `x-forwarded-for` and `-proto` are believed. Default none. */
  readonly trustedProxies: readonly string[];
  /** Connections come from these alone, each with a preamble that tells the client. Default false. */
  readonly proxyProtocol: boolean;
}

/** Texts in PEM are absolute paths of files, or references of secrets. */
export interface ServerTlsConfig {
  readonly certificates: readonly {
    readonly cert: string;
    readonly key: string;
    /** Reference of a secret; null (the default): the key is in clear. */
    readonly passphrase: string | null;
    /** Null (the default): those of the certificate. */
    readonly serverNames: readonly string[] | null;
  }[];
  /** Null (the default): clients are not asked. Default mode `require`, no lists. */
  readonly clientAuth: {
    readonly ca: readonly string[];
    readonly mode: 'require' | 'request';
    readonly crl: readonly string[];
  } | null;
  /** Default TLSv1.2 to TLSv1.3. */
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  readonly maxVersion: 'TLSv1.2' | 'TLSv1.3';
  /** Of TLS 1.2, best first. Default: those with forward secrecy and authenticated encryption. */
  readonly ciphers: readonly string[];
}

/** Likewise. */
export interface ClientTlsConfig {
  /** Null (the default): those of the platform. */
  readonly ca: readonly string[] | null;
  /** Null (the default): the host of the target. */
  readonly serverName: string | null;
  /** Null (the default): none is shown. */
  readonly certificate: {
    readonly cert: string;
    readonly key: string;
    readonly passphrase: string | null;
  } | null;
  /** Default TLSv1.2. */
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  /** Default none. */
  readonly pins: readonly string[];
  /** Default false. */
  readonly insecureSkipVerify: boolean;
}

/** The socket for operators. */
export interface AdminConfig {
  /** Beyond loopback only with `tls`, and with `token` or required client certificates. */
  readonly host: string;
  readonly port: number;
  /** Null (the default): clear text. */
  readonly tls: ServerTlsConfig | null;
  /** Reference of a secret. Null (the default): callers show none. */
  readonly token: string | null;
}

/** A named set of servers. */
export interface UpstreamConfig {
  readonly name: string;
  /** Origins (`http://10.0.0.5:9001`), each once; weight 1 … 1000, default 1. Empty: every request is answered 503. */
  readonly targets: readonly { readonly url: string; readonly weight: number }[];
  /**
   * Names of targets may have private addresses, and targets may be link-local addresses or metadata services.
   * Default false.
   */
  readonly allowPrivate: boolean;
  /** Default `round-robin`. */
  readonly balance: 'round-robin' | 'least-requests';
  /** Null (the default): no active checks. Defaults: every 10 000, within 2000, healthy after 2, unhealthy after 3. */
  readonly healthCheck: {
    readonly path: string;
    readonly intervalMs: number;
    readonly timeoutMs: number;
    readonly healthyAfter: number;
    readonly unhealthyAfter: number;
  } | null;
  /** Default: after 5 failures in a row for 10 000. */
  readonly ejection: { readonly failures: number; readonly durationMs: number };
  /** Most connections to one target. Default 256. */
  readonly connections: number;
  /** How long an idle connection is kept. Default 4000, below the 5 s of common servers. */
  readonly keepAliveMs: number;
  /** Default `http1`. */
  readonly protocol: 'http1' | 'http2';
  /** Of targets with `https`. */
  readonly tls: ClientTlsConfig;
  /** Default 1. */
  readonly retries: number;
  /** Null (the default): redirects go to the client. Defaults of those that are followed stand beside them. */
  readonly redirects: {
    /** Longest chain. Default 5. */
    readonly most: number;
    /** Hosts besides those of the targets. Default none. */
    readonly hosts: readonly string[];
    /** Null (the default): that of the scheme. */
    readonly ports: readonly number[] | null;
    /** Null (the default): any path. */
    readonly paths: readonly string[] | null;
    /** Names of these hosts may have private addresses. Default false. */
    readonly allowPrivate: boolean;
  } | null;
  /** Flat `[name, value, …]`, names lower case and each once, set on every request to this upstream. */
  readonly headers: readonly string[];
}

/** A named instance of a filter. */
export interface FilterConfig {
  readonly name: string;
  /** `builtin:NAME`, or an absolute path (relative ones are resolved against the document). */
  readonly module: string;
  /** Any JSON; checked against the schema in the module's manifest when the snapshot is built. */
  readonly config: unknown;
  readonly grants: GrantsConfig;
  /** Default 50 and 16. */
  readonly limits: { readonly deadlineMs: number; readonly memoryMb: number };
  /** Whether an instance lives with its worker, or for one exchange. Default `shared`. */
  readonly isolation: 'shared' | 'exchange';
  /** Whether a failure answers 503, or skips the filter. Default `closed`. */
  readonly onFailure: 'closed' | 'open';
  /**
   * After `failures` within `windowMs` that are at least `share` of its calls, the filter is left out for `backoffMs`, twice
   * as long each time it fails again. Default 5, 10 000, 0.5, 1000 and 60 000; 0 failures never leave it out.
   */
  readonly quarantine: {
    readonly failures: number;
    readonly windowMs: number;
    readonly share: number;
    readonly backoffMs: number;
    readonly maxBackoffMs: number;
  };
}

/** What a filter may do. Default: nothing. */
export interface GrantsConfig {
  readonly log: boolean;
  readonly metrics: boolean;
  readonly clock: boolean;
  readonly random: boolean;
  readonly crypto: boolean;
  readonly counters: boolean;
  readonly schemas: boolean;
  readonly idna: boolean;
  readonly patterns: boolean;
  readonly graphql: boolean;
  /** Names of upstreams that it may call. */
  readonly callouts: readonly string[];
  /** Each name once. */
  readonly secrets: readonly SecretGrant[];
}

/** A secret that a filter may use. */
export interface SecretGrant {
  /** What the filter calls it. */
  readonly name: string;
  /** A reference; the value stands in `ConfigRevision.secrets`. */
  readonly from: string;
  /** The filter may have codes made with the value. Default false. */
  readonly sign: boolean;
  /** The filter may read the value, not only have it put into a header. Default false. */
  readonly read: boolean;
  /** The value is put into headers of requests to these upstreams only; null: to that of any route of the filter. */
  readonly upstreams: readonly string[] | null;
}

/** The threads that run filters. */
export interface WorkersConfig {
  /** Threads that run filters. Default: cores - 1, or cores divided by processes where there are several; at least 1. */
  readonly count: number;
  /** Threads kept warm to replace one that was terminated. Default 1. */
  readonly spare: number;
  /** Bytes of each ring. Power of two. Default 8 MiB. */
  readonly ringBytes: number;
  /** Exchanges that may wait for filters, all workers together. Default 4096. */
  readonly queue: number;
  /** How long a worker may take to start or to load a revision. Default 10 000. */
  readonly startMs: number;
  /** JavaScript heap of one worker. Default 128. */
  readonly heapMb: number;
}

/** What is written to standard output. */
export interface LogConfig {
  /** Least level that is written. Default `info`. */
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** One line for every exchange. Default true. */
  readonly access: boolean;
}
