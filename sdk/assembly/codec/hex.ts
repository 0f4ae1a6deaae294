// Bytes as hex digits (RFC 4648 §8).
import { ABSENT, Bytes } from '../bytes';
import { hexDigit } from '../percent';

/** Two digits for each byte, in lower case. What is absent stays absent. */
export function hexEncode(bytes: Bytes): Bytes {
  if (!bytes.exists) return ABSENT;
  const to = __sluice_reserve(<usize>bytes.length << 1);
  for (let i = 0; i < bytes.length; i++) {
    const byte = <u32>load<u8>(bytes.address + i);
    store<u8>(to + (i << 1), lowerHexDigit(byte >> 4));
    store<u8>(to + (i << 1), lowerHexDigit(byte & 15), 1);
  }
  return new Bytes(to, bytes.length << 1);
}

/** What the digits, of either case, stand for; absent when their number is odd or one of them is none. */
export function hexDecode(text: Bytes): Bytes {
  if (!text.exists || (text.length & 1) != 0) return ABSENT;
  const size = text.length >> 1;
  const to = __sluice_reserve(size);
  let value = 0;
  for (let i = 0; i < size; i++) {
    const at = text.address + (i << 1);
    const byte = (hexDigit(load<u8>(at)) << 4) | hexDigit(load<u8>(at, 1));
    // Negative once, negative to the end.
    value |= byte;
    store<u8>(to + i, byte);
  }
  return value < 0 ? ABSENT : new Bytes(to, size);
}

/** Digit of a value below 16. */
// @ts-ignore: decorator
@inline export function lowerHexDigit(value: u32): u32 {
  return value + (value < 10 ? 0x30 : 0x57);
}
