// Percent-encoding (RFC 3986 §2.1), decoded and encoded on demand.
import { ABSENT, Bytes } from './bytes';

const PERCENT: u8 = 0x25;
const PLUS: u8 = 0x2b;

/**
 * Decodes `%XX`, and `+` to a space when `plusIsSpace`. Answers the same view when there is nothing to decode, and
 * a view whose `exists` is false when a `%` is not followed by two hex digits.
 */
export function percentDecode(encoded: Bytes, plusIsSpace: bool = false): Bytes {
  const length = encoded.length;
  const from = encoded.address;
  let plain = 0;
  while (plain < length) {
    const byte = load<u8>(from + plain);
    if (byte == PERCENT || (plusIsSpace && byte == PLUS)) break;
    plain++;
  }
  if (plain == length) return encoded;
  const to = __sluice_reserve(length);
  memory.copy(to, from, plain);
  let written = plain;
  for (let i = plain; i < length; i++) {
    let byte = load<u8>(from + i);
    if (byte == PERCENT) {
      if (i + 2 >= length) return ABSENT;
      const high = hexDigit(load<u8>(from + i + 1));
      const low = hexDigit(load<u8>(from + i + 2));
      if ((high | low) < 0) return ABSENT;
      byte = <u8>((high << 4) | low);
      i += 2;
    } else if (plusIsSpace && byte == PLUS) {
      byte = 0x20;
    }
    store<u8>(to + written++, byte);
  }
  return new Bytes(to, written);
}

/**
 * Encodes what is to stand as one part of a path, query or form: every byte becomes `%XX`, but for the unreserved
 * characters of RFC 3986 §2.3 (`A`-`Z` `a`-`z` `0`-`9` `-` `.` `_` `~`). Answers the same view when there is nothing to
 * encode.
 */
export function percentEncode(plain: Bytes): Bytes {
  const length = plain.length;
  const from = plain.address;
  let reserved: usize = 0;
  for (let i = 0; i < length; i++) reserved += isUnreserved(load<u8>(from + i)) ? 0 : 1;
  if (reserved == 0) return plain;
  const size = <usize>length + 2 * reserved;
  const to = __sluice_reserve(size);
  let out = to;
  for (let i = 0; i < length; i++) {
    const byte = <u32>load<u8>(from + i);
    if (isUnreserved(byte)) {
      store<u8>(out++, byte);
      continue;
    }
    store<u8>(out, PERCENT);
    store<u8>(out, upperHexDigit(byte >> 4), 1);
    store<u8>(out, upperHexDigit(byte & 15), 2);
    out += 3;
  }
  return new Bytes(to, <i32>size);
}

function isUnreserved(byte: u32): bool {
  return (
    (byte | 0x20) - 0x61 < 26 || byte - 0x30 < 10 || byte == 0x2d || byte == 0x2e || byte == 0x5f || byte == 0x7e
  );
}

/** Digit of a value below 16. */
// @ts-ignore: decorator
@inline export function upperHexDigit(value: u32): u32 {
  return value + (value < 10 ? 0x30 : 0x37);
}

/** Value of a hex digit, or -1. */
// @ts-ignore: decorator
@inline export function hexDigit(byte: u32): i32 {
  if (byte - 0x30 < 10) return byte - 0x30;
  const letter = byte | 0x20;
  return letter - 0x61 < 6 ? letter - 0x61 + 10 : -1;
}
