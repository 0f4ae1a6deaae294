// IPv4 addresses in all the spellings that URLs take: fewer parts, hex, octal (WHATWG URL §3.5).
import { hexDigit } from '../percent';

/** The host ends in a number, but is no address. */
export const NOT_IPV4: i64 = -1;
/** The host does not end in a number: it is a domain. */
export const NO_NUMBER: i64 = -2;

const DOT: u32 = 0x2e;
/** Larger than any part may be; what is larger still counts as this. */
const TOO_LARGE: i64 = 0x1_0000_0000;

/** The 32 bits of a host, or NOT_IPV4, or NO_NUMBER. */
export function readAnyIpv4(at: usize, end: usize): i64 {
  // One dot may stand at the end, as in a full domain name.
  if (end > at && load<u8>(end - 1) == DOT) end--;
  let last = end;
  while (last > at && load<u8>(last - 1) != DOT) last--;
  if (!isDecimal(last, end) && readNumber(last, end) < 0) return NO_NUMBER;
  let bits: i64 = 0;
  for (let part = 0; part < 4; part++) {
    let partEnd = at;
    while (partEnd < end && load<u8>(partEnd) != DOT) partEnd++;
    const number = readNumber(at, partEnd);
    if (number < 0) return NOT_IPV4;
    if (partEnd == end) {
      // The last part fills all the bytes that are left.
      const left = <i64>(32 - 8 * part);
      return number >> left == 0 ? (bits << left) | number : NOT_IPV4;
    }
    if (number > 255) return NOT_IPV4;
    bits = (bits << 8) | number;
    at = partEnd + 1;
  }
  return NOT_IPV4;
}

function isDecimal(at: usize, end: usize): bool {
  if (at == end) return false;
  for (; at < end; at++) if (<u32>load<u8>(at) - 0x30 > 9) return false;
  return true;
}

/** A number in decimal, in hex behind `0x`, or in octal behind `0`; `0x` alone is 0. -1 when it is none. */
function readNumber(at: usize, end: usize): i64 {
  if (at == end) return -1;
  let radix = 10;
  if (end - at >= 2 && load<u8>(at) == 0x30) {
    radix = (load<u8>(at, 1) | 0x20) == 0x78 ? 16 : 8;
    at += radix == 16 ? 2 : 1;
  }
  let number: i64 = 0;
  for (; at < end; at++) {
    const digit = hexDigit(load<u8>(at));
    if (digit < 0 || digit >= radix) return -1;
    number = min(number * radix + digit, TOO_LARGE);
  }
  return number;
}
