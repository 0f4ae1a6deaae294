// Base64 and base64url (RFC 4648 §4, §5), strict: one text for each sequence of bytes, and every other is refused.
import { ABSENT, Bytes } from '../bytes';

/** Whether an encoded text ends in `=` up to a multiple of 4 characters. */
export enum Padding {
  /** It must. */
  Required = 0,
  /** It must not. */
  Forbidden,
  /** Either is taken: no padding, or all of it. */
  Optional,
}

// Value of each character from `+` to `z`; 0x40 marks those of base64 only, 0x80 those of base64url only.
// @ts-ignore: decorator
@lazy const SEXTETS = memory.data<u8>([
  0x7e, 0xff, 0xbe, 0xff, 0x7f, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 0xff,
  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
  0xff, 0xff, 0xff, 0xff, 0xbf, 0xff, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35,
  36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51,
]);
const FIRST: u32 = 0x2b;
const RANGE: u32 = 80;
const URL_ONLY: u32 = 0x80;
const PLAIN_ONLY: u32 = 0x40;
const PAD: u8 = 0x3d;

// @ts-ignore: decorator
@lazy const PLAIN_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
// @ts-ignore: decorator
@lazy const URL_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/**
 * What the text stands for; absent when it is not base64: another character (a line break too), wrong padding, or
 * bits behind the last byte that are not zero.
 */
export function base64Decode(text: Bytes, padding: Padding = Padding.Required): Bytes {
  return decode(text, URL_ONLY, padding, true);
}

/** Like `base64Decode`, with `-` and `_` for `+` and `/`. Without padding unless told, as in a JWT. */
export function base64UrlDecode(text: Bytes, padding: Padding = Padding.Forbidden): Bytes {
  return decode(text, PLAIN_ONLY, padding, true);
}

/** Like `base64Decode`, taking bits behind the last byte and missing padding: for formats that say so (RFC 9651 §4.2.7). */
export function base64DecodeLoosely(text: Bytes): Bytes {
  return decode(text, URL_ONLY, Padding.Optional, false);
}

/** The bytes in base64, padded. What is absent stays absent. */
export function base64Encode(bytes: Bytes): Bytes {
  return encode(bytes, changetype<usize>(PLAIN_DIGITS), true);
}

/** The bytes in base64url, without padding unless told. What is absent stays absent. */
export function base64UrlEncode(bytes: Bytes, padded: bool = false): Bytes {
  return encode(bytes, changetype<usize>(URL_DIGITS), padded);
}

function decode(text: Bytes, refused: u32, padding: Padding, canonical: bool): Bytes {
  const digits = digitsOf(text, padding);
  if (digits < 0) return ABSENT;
  const rest = digits & 3;
  const size = (digits >>> 2) * 3 + (rest == 0 ? 0 : rest - 1);
  const to = __sluice_reserve(size);
  let at = text.address;
  let out = to;
  // Marks of all characters together: most texts are right, so one test at the end is enough.
  let marks: u32 = 0;
  for (const end = at + (digits & ~3); at < end; at += 4) {
    const a = sextet(load<u8>(at));
    const b = sextet(load<u8>(at, 1));
    const c = sextet(load<u8>(at, 2));
    const d = sextet(load<u8>(at, 3));
    marks |= a | b | c | d;
    const bits = ((a & 63) << 18) | ((b & 63) << 12) | ((c & 63) << 6) | (d & 63);
    store<u8>(out, bits >> 16);
    store<u8>(out, bits >> 8, 1);
    store<u8>(out, bits, 2);
    out += 3;
  }
  if (rest != 0) {
    const a = sextet(load<u8>(at));
    const b = sextet(load<u8>(at, 1));
    const c: u32 = rest == 3 ? sextet(load<u8>(at, 2)) : 0;
    marks |= a | b | c;
    const bits = ((a & 63) << 18) | ((b & 63) << 12) | ((c & 63) << 6);
    store<u8>(out, bits >> 16);
    if (rest == 3) store<u8>(out, bits >> 8, 1);
    if (canonical && (bits & (rest == 3 ? 0xff : 0xffff)) != 0) return ABSENT;
  }
  return (marks & refused) == 0 ? new Bytes(to, size) : ABSENT;
}

/** Number of characters before the padding; -1 when there cannot be so many, or padding is not as asked for. */
function digitsOf(text: Bytes, padding: Padding): i32 {
  if (!text.exists) return -1;
  const length = text.length;
  let digits = length;
  while (digits > 0 && length - digits < 2 && load<u8>(text.address + digits - 1) == PAD) digits--;
  const rest = digits & 3;
  if (rest == 1) return -1;
  const pads = length - digits;
  const wanted = rest == 0 ? 0 : 4 - rest;
  if (pads == 0) return padding == Padding.Required && wanted != 0 ? -1 : digits;
  return padding == Padding.Forbidden || pads != wanted ? -1 : digits;
}

// @ts-ignore: decorator
@inline function sextet(byte: u32): u32 {
  return byte - FIRST < RANGE ? <u32>load<u8>(SEXTETS + (byte - FIRST)) : 0xff;
}

function encode(bytes: Bytes, alphabet: usize, padded: bool): Bytes {
  if (!bytes.exists) return ABSENT;
  const length = bytes.length;
  const rest = length % 3;
  const whole = <usize>(length / 3) * 4;
  const size = whole + (rest == 0 ? 0 : padded ? 4 : rest + 1);
  const to = __sluice_reserve(size);
  let at = bytes.address;
  let out = to;
  for (const end = to + whole; out < end; out += 4) {
    const bits = (<u32>load<u8>(at) << 16) | (<u32>load<u8>(at, 1) << 8) | load<u8>(at, 2);
    store<u8>(out, digit(alphabet, bits >> 18));
    store<u8>(out, digit(alphabet, (bits >> 12) & 63), 1);
    store<u8>(out, digit(alphabet, (bits >> 6) & 63), 2);
    store<u8>(out, digit(alphabet, bits & 63), 3);
    at += 3;
  }
  if (rest != 0) {
    const bits = (<u32>load<u8>(at) << 16) | (rest == 2 ? <u32>load<u8>(at, 1) << 8 : 0);
    store<u8>(out, digit(alphabet, bits >> 18));
    store<u8>(out, digit(alphabet, (bits >> 12) & 63), 1);
    if (rest == 2) store<u8>(out, digit(alphabet, (bits >> 6) & 63), 2);
    else if (padded) store<u8>(out, PAD, 2);
    if (padded) store<u8>(out, PAD, 3);
  }
  return new Bytes(to, <i32>size);
}

// @ts-ignore: decorator
@inline function digit(alphabet: usize, value: u32): u8 {
  return load<u8>(alphabet + (<usize>value << 1));
}
