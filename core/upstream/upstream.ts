// What an upstream is: a named set of targets that one request is forwarded to.
// test/contract/upstream.contract.ts holds every answer to it.
import type { GatewayError } from '../errors.js';
import type { Body, Cancellation } from '../exchange.js';
import type { HeaderList } from '../headers.js';
import type { ClientTls } from '../tls/client-tls.js';
import type { TargetTally, UpstreamTally } from './tally.js';

/** `http2` over TLS is agreed on by ALPN, in clear text it is by prior knowledge (RFC 9113 §3.3). */
export type UpstreamProtocol = 'http1' | 'http2';

/** One server of an upstream. */
export interface TargetOptions {
  /** Origin, `http://host:port` or `https://host:port`; no path. */
  readonly url: string;
  /** Share of the requests relative to the other targets, 1 … 1000. */
  readonly weight: number;
}

/** How every target is asked by itself whether it is well; 2xx and 3xx say so. */
export interface HealthCheckOptions {
  /** Path and query that are asked with GET. */
  readonly path: string;
  /** From the end of one check of a target to the next. */
  readonly intervalMs: number;
  /** A check without an answer for so long has failed. */
  readonly timeoutMs: number;
  /** Successes in a row until a target counts as healthy again. */
  readonly healthyAfter: number;
  /** Failures in a row until a target counts as unhealthy. */
  readonly unhealthyAfter: number;
}

/** When a target that fails requests is left out for a while. */
export interface EjectionOptions {
  /**
   * Failures in a row (connection failures, timeouts, 502/503/504) until a target is ejected; 0 never. The only
   * target of an upstream is never ejected.
   */
  readonly failures: number;
  /** Length of the first ejection, in milliseconds; each further one in a row doubles it, up to ten times this. */
  readonly durationMs: number;
}

/** Redirects that are followed. */
export interface RedirectOptions {
  /** Longest chain, 1 … 20. */
  readonly most: number;
  /**
   * Hosts besides those of the targets: domains, `*.example.com` for one label more, addresses, networks, `*` for any
   * public domain.
   */
  readonly hosts: readonly string[];
  /** Ports of those hosts; null for that of the scheme. */
  readonly ports: readonly number[] | null;
  /** Patterns of paths, on the targets as well; null for any path. */
  readonly paths: readonly string[] | null;
  /** Names of those hosts may have addresses that are not public. */
  readonly allowPrivate: boolean;
}

/** What one upstream needs to know, resolved and in base units. */
export interface UpstreamOptions {
  readonly name: string;
  readonly targets: readonly TargetOptions[];
  /**
   * Names of targets may have addresses that are not public, and targets may be addresses where machines get their
   * credentials (link-local, metadata services).
   */
  readonly allowPrivate: boolean;
  readonly balance: 'round-robin' | 'least-requests';
  /** Active checks; null for none. */
  readonly healthCheck: HealthCheckOptions | null;
  readonly ejection: EjectionOptions;
  /** Most connections to one target. With HTTP/2 each carries many requests. */
  readonly connections: number;
  readonly protocol: UpstreamProtocol;
  /** For targets with `https`; null: the authorities of the platform, no certificate of ours. */
  readonly tls: ClientTls | null;
  /** How long an idle connection is kept. */
  readonly keepAliveMs: number;
  /** Attempts beyond the first, on another target, for idempotent methods before any byte was sent. */
  readonly retries: number;
  /** Null: redirects are responses like any other. */
  readonly redirects: RedirectOptions | null;
  /** Where it is counted. Default: a new one. */
  readonly tally?: UpstreamTally;
  /** Told once for each change. */
  readonly targetChanged?: (change: TargetChange) => void;
}

/** A request on its way to a target. Times are milliseconds. */
/** Told how a request fares, for who logs it. */
export interface RequestTrace {
  /** Origin that the last attempt goes to. */
  target: string;
  /** Counted up with each attempt. */
  attempts: number;
  /** From the last sending to the head of the response, in milliseconds. */
  upstreamMs: number;
}

export interface UpstreamRequest {
  readonly method: string;
  /** Path with query, as it goes on the wire. */
  readonly target: string;
  /** Value of the `host` field; empty uses the target's own. */
  readonly authority: string;
  /** No hop-by-hop and no framing fields: those are the upstream's to write. */
  readonly headers: HeaderList;
  readonly body: Body | null;
  /** Fields after the body of the response are of use (`te: trailers`); only HTTP/2 tells the target. */
  readonly acceptsTrailers: boolean;
  /** Which fields after `body` are not for the client to set, by their name with hyphens for underscores; null for none. */
  readonly refusesTrailer: ((lowerCaseName: string) => boolean) | null;
  /** Which of `headers` never go to another place that a redirect names, whatever it is; null for none. */
  readonly confined: { has(lowerCaseName: string): boolean } | null;
  /** Until a connection is there. */
  readonly connectMs: number;
  /** From the request sent until the response head. */
  readonly responseMs: number;
  /** Longest silence between two chunks of the response body; 0 for ever. */
  readonly idleMs: number;
  readonly cancellation: Cancellation;
  /** Null where nobody asks. */
  readonly trace: RequestTrace | null;
}

/** The head of a response, and its body on its way. */
export interface UpstreamResponse {
  readonly status: number;
  /** As received but for hop-by-hop fields; names lower case, values as latin1. */
  readonly headers: HeaderList;
  /** Null when there is none (HEAD, 204, 304). Fails with SLUICE_UPSTREAM_CUT when the target ends midway. */
  readonly body: Body | null;
  /** Origin that answered. */
  readonly target: string;
  /** Origins that redirects led to, in order, `target` the last of them; empty when none was followed. */
  readonly hops: readonly string[];
}

/** What became of redirects. */
export interface RedirectCounts {
  readonly followed: number;
  /** Given to the client, because the request could not be repeated. */
  readonly passed: number;
  readonly refused: number;
}

/** A target that gets requests from now on, or does not. */
export interface TargetChange {
  readonly upstream: string;
  readonly target: string;
  readonly state: 'healthy' | 'unhealthy' | 'ejected';
  /** What the last check met, or why and for how long it is ejected; empty for `healthy`. */
  readonly reason: string;
}

/** Connections to one target at one moment, and the requests that wait for one. */
export interface Census {
  /** With those that are being opened. */
  readonly open: number;
  /** Of those, the ones that no request is on. */
  readonly idle: number;
  readonly waiting: number;
}

/** State of one target, for metrics and the admin API. */
export interface TargetState {
  readonly url: string;
  readonly healthy: boolean;
  readonly ejected: boolean;
  readonly active: number;
  /** In a row. */
  readonly failures: number;
  readonly connections: Census;
  readonly tally: TargetTally;
}

/** Who waits for a response. One of the two is called, once, and never before `send` has returned. */
export interface ResponseReceiver {
  onResponse(response: UpstreamResponse): void;
  /** @param error SLUICE_UPSTREAM_* ; the cancellation's reason when the client left first */
  onFailure(error: GatewayError): void;
}

/** Forwards requests for as long as it is not disposed of. */
export interface Upstream {
  readonly name: string;
  /** Of its targets; what redirects lead to elsewhere is not counted. */
  readonly tally: UpstreamTally;
  /** Null where redirects are not followed. */
  readonly redirects: RedirectCounts | null;
  /**
   * One hop: choose a target, send, await the response head. Retries on another target only what DESIGN §7
   * allows. Follows redirects where the upstream is told to.
   * @throws GatewayError SLUICE_UPSTREAM_* ; the cancellation's reason when the client left first
   */
  forward(request: UpstreamRequest): Promise<UpstreamResponse>;
  /** Like `forward`, for who has to wait with thousands of others: a promise, and who awaits it, take 700 bytes. */
  send(request: UpstreamRequest, receiver: ResponseReceiver): void;
  states(): TargetState[];
  /** Lets running requests end, then closes every connection. */
  dispose(): Promise<void>;
}
