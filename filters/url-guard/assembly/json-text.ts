// Over JSON that was found to be strict: nothing here looks for what is not there.
import { Bytes, Json } from 'sluice';

const QUOTE: u8 = 0x22;
const BACKSLASH: u8 = 0x5c;

/** What a string with its quotes stands for. */
export function contentOf(raw: Bytes): Bytes {
  return raw.indexOfByte(BACKSLASH) < 0 ? raw.slice(1, raw.length - 1) : Json.parse(raw).bytes;
}

export function hasEscapes(at: usize, end: usize): bool {
  while (at < end && load<u8>(at) != BACKSLASH) at++;
  return at < end;
}

/**
 * Decodes what stands between the quotes of a string, to be compared: half of a surrogate pair becomes three bytes. It
 * never gets longer. Answers the address behind the result.
 */
export function decodeInto(at: usize, end: usize, to: usize): usize {
  while (at < end) {
    const byte = load<u8>(at++);
    if (byte != BACKSLASH) {
      store<u8>(to++, byte);
      continue;
    }
    const letter = load<u8>(at++);
    if (letter != 0x75) {
      store<u8>(to++, unescape(letter));
      continue;
    }
    let point = unitAt(at);
    at += 4;
    if (
      point >> 10 == 0x36 &&
      at + 6 <= end &&
      load<u16>(at) == 0x755c /* \u */ &&
      unitAt(at + 2) >> 10 == 0x37
    ) {
      point = 0x10000 + ((point & 0x3ff) << 10) + (unitAt(at + 2) & 0x3ff);
      at += 6;
    }
    to = encodeInto(point, to);
  }
  return to;
}

/** Writes a code point in UTF-8. Answers the address behind it. */
function encodeInto(point: u32, to: usize): usize {
  if (point < 0x80) {
    store<u8>(to, point);
    return to + 1;
  }
  if (point < 0x800) store<u8>(to++, 0xc0 | (point >> 6));
  else {
    if (point < 0x10000) store<u8>(to++, 0xe0 | (point >> 12));
    else {
      store<u8>(to++, 0xf0 | (point >> 18));
      store<u8>(to++, 0x80 | ((point >> 12) & 0x3f));
    }
    store<u8>(to++, 0x80 | ((point >> 6) & 0x3f));
  }
  store<u8>(to, 0x80 | (point & 0x3f));
  return to + 1;
}

/** A normalised URL as it stands between quotes: all it may have that needs an escape are backslashes. */
export function escapeUrl(href: Bytes): Bytes {
  let count = 0;
  for (let i = 0; i < href.length; i++) if (href[i] == BACKSLASH) count++;
  if (count == 0) return href;
  const start = __sluice_reserve(href.length + count);
  let to = start;
  for (let i = 0; i < href.length; i++) {
    if (href[i] == BACKSLASH) store<u8>(to++, BACKSLASH);
    store<u8>(to++, href[i]);
  }
  return new Bytes(start, <i32>(to - start));
}

function unescape(letter: u32): u32 {
  switch (letter) {
    case 0x62: // b
      return 0x08;
    case 0x66: // f
      return 0x0c;
    case 0x6e: // n
      return 0x0a;
    case 0x72: // r
      return 0x0d;
    case 0x74: // t
      return 0x09;
    default:
      return letter;
  }
}

/** Value of four hex digits. */
function unitAt(at: usize): u32 {
  return (digitAt(at) << 12) | (digitAt(at + 1) << 8) | (digitAt(at + 2) << 4) | digitAt(at + 3);
}

/** Value of a hex digit. */
function digitAt(at: usize): u32 {
  const byte = <u32>load<u8>(at);
  return byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57;
}

/** Address of the first byte that is no space; there is one. */
export function skipSpace(at: usize): usize {
  while (load<u8>(at) <= 0x20) at++;
  return at;
}

/** Address behind the quote that ends a string; `at` is behind the one that begins it. */
export function stringEnd(at: usize): usize {
  while (load<u8>(at) != QUOTE) at += load<u8>(at) == BACKSLASH ? 2 : 1;
  return at + 1;
}

/** Address behind a number or literal. */
export function scalarEnd(at: usize, end: usize): usize {
  while (at < end) {
    const byte = load<u8>(at);
    if (byte <= 0x20 || byte == 0x2c || byte == 0x5d || byte == 0x7d) break;
    at++;
  }
  return at;
}
