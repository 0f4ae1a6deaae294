// Which strings somebody could fetch: those that begin like an absolute or a protocol-relative URL.
import { Scratch } from './scratch';

const SLASH: u8 = 0x2f;
const BACKSLASH: u8 = 0x5c;
const COLON: u8 = 0x3a;
const PERCENT: u8 = 0x25;
const MOST_SCHEME = 32;
/** So often a text may have been percent-encoded on top. */
const MOST_DECODED = 3;

/** Schemes that need no slash behind their colon. */
const BARE: StaticArray<string> = [
  'https',
  'http',
  'wss',
  'ws',
  'ftp',
  'file',
  'blob',
  'data',
  'feed',
  'filesystem',
  'jar',
  'javascript',
  'netdoc',
  'url',
  'vbscript',
  'view-source',
];

/** The scheme of the text that is looked at, in lower case. */
const scheme = memory.data(32);

/**
 * True for a text that begins, behind any white space, with `//` or with a scheme, a colon and a slash, backslashes
 * counted as slashes; with one of a few schemes that need no slash; or that does so once it is percent-decoded. It
 * allocates nothing but the scratch, since a body may have very many strings.
 */
export function looksLikeUrl(at: usize, end: usize, scratch: Scratch): bool {
  for (let i = 0; i <= MOST_DECODED; i++) {
    if (beginsLikeUrl(at, end)) return true;
    if (!hasPercent(at, end)) return false;
    // In place, from the second time on: it gets shorter.
    const to = scratch.reserve(end - at);
    end = decodePercent(at, end, to);
    if (end == 0) return false;
    at = to;
  }
  return false;
}

function beginsLikeUrl(at: usize, end: usize): bool {
  at = skipDropped(skipSpace(at, end), end);
  if (isSlashAt(at, end)) return isSlashAt(skipDropped(at + 1, end), end);
  let length = 0;
  for (; at < end && load<u8>(at) != COLON; at = skipDropped(at + 1, end)) {
    const byte = load<u8>(at);
    if (length == MOST_SCHEME || !isSchemeByte(byte, length == 0)) return false;
    store<u8>(scheme + length++, byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte);
  }
  if (length == 0 || at >= end) return false;
  if (isSlashAt(skipDropped(at + 1, end), end)) return true;
  // `data: 5 items` is prose.
  return at + 1 < end && load<u8>(at + 1) != 0x20 && isBare(length);
}

function isBare(length: i32): bool {
  for (let i = 0; i < BARE.length; i++) {
    const text = BARE[i];
    if (text.length != length) continue;
    let same = 0;
    while (same < length && text.charCodeAt(same) == load<u8>(scheme + same)) same++;
    if (same == length) return true;
  }
  return false;
}

function hasPercent(at: usize, end: usize): bool {
  while (at < end && load<u8>(at) != PERCENT) at++;
  return at < end;
}

/** Answers the address behind the result; 0 when a `%` is not followed by two hex digits. */
function decodePercent(at: usize, end: usize, to: usize): usize {
  while (at < end) {
    const byte = load<u8>(at++);
    if (byte != PERCENT) {
      store<u8>(to++, byte);
      continue;
    }
    if (at + 2 > end) return 0;
    const high = hexDigit(load<u8>(at));
    const low = hexDigit(load<u8>(at + 1));
    if ((high | low) < 0) return 0;
    store<u8>(to++, (high << 4) | low);
    at += 2;
  }
  return to;
}

/** Value of a hex digit, or -1. */
function hexDigit(byte: u32): i32 {
  if (byte - 0x30 < 10) return byte - 0x30;
  const letter = (byte | 0x20) - 0x61;
  return letter < 6 ? letter + 10 : -1;
}

/** Parsers of URLs drop tabs and newlines wherever they stand. */
function skipDropped(at: usize, end: usize): usize {
  while (at < end && (load<u8>(at) == 0x09 || load<u8>(at) == 0x0a || load<u8>(at) == 0x0d)) at++;
  return at;
}

/** Over what a service may trim before it fetches: control characters and the white space of Unicode. */
function skipSpace(at: usize, end: usize): usize {
  while (at < end) {
    const size = spaceLength(at, end);
    if (size == 0) break;
    at += size;
  }
  return at;
}

function spaceLength(at: usize, end: usize): i32 {
  const first = load<u8>(at);
  if (first <= 0x20 || first == 0x7f) return 1;
  if (first < 0xc2 || at + 2 > end) return 0;
  const second = load<u8>(at, 1);
  if (first == 0xc2) return second == 0x85 || second == 0xa0 ? 2 : 0;
  if (first >> 4 != 0x0e || at + 3 > end) return 0;
  const point = ((<u32>(first & 0x0f)) << 12) | ((<u32>(second & 0x3f)) << 6) | (load<u8>(at, 2) & 0x3f);
  return isWideSpace(point) ? 3 : 0;
}

function isWideSpace(point: u32): bool {
  if (point >= 0x2000 && point <= 0x200f) return true;
  return (
    point == 0x1680 ||
    point == 0x180e ||
    point == 0x2028 ||
    point == 0x2029 ||
    point == 0x202f ||
    point == 0x205f ||
    point == 0x2060 ||
    point == 0x3000 ||
    point == 0xfeff
  );
}

function isSlashAt(at: usize, end: usize): bool {
  return at < end && (load<u8>(at) == SLASH || load<u8>(at) == BACKSLASH);
}

function isSchemeByte(byte: u32, isFirst: bool): bool {
  if ((byte | 0x20) - 0x61 < 26) return true;
  return !isFirst && (byte - 0x30 < 10 || byte == 0x2b || byte == 0x2d || byte == 0x2e);
}
