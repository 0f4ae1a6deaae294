// What the target of a request must look like (RFC 9112 §3.2.1, origin-form only) and how its path is normalised
// (RFC 3986 §6.2.2): the listener checks what clients send, the ABI what filters write. Floor 0, imports nothing.
// On the hot path: one look at each character, nothing allocated when it is fine.

const SLASH = 0x2f;
const DOT = 0x2e;
const PERCENT = 0x25;
const SEMICOLON = 0x3b;
const BACKSLASH = 0x5c;
const HASH = 0x23;
const QUESTION = 0x3f;
const LOWER_A = 0x61;

const ENCODED = /%[0-9A-Fa-f]{2}/g;
const UNRESERVED = /^[A-Za-z0-9\-._~]$/;
/** What an escape of each byte becomes: the character itself where it is unreserved. */
const SPELLINGS: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return UNRESERVED.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
});
const QUERY = /^(?:[\x21\x22\x24\x26-\x5b\x5d-\x7e]|%[0-9A-Fa-f]{2})*$/;
const PLAIN_QUERY = /^[\x21\x22\x24\x26-\x5b\x5d-\x7e]*$/;

/**
 * Checks the path of a target as sent.
 *
 * Refused: what does not begin with `/` (absolute-form, asterisk-form, authority-form), empty segments, segments
 * `.` and `..` (also percent-encoded, also before `;`), backslash, `#`, controls, bytes beyond ASCII, escapes that
 * are not two hex digits, and escapes of controls, slash and backslash, or of bytes that only a lenient UTF-8 decoder reads.
 *
 * @returns null when it is fine, else what is wrong with it
 */
export function checkPath(path: string): string | null {
  if (path.charCodeAt(0) !== SLASH) return 'the target is not in origin-form';
  const end = path.length;
  let start = 1;
  // Number of dots while a segment has nothing else, -1 from its first other character on.
  let dots = 0;
  for (let i = 1; i < end; i++) {
    const code = path.charCodeAt(i);
    if (code === SLASH) {
      if (i === start) return 'the path has an empty segment';
      if (dots === 1 || dots === 2) return 'the path has a dot segment';
      start = i + 1;
      dots = 0;
    } else if (code === DOT) {
      if (dots >= 0) dots++;
    } else if (code === PERCENT) {
      const byte = escapedByte(path, i);
      if (byte < 0) return 'the path has an invalid percent-escape';
      if (byte < 0x20 || byte === 0x7f) return 'the path has an encoded control character';
      if (byte === SLASH || byte === BACKSLASH) return 'the path has an encoded slash or backslash';
      if (byte >= 0xc0 && isOverlong(byte, escapedByte(path, i + 3))) {
        return 'the path has an escape that is not UTF-8';
      }
      if (byte !== DOT) dots = -1;
      else if (dots >= 0) dots++;
      i += 2;
    } else if (code === SEMICOLON) {
      // Servlet containers cut path parameters off before they resolve dots.
      if (dots === 1 || dots === 2) return 'the path has a dot segment';
      dots = -1;
    } else {
      if (code <= 0x20 || code >= 0x7f) return 'the path has a character that must be percent-encoded';
      if (code === BACKSLASH || code === HASH || code === QUESTION) return 'the path has a backslash or #';
      dots = -1;
    }
  }
  return dots === 1 || dots === 2 ? 'the path has a dot segment' : null;
}

/**
 * Checks the query of a target as sent. It is opaque to the gateway, so only what no query may hold is refused:
 * `#`, backslash, controls, bytes beyond ASCII and escapes that are not two hex digits.
 *
 * @returns null when it is fine, else what is wrong with it
 */
export function checkQuery(query: string): string | null {
  if (query === '' || PLAIN_QUERY.test(query) || QUERY.test(query)) return null;
  return 'the query has an invalid character or percent-escape';
}

/**
 * Normalises a path that passed `checkPath`: escapes of unreserved characters are decoded, the hex digits of all
 * others become upper case (RFC 3986 §6.2.2.1 and §6.2.2.2). Idempotent.
 */
export function normalisePath(path: string): string {
  for (let at = path.indexOf('%'); at >= 0; at = path.indexOf('%', at + 3)) {
    if (!isNormalEscape(path, at)) return path.replace(ENCODED, normaliseEscape);
  }
  return path;
}

/** True when `normaliseEscape` would change nothing, as in most paths that have escapes at all. */
function isNormalEscape(path: string, at: number): boolean {
  const isUpper = path.charCodeAt(at + 1) < LOWER_A && path.charCodeAt(at + 2) < LOWER_A;
  return isUpper && SPELLINGS[escapedByte(path, at)]!.length === 3;
}

function normaliseEscape(triplet: string): string {
  return SPELLINGS[escapedByte(triplet, 0)]!;
}

/**
 * Bytes that no UTF-8 has, and the beginnings of characters that are longer than they need be: old decoders read
 * `%C0%AE` as a dot and `%C0%AF` as a slash (RFC 3629 §10).
 */
function isOverlong(byte: number, next: number): boolean {
  if (byte < 0xc2 || byte > 0xf4) return true;
  return (byte === 0xe0 && next < 0xa0) || (byte === 0xf0 && next < 0x90);
}

/** Byte that the escape at `at` stands for, -1 when it is none. */
function escapedByte(text: string, at: number): number {
  const high = hexDigit(text.charCodeAt(at + 1));
  const low = hexDigit(text.charCodeAt(at + 2));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/** Value of a hex digit, -1 for every other character and for NaN past the end. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
