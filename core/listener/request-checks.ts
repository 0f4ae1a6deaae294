// What a request must be before anything else looks at it (RFC 9110, RFC 9112, DESIGN §7 and §10): whatever two
// parsers could read differently is refused, never repaired. Pure and on the hot path: nothing is allocated when
// a request is fine.
import { type ErrorCode, GatewayError } from '../errors.js';
import { isAsciiValue, isToken, isUnframedName, parseLength } from '../headers.js';
import { checkPath, checkQuery } from '../target.js';

/** What the checks learned on their one pass over the fields. Reused by an engine from request to request. */
export class RequestFacts {
  /** The `host` field in lower case; empty when it was refused. */
  authority = '';
  /** Bytes of the body: 0 without one, null when it is chunked. */
  bodyLength: number | null = 0;
  /** True when the client asked to close the connection after the response. */
  close = false;
  /** True when a value has bytes beyond ASCII: the engine must make sure that it shows them as they came. */
  highBytes = false;
  /** What a well-formed request asks of us that we do not do; null for nothing. */
  wish: GatewayError | null = null;
}

const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/;
// Stricter than RFC 3986: no userinfo, no sub-delims, no percent-encoding, because routes are chosen by it.
const HOST = /^(?:[a-z0-9._~-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$/;
const CLOSE_OPTION = /(?:^|,)[\t ]*close[\t ]*(?:,|$)/i;

/** The last `host` that was fine, and that in lower case: the next request names it again as a rule. */
let lastHost: string | null = null;
let lastAuthority = '';

/**
 * Checks a request and fills `facts`.
 *
 * @param path  target up to the first `?`, as sent
 * @param query target after it, as sent
 * @param flat  fields `[name, value, …]`, names in lower case
 * @returns null when the request is fine; else SLUICE_LISTEN_MALFORMED, SLUICE_LISTEN_METHOD (CONNECT, TRACE,
 *          protocol upgrades) or SLUICE_LISTEN_EXPECTATION. `facts` is complete only when null is returned.
 */
export function checkRequest(
  method: string,
  path: string,
  query: string,
  flat: readonly string[],
  facts: RequestFacts,
): GatewayError | null {
  const problem = checkFields(flat, facts) ?? checkPath(path) ?? checkQuery(query);
  if (problem !== null) return refuse('SLUICE_LISTEN_MALFORMED', problem);
  return checkMethod(method) ?? facts.wish;
}

/**
 * Checks fields that came after a body (RFC 9110 §6.5.1).
 * @returns null when they are fine, else what is wrong with them
 */
export function trailerProblem(flat: readonly string[]): string | null {
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i]!;
    if (!isUnframedName(name)) return `trailer ${printable(name)} may not come after a body`;
    if (CONTROL.test(flat[i + 1]!)) return `the value of trailer ${printable(name)} has a control character`;
  }
  return null;
}

/** The error of a request with a field value that the engine cannot show byte for byte. */
export function unreadableValue(name: string): GatewayError {
  return refuse('SLUICE_LISTEN_MALFORMED', `the bytes of field ${name} cannot be told for certain`);
}

/** The error of a request that a preamble of the PROXY protocol stands before, where nobody has asked for one. */
export function unwantedPreamble(): GatewayError {
  return refuse(
    'SLUICE_LISTEN_MALFORMED',
    'there is a preamble of the PROXY protocol, which the listener does not take',
  );
}

function refuse(code: ErrorCode, problem: string): GatewayError {
  return new GatewayError(code, problem);
}

function checkMethod(method: string): GatewayError | null {
  switch (method) {
    case 'GET':
    case 'POST':
    case 'HEAD':
    case 'PUT':
    case 'DELETE':
    case 'PATCH':
    case 'OPTIONS':
      return null;
    case 'CONNECT':
    case 'TRACE':
      return refuse('SLUICE_LISTEN_METHOD', `${method} is not forwarded`);
    default:
      return isToken(method) ? null : refuse('SLUICE_LISTEN_MALFORMED', 'the method is not a token');
  }
}

/** One pass over the fields: syntax, host and framing (RFC 9112 §3.2, §6). */
function checkFields(flat: readonly string[], facts: RequestFacts): string | null {
  facts.authority = '';
  facts.bodyLength = 0;
  facts.close = false;
  facts.highBytes = false;
  facts.wish = null;
  let hosts = 0;
  let lengths = 0;
  let encodings = 0;
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i]!;
    const value = flat[i + 1]!;
    if (!isAsciiValue(value)) {
      if (CONTROL.test(value)) return `the value of field ${printable(name)} has a control character`;
      facts.highBytes = true;
    }
    switch (name) {
      case 'host':
        if (++hosts > 1) return 'there is more than one host';
        if (value !== lastHost) {
          const authority = value.toLowerCase();
          if (!HOST.test(authority)) return 'host is not a host name with an optional port';
          lastHost = value;
          lastAuthority = authority;
        }
        facts.authority = lastAuthority;
        break;
      case 'content-length':
        if (++lengths > 1) return 'there is more than one content-length';
        facts.bodyLength = parseLength(value);
        if (facts.bodyLength === null) return 'content-length is not a number of bytes';
        break;
      case 'transfer-encoding':
        if (++encodings > 1) return 'there is more than one transfer-encoding';
        if (value !== 'chunked' && value.toLowerCase() !== 'chunked') {
          return 'transfer-encoding is not chunked';
        }
        break;
      case 'connection':
        if (value === 'close' || CLOSE_OPTION.test(value)) facts.close = true;
        break;
      case 'upgrade':
        facts.wish ??= checkUpgrade(value);
        break;
      case 'expect':
        facts.wish ??= checkExpectation(value);
        break;
      default:
        if (!isUnframedName(name) && !isToken(name)) return `field name ${printable(name)} is not a token`;
    }
  }
  if (hosts === 0) return 'there is no host';
  if (encodings > 0) {
    if (lengths > 0) return 'there are both content-length and transfer-encoding';
    facts.bodyLength = null;
  }
  return null;
}

/**
 * RFC 9110 §7.8 lets a server ignore an upgrade. Java's HttpClient offers h2c with every clear-text request and is content
 * without it; whoever asks for another protocol has no use for HTTP.
 */
function checkUpgrade(value: string): GatewayError | null {
  if (value.toLowerCase() === 'h2c') return null;
  return refuse('SLUICE_LISTEN_METHOD', 'protocol upgrades are not forwarded');
}

function checkExpectation(value: string): GatewayError | null {
  if (value.toLowerCase() === '100-continue') return null;
  return refuse('SLUICE_LISTEN_EXPECTATION', 'the expectation is not 100-continue');
}

/** A name that is no token must not reach the log as it came. */
function printable(name: string): string {
  return `"${name.slice(0, 64).replace(/[^\x21-\x7e]/g, '?')}"`;
}
