// What may be sent again, and what counts against a target: the two rules of DESIGN §7 and of passive ejection.
import type { ErrorCode, GatewayError } from '../errors.js';
import { BufferedBody } from '../exchange.js';
import type { UpstreamRequest } from './upstream.js';

/** Methods that may be sent twice (RFC 9110 §9.2.2). TRACE is one, but it is not forwarded. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** True when sending it twice does no harm. */
export function isIdempotent({ method }: UpstreamRequest): boolean {
  return IDEMPOTENT.has(method);
}

/** True when somebody still waits for it, and its body is there for a second time. */
export function isReplayable({ body, cancellation }: UpstreamRequest): boolean {
  return cancellation.reason === undefined && (body === null || body instanceof BufferedBody);
}

/** The target was not there, or did not get as far as to be sent a request. */
const CONNECT_FAILURES: ReadonlySet<ErrorCode> = new Set([
  'SLUICE_UPSTREAM_CONNECT',
  'SLUICE_UPSTREAM_CONNECT_TIMEOUT',
  'SLUICE_UPSTREAM_CERTIFICATE',
  'SLUICE_UPSTREAM_TLS',
]);

const TARGET_FAILURES: ReadonlySet<ErrorCode> = new Set([
  ...CONNECT_FAILURES,
  'SLUICE_UPSTREAM_ADDRESS',
  'SLUICE_UPSTREAM_PIN',
  'SLUICE_UPSTREAM_CLOSED',
  'SLUICE_UPSTREAM_TIMEOUT',
]);

/** The request was still waiting for one of our connections, which says nothing about the target. */
const QUEUE_FAILURE: ErrorCode = 'SLUICE_UPSTREAM_CONNECTIONS';

/**
 * True for failures before the first byte, after which another target may be tried. Not SLUICE_UPSTREAM_ADDRESS: a name
 * that leads inside is to be seen, and not to be hidden by a target that works; and not SLUICE_UPSTREAM_PIN, for a key that is
 * somebody else's. Both do count against their target.
 */
export function isConnectFailure(failure: GatewayError): boolean {
  return CONNECT_FAILURES.has(failure.code) || failure.code === QUEUE_FAILURE;
}

/** What passive ejection counts. */
export function countsAgainstTarget(failure: GatewayError): boolean {
  return TARGET_FAILURES.has(failure.code);
}

/** Statuses that a target, or what stands before it, gives when it cannot do its work. */
export function isFailureStatus(status: number): boolean {
  return status === 502 || status === 503 || status === 504;
}
