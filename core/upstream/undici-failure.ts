// What undici's errors mean to us.
import { GatewayError } from '../errors.js';

/** Errors of the parser that arrive without an HPE_ code, or as a plain socket error. */
const PROTOCOL_CODES: ReadonlySet<string> = new Set([
  'UND_ERR_HEADERS_OVERFLOW',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
]);
// The first is also what undici makes of a 100 that nobody asked for, which RFC 9110 §15.2 would have it skip.
const PROTOCOL_MESSAGES: ReadonlySet<string> = new Set(['bad response', 'bad upgrade']);
/** undici refused what we asked it to send: no target is to blame. */
const OWN_CODES: ReadonlySet<string> = new Set([
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
]);

/** Where a request stood when it failed. */
export type FailurePoint = 'connecting' | 'sent' | 'body';

/** Wraps an error of undici or of the socket; one of ours that went through undici comes back as it is. */
export function failureOf(error: Error, point: FailurePoint, target: string): GatewayError {
  if (error instanceof GatewayError) return error;
  const facts = { cause: error };
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (OWN_CODES.has(code)) return new GatewayError('SLUICE_INTERNAL', error.message, facts);
  if (point === 'body') {
    return new GatewayError('SLUICE_UPSTREAM_CUT', `${target} ended midway: ${error.message}`, facts);
  }
  if (point === 'connecting') {
    return new GatewayError(
      'SLUICE_UPSTREAM_CONNECT',
      `cannot connect to ${target}: ${error.message}`,
      facts,
    );
  }
  if (
    error.name === 'HTTPParserError' ||
    PROTOCOL_CODES.has(code) ||
    (code === 'UND_ERR_SOCKET' && PROTOCOL_MESSAGES.has(error.message))
  ) {
    return new GatewayError('SLUICE_UPSTREAM_PROTOCOL', `no HTTP from ${target}: ${error.message}`, facts);
  }
  return new GatewayError('SLUICE_UPSTREAM_CLOSED', `${target} closed: ${error.message}`, facts);
}
