// Strict scanning of structured field values (RFC 9651 §4.2, which replaces RFC 8941), without a tree.
// Every function takes the address to read from and the end of the text, and answers the address behind what it read,
// or 0 when it is not there.
import { Bytes } from '../bytes';
import { isUtf8 } from '../codec/utf8';
import { isTokenByte } from '../framing';

const MOST_INTEGER_DIGITS = 15;
const MOST_WHOLE_DIGITS = 12;
const MOST_FRACTION_DIGITS = 3;

/** A whole list, without the spaces around it; answers `end`. */
export function scanList(at: usize, end: usize): usize {
  while (at < end) {
    at = scanMember(at, end);
    if (at != 0) at = scanComma(at, end);
    if (at == 0) return 0;
  }
  return end;
}

/** A whole dictionary, without the spaces around it; answers `end`. */
export function scanDictionary(at: usize, end: usize): usize {
  while (at < end) {
    at = scanKey(at, end);
    if (at == 0) return 0;
    at = byteAt(at, end) == 0x3d ? scanMember(at + 1, end) : scanParameters(at, end);
    if (at != 0) at = scanComma(at, end);
    if (at == 0) return 0;
  }
  return end;
}

/** From the end of a member to the next one, or to the end of the text. */
export function scanComma(at: usize, end: usize): usize {
  at = skipBlank(at, end);
  if (at == end) return end;
  if (load<u8>(at) != 0x2c) return 0;
  at = skipBlank(at + 1, end);
  return at == end ? 0 : at;
}

/** An item or an inner list, with its parameters. */
export function scanMember(at: usize, end: usize): usize {
  at = scanValue(at, end);
  return at == 0 ? 0 : scanParameters(at, end);
}

/** A bare item or the parentheses of an inner list, without its parameters. */
export function scanValue(at: usize, end: usize): usize {
  return byteAt(at, end) == 0x28 ? scanInnerList(at + 1, end) : scanBareItem(at, end);
}

/** `at` is behind the opening parenthesis. */
function scanInnerList(at: usize, end: usize): usize {
  while (true) {
    at = skipSpaces(at, end);
    if (byteAt(at, end) == 0x29) return at + 1;
    at = scanBareItem(at, end);
    if (at != 0) at = scanParameters(at, end);
    if (at == 0) return 0;
    const after = byteAt(at, end);
    if (after != 0x20 && after != 0x29) return 0;
  }
}

/** All parameters from `at` on, maybe none. */
export function scanParameters(at: usize, end: usize): usize {
  while (byteAt(at, end) == 0x3b) {
    at = scanKey(skipSpaces(at + 1, end), end);
    if (at != 0 && byteAt(at, end) == 0x3d) at = scanBareItem(at + 1, end);
    if (at == 0) return 0;
  }
  return at;
}

export function scanKey(at: usize, end: usize): usize {
  const first = byteAt(at, end);
  if (first - 0x61 >= 26 && first != 0x2a) return 0;
  while (at < end && isKeyByte(load<u8>(at))) at++;
  return at;
}

export function scanBareItem(at: usize, end: usize): usize {
  const first = byteAt(at, end);
  if (first - 0x30 < 10 || first == 0x2d) return scanNumber(at, end, true);
  switch (first) {
    case 0x22: // "
      return scanString(at + 1, end);
    case 0x3a: // :
      return scanByteSequence(at + 1, end);
    case 0x3f: // ?
      return byteAt(at + 1, end) >> 1 == 0x18 ? at + 2 : 0;
    case 0x40: // @
      return scanNumber(at + 1, end, false);
    case 0x25: // %
      return byteAt(at + 1, end) == 0x22 ? scanDisplayString(at + 2, end) : 0;
    default:
      return first == 0x2a || (first | 0x20) - 0x61 < 26 ? scanToken(at, end) : 0;
  }
}

function scanNumber(at: usize, end: usize, mayBeDecimal: bool): usize {
  if (byteAt(at, end) == 0x2d) at++;
  const start = at;
  at = skipDigits(at, end);
  const whole = <i32>(at - start);
  if (whole == 0 || whole > MOST_INTEGER_DIGITS) return 0;
  if (byteAt(at, end) != 0x2e) return at;
  if (!mayBeDecimal || whole > MOST_WHOLE_DIGITS) return 0;
  const fraction = ++at;
  at = skipDigits(at, end);
  return at == fraction || <i32>(at - fraction) > MOST_FRACTION_DIGITS ? 0 : at;
}

function scanString(at: usize, end: usize): usize {
  for (; at < end; at++) {
    const byte = load<u8>(at);
    if (byte == 0x22) return at + 1;
    if (byte < 0x20 || byte >= 0x7f) return 0;
    if (byte != 0x5c) continue;
    const escaped = byteAt(++at, end);
    if (escaped != 0x22 && escaped != 0x5c) return 0;
  }
  return 0;
}

function scanToken(at: usize, end: usize): usize {
  while (at < end) {
    const byte = load<u8>(at);
    if (!isTokenByte(byte) && byte != 0x3a && byte != 0x2f) break;
    at++;
  }
  return at;
}

/** Padding may be missing and the bits behind the last byte may be anything, as §4.2.7 asks for. */
function scanByteSequence(at: usize, end: usize): usize {
  const start = at;
  while (at < end && isBase64Byte(load<u8>(at))) at++;
  const rest = (at - start) & 3;
  const pads = at;
  while (byteAt(at, end) == 0x3d) at++;
  if (rest == 1 || byteAt(at, end) != 0x3a) return 0;
  return at == pads || (rest != 0 && at - pads == 4 - rest) ? at + 1 : 0;
}

function scanDisplayString(at: usize, end: usize): usize {
  const start = at;
  for (; at < end; at++) {
    const byte = load<u8>(at);
    if (byte == 0x22) return isUtf8(displayText(start, at)) ? at + 1 : 0;
    if (byte < 0x20 || byte >= 0x7f) return 0;
    if (byte != 0x25) continue;
    if (lowerHexDigit(byteAt(at + 1, end)) < 0 || lowerHexDigit(byteAt(at + 2, end)) < 0) return 0;
    at += 2;
  }
  return 0;
}

/** What stands between the quotes of a display string, decoded: `at` to `end`, its digits checked. */
export function displayText(at: usize, end: usize): Bytes {
  const to = __sluice_reserve(end - at);
  let written = 0;
  for (; at < end; at++) {
    let byte = <u32>load<u8>(at);
    if (byte == 0x25) {
      byte = (lowerHexDigit(load<u8>(at, 1)) << 4) | lowerHexDigit(load<u8>(at, 2));
      at += 2;
    }
    store<u8>(to + written++, byte);
  }
  return new Bytes(to, written);
}

function lowerHexDigit(byte: u32): i32 {
  if (byte - 0x30 < 10) return byte - 0x30;
  return byte - 0x61 < 6 ? byte - 0x61 + 10 : -1;
}

function isKeyByte(byte: u32): bool {
  return (
    byte - 0x61 < 26 || byte - 0x30 < 10 || byte == 0x5f || byte == 0x2d || byte == 0x2e || byte == 0x2a
  );
}

function isBase64Byte(byte: u32): bool {
  return (byte | 0x20) - 0x61 < 26 || byte - 0x30 < 10 || byte == 0x2b || byte == 0x2f;
}

function skipDigits(at: usize, end: usize): usize {
  while (at < end && <u32>load<u8>(at) - 0x30 < 10) at++;
  return at;
}

/** Over spaces alone. */
export function skipSpaces(at: usize, end: usize): usize {
  while (at < end && load<u8>(at) == 0x20) at++;
  return at;
}

/** Over spaces and tabs. */
function skipBlank(at: usize, end: usize): usize {
  while (at < end && (load<u8>(at) == 0x20 || load<u8>(at) == 0x09)) at++;
  return at;
}

/** The byte at `at`; at the end of the text 0, which stands nowhere. */
// @ts-ignore: decorator
@inline function byteAt(at: usize, end: usize): u32 {
  return at < end ? <u32>load<u8>(at) : 0;
}
