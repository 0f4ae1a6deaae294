// Puts undici's errors into our words.
import { GatewayError } from '../errors.js';
import { ProtocolError } from './failure.js';

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

/** @returns a GatewayError for a bug of ours, a ProtocolError for what is no HTTP, else the error itself */
export function translate(error: Error): Error {
  if (error instanceof GatewayError || error instanceof ProtocolError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (OWN_CODES.has(code)) return new GatewayError('SLUICE_INTERNAL', error.message, { cause: error });
  if (
    error.name === 'HTTPParserError' ||
    PROTOCOL_CODES.has(code) ||
    (code === 'UND_ERR_SOCKET' && PROTOCOL_MESSAGES.has(error.message))
  ) {
    return new ProtocolError(error.message, { cause: error });
  }
  return error;
}
