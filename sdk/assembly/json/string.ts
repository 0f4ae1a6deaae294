// Decodes the content of JSON strings. Only for strings that the scanner has accepted.
import { Bytes } from '../bytes';
import { hexDigit } from '../percent';

/**
 * Decodes the content of a string (between its quotes) to UTF-8 and writes at most `room` bytes.
 * A lone surrogate becomes the three bytes UTF-8 would give it, so that different strings stay different.
 * Answers the number of bytes, or -1 when they do not fit.
 */
export function decodeString(at: usize, end: usize, to: usize, room: i32): i32 {
  let written = 0;
  while (at < end) {
    const byte = load<u8>(at);
    if (byte != 0x5c) {
      if (written == room) return -1;
      store<u8>(to + written++, byte);
      at++;
      continue;
    }
    const letter = load<u8>(at, 1);
    if (letter != 0x75) {
      if (written == room) return -1;
      store<u8>(to + written++, unescape(letter));
      at += 2;
      continue;
    }
    let code = unit(at);
    if (isPair(at, end)) {
      code = 0x10000 + ((code & 0x3ff) << 10) + (unit(at + 6) & 0x3ff);
      at += 6;
    }
    at += 6;
    const size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (written + size > room) return -1;
    encode(code, size, to + written);
    written += size;
  }
  return written;
}

/** The content of a string as bytes: the same view when nothing is escaped. */
export function decodedString(raw: Bytes): Bytes {
  if (raw.indexOfByte(0x5c) < 0) return raw;
  // Decoding never makes a string longer.
  const to = __sluice_reserve(raw.length);
  return new Bytes(to, decodeString(raw.address, raw.address + raw.length, to, raw.length));
}

/** End of the escape at `at`; the two of a surrogate pair count as one. */
export function escapeEnd(at: usize, end: usize): usize {
  if (load<u8>(at, 1) != 0x75) return at + 2;
  return isPair(at, end) ? at + 12 : at + 6;
}

/** True when the `\uXXXX` at `at` and the one after it are the halves of a surrogate pair. */
function isPair(at: usize, end: usize): bool {
  return (
    (unit(at) & 0xfc00) == 0xd800 &&
    at + 12 <= end &&
    load<u16>(at, 6) == 0x755c /* \u */ &&
    (unit(at + 6) & 0xfc00) == 0xdc00
  );
}

function unescape(letter: u32): u32 {
  switch (letter) {
    case 0x62:
      return 0x08;
    case 0x66:
      return 0x0c;
    case 0x6e:
      return 0x0a;
    case 0x72:
      return 0x0d;
    case 0x74:
      return 0x09;
    default:
      return letter;
  }
}

/** Value of the `\uXXXX` at `at`. */
function unit(at: usize): u32 {
  return (
    (hexDigit(load<u8>(at, 2)) << 12) |
    (hexDigit(load<u8>(at, 3)) << 8) |
    (hexDigit(load<u8>(at, 4)) << 4) |
    hexDigit(load<u8>(at, 5))
  );
}

function encode(code: u32, size: i32, to: usize): void {
  if (size == 1) {
    store<u8>(to, code);
  } else if (size == 2) {
    store<u8>(to, 0xc0 | (code >> 6));
    store<u8>(to, 0x80 | (code & 0x3f), 1);
  } else if (size == 3) {
    store<u8>(to, 0xe0 | (code >> 12));
    store<u8>(to, 0x80 | ((code >> 6) & 0x3f), 1);
    store<u8>(to, 0x80 | (code & 0x3f), 2);
  } else {
    store<u8>(to, 0xf0 | (code >> 18));
    store<u8>(to, 0x80 | ((code >> 12) & 0x3f), 1);
    store<u8>(to, 0x80 | ((code >> 6) & 0x3f), 2);
    store<u8>(to, 0x80 | (code & 0x3f), 3);
  }
}
