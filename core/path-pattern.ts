// The syntax of `match.path` and `match.hosts`: what the router builds its tree from is what the configuration
// was checked against. Floor 0, because those two rooms do not know each other.
import { isIPv4, isIPv6 } from 'node:net';
import { GatewayError } from './errors.js';

/** One segment between two slashes. A wildcard stands for the rest of the path, slashes and all. */
export type PathSegment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'parameter'; readonly name: string }
  | { readonly kind: 'wildcard' };

export interface PathPattern {
  /** In canonical form: percent-encodings in upper case, none of an unreserved character. */
  readonly segments: readonly PathSegment[];
  /** Names in the order of the segments; the wildcard is called `*`. */
  readonly parameters: readonly string[];
  /** The pattern without its parameter names: two patterns of one shape claim the same paths. */
  readonly shape: string;
  /** The literal segments before the first other one, each with its slash: every path that fits begins with them. */
  readonly prefix: string;
  /** How many these are. */
  readonly depth: number;
}

/** Longest pattern, in UTF-16 units. */
const MAX_PATTERN_LENGTH = 1024;

const PARAMETER_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
// pchar of RFC 3986 §3.3 without `*`, which is the wildcard, and with what encodeURI will encode.
const LITERAL = /^(?:[A-Za-z0-9\-._~!$&'()+,;=:@\u0080-\uffff]|%[0-9A-Fa-f]{2})+$/;
const PERCENT_ENCODED = /%[0-9A-Fa-f]{2}/g;
/** Without anything that is encoded or has to be. */
const CANONICAL = /^[^%\u0080-\uffff]*$/;
const UNRESERVED = /^[A-Za-z0-9\-._~]$/;
// Listeners refuse these in a target, so a literal that has one could never match.
const NEVER_SENT = /%(?:2f|5c|00)/i;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Says what is wrong with a path pattern: null when it can be used, else what was expected instead, as the
 * end of a sentence that begins with "expected".
 */
export function checkPathPattern(text: string): string | null {
  if (text.length > MAX_PATTERN_LENGTH) return `at most ${MAX_PATTERN_LENGTH} characters`;
  if (!text.startsWith('/')) return 'a path that begins with "/"';
  const segments = text.slice(1).split('/');
  const names = new Set<string>();
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1;
    const problem = checkSegment(segment, last);
    if (problem !== null) return problem;
    if (!segment.startsWith(':')) continue;
    if (names.has(segment)) return `each parameter once, but ${JSON.stringify(segment)} stands twice`;
    names.add(segment);
  }
  return null;
}

function checkSegment(segment: string, last: boolean): string | null {
  if (segment === '') return last ? null : 'no empty segment ("//")';
  if (segment === '*') return last ? null : '"*" as the last segment only';
  if (segment.includes('*')) return `"*" as a whole segment, not inside ${JSON.stringify(segment)}`;
  if (segment.startsWith(':')) {
    return PARAMETER_NAME.test(segment.slice(1))
      ? null
      : `a parameter of one whole segment named by letters, digits and "_", not ${JSON.stringify(segment)}`;
  }
  if (segment.startsWith('{')) return `a parameter written ":name", not ${JSON.stringify(segment)}`;
  // A large configuration has tens of thousands of segments, most of which are plain.
  const isPlain = CANONICAL.test(segment);
  if (!LITERAL.test(segment) || (!isPlain && LONE_SURROGATE.test(segment))) {
    return `path characters (RFC 3986), others percent-encoded, in ${JSON.stringify(segment)}`;
  }
  if (!isPlain && NEVER_SENT.test(segment)) {
    return `no %2F, %5C or %00, which listeners refuse, in ${JSON.stringify(segment)}`;
  }
  const literal = isPlain ? segment : canonicalLiteral(segment);
  return literal === '.' || literal === '..' ? 'no "." or ".." segment' : null;
}

/**
 * Parses a path pattern.
 * @throws GatewayError SLUICE_ROUTE_PATTERN when `checkPathPattern` finds fault with it
 */
export function parsePathPattern(text: string): PathPattern {
  const problem = checkPathPattern(text);
  if (problem !== null) {
    throw new GatewayError('SLUICE_ROUTE_PATTERN', `found ${JSON.stringify(text)}, expected ${problem}`);
  }
  return readPathPattern(text);
}

/** Likewise, of a text that `checkPathPattern` has found no fault with. */
export function readPathPattern(text: string): PathPattern {
  const segments = text.slice(1).split('/').map(parseSegment);
  const parameters: string[] = [];
  let shape = '';
  let prefix = '';
  let depth = 0;
  for (const [index, segment] of segments.entries()) {
    if (segment.kind === 'literal') shape += `/${segment.text}`;
    else if (segment.kind === 'parameter') shape += '/:';
    else shape += '/*';
    if (segment.kind === 'parameter') parameters.push(segment.name);
    if (segment.kind === 'wildcard') parameters.push('*');
    if (segment.kind === 'literal' && depth === index) {
      prefix = shape;
      depth += 1;
    }
  }
  return { segments, parameters, shape, prefix, depth };
}

function parseSegment(segment: string): PathSegment {
  if (segment === '*') return { kind: 'wildcard' };
  if (segment.startsWith(':')) return { kind: 'parameter', name: segment.slice(1) };
  return { kind: 'literal', text: canonicalLiteral(segment) };
}

/** The form in which a listener hands a path on (RFC 3986 §6.2.2). */
function canonicalLiteral(segment: string): string {
  if (CANONICAL.test(segment)) return segment;
  const ascii = segment.replace(/[\u0080-\uffff]+/g, encodeURIComponent);
  return ascii.replace(PERCENT_ENCODED, (encoded) => {
    const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
    return UNRESERVED.test(character) ? character : encoded.toUpperCase();
  });
}

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i;

/**
 * True for what may stand before the port of an authority: a name of DNS labels (at most 253 characters), an
 * IPv4 address in four decimal parts, an IPv6 address in brackets without a zone.
 */
export function isHost(text: string): boolean {
  if (text.startsWith('[')) return text.endsWith(']') && !text.includes('%') && isIPv6(text.slice(1, -1));
  if (isIPv4(text)) return true;
  const labels = text.split('.');
  // URL parsers read a name that ends in a number as an IPv4 address, each in its own way.
  const last = labels[labels.length - 1]!;
  return (
    text.length <= 253 && !/^(?:\d+|0x[0-9a-f]*)$/i.test(last) && labels.every((label) => LABEL.test(label))
  );
}

/**
 * Says what is wrong with a host pattern (`api.example.com`, `*.example.com` for one label, any case):
 * null when it can be used, else what was expected instead.
 */
export function checkHostPattern(text: string): string | null {
  if (text === '*') return 'no "hosts" at all when every host is meant';
  const wildcard = text.startsWith('*.');
  const name = wildcard ? text.slice(2) : text;
  if (name.includes('*')) return '"*" as the whole first label only, as in "*.example.com"';
  if (/[^\x00-\x7f]/.test(name)) return 'an internationalised name in its "xn--" form';
  if (/^[^:]*:\d*$|\]:\d*$/.test(name)) return 'a host without a port';
  const isAddress = name.startsWith('[') || isIPv4(name);
  if (!isHost(name) || (wildcard && isAddress)) {
    return 'a host such as "api.example.com" or "*.example.com"';
  }
  return null;
}
