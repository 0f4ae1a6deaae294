// What a request target may look like (RFC 9112 §3.2, RFC 3986): one spelling for each path, or none at all.
// Floor 0, imports nothing: the listener checks what clients send, the ABI what filters write.

/** pchar of RFC 3986 and `/`, with a `%` that is looked at more closely. */
const PATH = /^\/[A-Za-z0-9\-._~!$&'()*+,;=:@/%]*$/;
const QUERY = /^[A-Za-z0-9\-._~!$&'()*+,;=:@/?%[\]|"{}^`]*$/;
/** Segments that another parser could resolve or merge. */
const AMBIGUOUS = /\/\/|\/\.\.?(?:\/|$)/;
const ESCAPE = /%([0-9A-Fa-f]{2})?/g;
const UNRESERVED = /[A-Za-z0-9\-._~]/;
const BAD_ESCAPE = '\n';

/**
 * The one spelling of a path: percent-encoded unreserved characters are decoded and hex digits are upper case
 * (RFC 3986 §6.2.2), which changes nothing of its meaning.
 * Null for what two parsers could read differently: no leading slash, empty or dot segments (also encoded),
 * an encoded slash, backslash or control character, a broken escape, any character outside RFC 3986.
 */
export function normalisePath(path: string): string | null {
  if (!PATH.test(path)) return null;
  const normal = path.includes('%') ? path.replace(ESCAPE, normaliseEscape) : path;
  return normal.includes(BAD_ESCAPE) || AMBIGUOUS.test(normal) ? null : normal;
}

/** True for a query without `?` that can go on the wire as it is: printable ASCII, no space, `#` or backslash. */
export function isQuery(query: string): boolean {
  return QUERY.test(query);
}

function normaliseEscape(triplet: string, hex: string | undefined): string {
  if (hex === undefined) return BAD_ESCAPE;
  const code = Number.parseInt(hex, 16);
  const character = String.fromCharCode(code);
  if (UNRESERVED.test(character)) return character;
  if (code < 0x20 || code === 0x7f || character === '/' || character === '\\') return BAD_ESCAPE;
  return triplet.toUpperCase();
}
