// A route as it is after validation, like everything that `model.ts` declares.

/** What becomes of a response that has the value of a secret in it. */
export type EgressMode = 'off' | 'redact' | 'block';

/** Requests that are declared, and what becomes of them. */
export interface RouteConfig {
  readonly id: string;
  readonly match: {
    /** Null: any host. Lower case. */
    readonly hosts: readonly string[] | null;
    readonly path: string;
    readonly methods: readonly string[];
  };
  /** Null (the default): clients need no certificate. */
  readonly clientCertificate: ClientCertificateConfig | null;
  /** Names of filter instances, in order. Default none. */
  readonly filters: readonly string[];
  readonly upstream: string;
  /** Default 1000, 15 000 and 60 000. */
  readonly timeouts: { readonly connectMs: number; readonly responseMs: number; readonly idleMs: number };
  readonly limits: {
    /** Largest request body, buffered or streamed. Default 1 MiB. */
    readonly requestBodyBytes: number;
    /** Largest response body that is held for filters. Default 8 MiB. */
    readonly responseBufferBytes: number;
  };
  /** Send the client's `host` upstream instead of the target's own. Default false. */
  readonly preserveHost: boolean;
  /** Default: that of `secrets.egress`. */
  readonly secretEgress: EgressMode;
}

/** All of a route but its id and its path: of thousands of routes, most have this in common with others. */
export type RouteSettings = Omit<RouteConfig, 'id' | 'match'> & {
  readonly match: Omit<RouteConfig['match'], 'path'>;
};

/** Clients that a route is for: an entry of one of the lists must fit. Null says nothing, an empty one admits nobody. */
export interface ClientCertificateConfig {
  /** In their one form (core/tls/canonical-name.ts). */
  readonly subjects: readonly string[] | null;
  /** Lower case. */
  readonly dnsNames: readonly string[] | null;
  /** A SPIFFE id may end with `/*`. */
  readonly uris: readonly string[] | null;
  /** SHA-256, hex in lower case. */
  readonly fingerprints: readonly string[] | null;
  /** The certificate goes upstream. Default false. */
  readonly forward: boolean;
}
