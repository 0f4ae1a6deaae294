// Writes the head of a request as one string, one character for each byte. What it is given was checked where it came
// from; it is checked once more here, because a line break in a value would be a second request on the wire.
import { GatewayError } from '../errors.js';
import { isFieldValue, isToken, lineStart } from '../headers.js';
import type { UpstreamRequest } from './upstream.js';

const TARGET = /^[\x21-\x7e\x80-\xff]+$/;
/** Methods whose requests say that they have no body (RFC 9110 §8.6). */
const PAYLOAD_METHODS: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/** True for methods that are expected to carry a body. */
export function expectsPayload(method: string): boolean {
  return PAYLOAD_METHODS.has(method);
}

/**
 * Request line and fields, joined by CR LF, without the last CR LF and without the fields that frame the body.
 * @param host  value of `host` when the request names no authority
 * @param close the connection will not be used again
 * @throws GatewayError SLUICE_INTERNAL when something cannot be written
 */
export function writeHead(request: UpstreamRequest, host: string, close: boolean): string {
  const { method, target, authority, headers } = request;
  if (!isToken(method) || !TARGET.test(target) || !isFieldValue(authority)) {
    throw new GatewayError('SLUICE_INTERNAL', 'a request line that cannot be written');
  }
  let head = `${method} ${target} HTTP/1.1\r\nhost: ${authority === '' ? host : authority}`;
  head += close ? '\r\nconnection: close' : '\r\nconnection: keep-alive';
  const { flat } = headers;
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i]!;
    const value = flat[i + 1]!;
    // The listener has answered the expectation (RFC 9110 §10.1.1).
    if (name === 'expect') continue;
    const start = lineStart(name);
    if (start === null || !isFieldValue(value)) {
      throw new GatewayError('SLUICE_INTERNAL', `a header that cannot be written, ${name.slice(0, 100)}`);
    }
    head += start + value;
  }
  return head;
}
