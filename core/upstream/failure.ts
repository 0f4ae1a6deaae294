// What a failed connection means to a request.
import { GatewayError } from '../errors.js';
import { tlsFailureOf } from './tls-failure.js';

/** The target does not speak HTTP/1.1 as we read it (RFC 9112). */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/** Where a request stood when it failed. */
export type FailurePoint = 'connecting' | 'sent' | 'body';

/** What an error of a socket says. That of a name none of whose addresses answered has no text of its own. */
export function reasonOf(error: Error): string {
  if (error instanceof AggregateError) return error.errors.map(({ message }) => message).join(', ');
  const tls = tlsFailureOf(error);
  if (tls === null) return error.message;
  return tls.code === 'SLUICE_UPSTREAM_CERTIFICATE' ? `its certificate: ${tls.reason}` : tls.reason;
}

/** Wraps an error of a connection; one of ours that went through it comes back as it is. */
export function failureOf(error: Error, point: FailurePoint, target: string): GatewayError {
  if (error instanceof GatewayError) return error;
  const facts = { cause: error };
  if (point === 'body') {
    return new GatewayError('SLUICE_UPSTREAM_CUT', `${target} ended midway: ${error.message}`, facts);
  }
  const tls = tlsFailureOf(error);
  if (tls !== null) {
    const what =
      tls.code === 'SLUICE_UPSTREAM_CERTIFICATE'
        ? `the certificate of ${target} is refused`
        : `no TLS with ${target}`;
    return new GatewayError(tls.code, `${what}: ${tls.reason}`, facts);
  }
  if (point === 'connecting') {
    return new GatewayError(
      'SLUICE_UPSTREAM_CONNECT',
      `cannot connect to ${target}: ${reasonOf(error)}`,
      facts,
    );
  }
  if (error instanceof ProtocolError) {
    return new GatewayError('SLUICE_UPSTREAM_PROTOCOL', `no HTTP from ${target}: ${error.message}`, facts);
  }
  return new GatewayError('SLUICE_UPSTREAM_CLOSED', `${target} closed: ${error.message}`, facts);
}
