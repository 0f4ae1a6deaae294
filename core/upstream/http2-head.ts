// The heads of HTTP/2 as Node's client takes and gives them (RFC 9113 §8). What is sent was checked where it came from and is
// checked once more here, as request-head.ts does.
import type { OutgoingHttpHeaders } from 'node:http2';
import { GatewayError } from '../errors.js';
import { isFieldValue, isToken, isUnframedName } from '../headers.js';
import { ProtocolError } from './failure.js';
import { ResponseHead } from './response-head.js';
import type { UpstreamRequest } from './upstream.js';

const TARGET = /^[\x21-\x7e\x80-\xff]+$/;
const STATUS = ':status';
/** As for HTTP/1.1, with what RFC 9113 §6.5.2 counts for each field. */
export const MAX_HTTP2_HEAD_BYTES = 24 * 1024;
const FIELD_OVERHEAD_BYTES = 32;

/**
 * The fields of a request, without those that describe its body.
 * @param origin the target; its host is the authority when the request names none
 * @throws GatewayError SLUICE_INTERNAL when something cannot be written
 */
export function writeHttp2Head(request: UpstreamRequest, origin: URL): OutgoingHttpHeaders {
  const { method, target, authority, headers, acceptsTrailers } = request;
  if (!isToken(method) || !TARGET.test(target) || !isFieldValue(authority)) {
    throw new GatewayError('SLUICE_INTERNAL', 'a request line that cannot be written');
  }
  const { flat } = headers;
  for (let i = 0; i < flat.length; i += 2) {
    if (flat[i] === 'expect' || (isUnframedName(flat[i]!) && isFieldValue(flat[i + 1]!))) continue;
    throw new GatewayError('SLUICE_INTERNAL', `a header that cannot be written, ${flat[i]!.slice(0, 100)}`);
  }
  const head = fieldsOf(flat);
  // The listener has answered the expectation (RFC 9110 §10.1.1).
  delete head['expect'];
  // Of the upgrade from HTTP/1.1, which RFC 9113 has no more.
  delete head['http2-settings'];
  head[':method'] = method;
  head[':scheme'] = origin.protocol.slice(0, -1);
  head[':authority'] = authority === '' ? origin.host : authority;
  head[':path'] = target;
  // RFC 9113 §8.2.2: of what `te` can say, this alone.
  if (acceptsTrailers) head['te'] = 'trailers';
  return head;
}

/** Fields with several values as lists, which Node sends one by one, but for those that it allows once: these are joined. */
export function fieldsOf(flat: readonly string[]): OutgoingHttpHeaders {
  const fields: Record<string, string | string[]> = Object.create(null);
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i]!;
    const value = flat[i + 1]!;
    const before = fields[name];
    if (before === undefined) fields[name] = value;
    // RFC 9110 §5.3
    else if (SINGLE.has(name)) fields[name] = `${before}, ${value}`;
    else if (Array.isArray(before)) before.push(value);
    else fields[name] = [before, value];
  }
  return fields;
}

/**
 * @param raw `[name, value, …]`, as nghttp2 has checked it
 * @throws ProtocolError
 */
export function readHttp2Head(raw: readonly string[], ended: boolean): ResponseHead {
  let status = 0;
  let bytes = 0;
  for (let i = 0; i < raw.length; i += 2) {
    bytes += raw[i]!.length + raw[i + 1]!.length + FIELD_OVERHEAD_BYTES;
    if (raw[i] === STATUS) status = Number(raw[i + 1]);
  }
  // The peer was told so, but may not have heard it before its first answers.
  if (bytes > MAX_HTTP2_HEAD_BYTES)
    throw new ProtocolError(`a head of more than ${MAX_HTTP2_HEAD_BYTES} bytes`);
  const head = new ResponseHead(status, ended);
  for (let i = 0; i < raw.length; i += 2) {
    if (raw[i] !== STATUS) head.add(raw[i]!, raw[i + 1]!);
  }
  head.seal();
  return head;
}

/** What Node takes no list of. */
const SINGLE: ReadonlySet<string> = new Set([
  ...['access-control-allow-credentials', 'access-control-max-age', 'access-control-request-method', 'age'],
  ...['authorization', 'content-encoding', 'content-language', 'content-length', 'content-location'],
  ...['content-md5', 'content-range', 'content-type', 'date', 'dnt', 'etag', 'expires', 'from', 'host'],
  ...['if-match', 'if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since', 'last-modified'],
  ...['location', 'max-forwards', 'proxy-authorization', 'range', 'referer', 'retry-after', 'tk'],
  ...['upgrade-insecure-requests', 'user-agent', 'x-content-type-options'],
]);
