// The `format` names of the schema: what JSON Schema cannot say of a string, each with the words for an error.
import { isIP } from 'node:net';
import type { ErrorCode } from '../errors.js';
import { isFieldValue, isFramingField, isToken } from '../headers.js';
import { parseModuleReference } from '../module-reference.js';
import { NetworkSet } from '../network-set.js';
import { checkHostPattern, checkPathPattern } from '../path-pattern.js';
import { canonicalName } from '../tls/canonical-name.js';
import { UrlAllowList } from '../url-allow-list.js';
import { parseUrlPathPattern } from '../url-path.js';
import { isLoopback, parseAddress, parseOrigin } from './address.js';

export interface TextFormat {
  /** Code of the error for a text that does not fit. */
  readonly code: ErrorCode;
  /** Null when the text fits, else what was expected. */
  readonly check: (text: string) => string | null;
  /** The text may be a credential: errors do not show it. */
  readonly confidential?: boolean;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const METHOD = /^[A-Z][A-Z0-9!#$%&'*+.^_`|~-]*$/;
// Methods that listeners refuse (SLUICE_LISTEN_METHOD): a route for one would never be asked.
const NEVER_FORWARDED: ReadonlySet<string> = new Set(['CONNECT', 'TRACE']);
const BUILTIN = /^builtin:[a-z][a-z0-9-]*$/;
const FILE = /^(?:\/|\.{1,2}\/)[^\x00]+$/;
const PIN = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;
const DNS_NAME =
  /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;
/** Without `*`, which somebody would take for a wildcard. */
const CLIENT_URI = /^[a-z][a-z0-9+.-]*:[!-)+-~]+$/i;
const SPIFFE_BELOW = /^spiffe:\/\/[a-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*\/\*$/;
const FINGERPRINT = /^(?:[0-9a-f]{64}|[0-9a-f]{2}(?::[0-9a-f]{2}){31})$/i;
const REQUEST_PATH = /^\/[!-"$-~]*$/;

function invalid(check: (text: string) => string | null, confidential = false): TextFormat {
  return { code: 'SLUICE_CONFIG_INVALID', check, confidential };
}

function expecting(fits: (text: string) => boolean, expected: string): TextFormat {
  return invalid((text) => (fits(text) ? null : expected));
}

export const TEXT_FORMATS = {
  'sluice-name': expecting(
    (text) => NAME.test(text),
    'a name of at most 128 letters, digits, ".", "_" and "-" that begins with a letter or digit',
  ),
  'sluice-method': invalid(checkMethod),
  'sluice-address': expecting(
    (text) => parseAddress(text) !== null,
    'an address "host:port", such as "0.0.0.0:8080" or "[::1]:8080"',
  ),
  'sluice-loopback-address': invalid(checkLoopback),
  'sluice-proxy-network': invalid(checkProxyNetwork),
  'sluice-distinguished-name': expecting(
    (text) => canonicalName(text) !== null,
    'a distinguished name such as "CN=billing,O=Example", its most specific part first (RFC 4514)',
  ),
  'sluice-dns-name': expecting((text) => DNS_NAME.test(text), 'a domain such as "billing.example.com"'),
  'sluice-client-uri': expecting(
    (text) => CLIENT_URI.test(text) || SPIFFE_BELOW.test(text),
    'a URI in full, or a SPIFFE id and "/*", such as "spiffe://example.org/ns/pay/*"',
  ),
  'sluice-fingerprint': expecting(
    (text) => FINGERPRINT.test(text),
    'a SHA-256 fingerprint: 64 hex digits, or 32 pairs with colons between',
  ),
  'sluice-origin': expecting(
    (text) => parseOrigin(text) !== null,
    'an origin "http://host:port" or "https://host:port" without path, query or credentials',
  ),
  'sluice-module': expecting(
    (text) => BUILTIN.test(text) || FILE.test(text) || parseModuleReference(text) !== null,
    '"builtin:NAME", a path that begins with "./", "../" or "/", or "etcd:NAME@sha256:" and 64 hex digits',
  ),
  'sluice-url-host': invalid(checkUrlHost),
  'sluice-url-path': invalid(checkUrlPath),
  'sluice-request-path': expecting(
    (text) => REQUEST_PATH.test(text),
    'a path that begins with "/", in printable ASCII without spaces and "#"',
  ),
  'sluice-header-name': invalid(checkHeaderName),
  'sluice-header-value': invalid(checkHeaderValue, true),
  'sluice-secret': invalid(checkSecret, true),
  'sluice-pem': expecting(
    (text) => FILE.test(text) || checkSecret(text) === null,
    'a path that begins with "./", "../" or "/", or a reference such as "secret://tls/key"',
  ),
  'sluice-pin': expecting(
    (text) => PIN.test(text),
    'the SHA-256 of a public key in Base64: 43 characters and "="',
  ),
  'sluice-server-name': expecting(
    (text) => checkHostPattern(text) === null && !text.startsWith('*') && isIP(text) === 0,
    'a host name without port',
  ),
  'sluice-path-pattern': { code: 'SLUICE_ROUTE_PATTERN', check: checkPathPattern },
  'sluice-host-pattern': { code: 'SLUICE_ROUTE_PATTERN', check: checkHostPattern },
} as const satisfies Readonly<Record<string, TextFormat>>;

export type TextFormatName = keyof typeof TEXT_FORMATS;

/** A network of every address would be one that every client is in. */
function checkProxyNetwork(text: string): string | null {
  if (/\/0$/.test(text)) return 'a network of proxies, not every address there is';
  try {
    new NetworkSet([text]);
    return null;
  } catch (cause) {
    return `an address or a network such as "10.0.0.0/8": ${(cause as Error).message}`;
  }
}

function checkSecret(text: string): string | null {
  return /^secret(?:\+[a-z0-9]+)?:\/\//.test(text)
    ? null
    : 'a reference such as "secret+file:///run/secrets/token"';
}

function checkUrlHost(text: string): string | null {
  try {
    new UrlAllowList({ hosts: [text] });
    return null;
  } catch {
    return 'a domain in lower case ASCII, "*." and a domain, an IP address without brackets, a network, or "*"';
  }
}

function checkUrlPath(text: string): string | null {
  try {
    parseUrlPathPattern(text);
    return null;
  } catch (cause) {
    return `a path pattern such as "/files/*", in which ${(cause as Error).message}`;
  }
}

function checkMethod(text: string): string | null {
  if (!METHOD.test(text)) return 'a method in upper case, such as "GET"';
  return NEVER_FORWARDED.has(text) ? 'a method that is forwarded, which CONNECT and TRACE are not' : null;
}

function checkLoopback(text: string): string | null {
  const address = parseAddress(text);
  if (address === null) return 'an address "host:port" on loopback, such as "127.0.0.1:9901"';
  return isLoopback(address) ? null : 'a loopback address, such as "127.0.0.1:9901" or "[::1]:9901"';
}

function checkHeaderName(text: string): string | null {
  if (!isToken(text)) return 'a header name (a token of RFC 9110)';
  return isFramingField(text.toLowerCase())
    ? 'no hop-by-hop and no framing header, which the gateway writes itself'
    : null;
}

function checkHeaderValue(text: string): string | null {
  if (!isFieldValue(text)) return 'a header value in Latin-1 without control characters';
  return text === text.trim() ? null : 'a header value without white space around it';
}
