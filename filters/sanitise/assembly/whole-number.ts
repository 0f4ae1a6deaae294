// Whole numbers of JSON in the one spelling that detectors know: `4111111111111111.0` and `4.111111111111111e15` have
// the digits of a card number too, and every reader gets those.
import { ABSENT, Bytes } from 'sluice';

const PLUS: u8 = 0x2b;
const MINUS: u8 = 0x2d;
const DOT: u8 = 0x2e;
const ZERO: u8 = 0x30;
const LETTER_E: u8 = 0x65;
const CASE: u8 = 0x20;

/** No detector finds anything in more. */
const MOST_DIGITS = 64;

/** Digits of the number at `start`, which is JSON; absent for a fraction, one below zero and one that is too long. */
export function wholeDigits(start: usize, length: i32): Bytes {
  const text = new Bytes(start, length);
  if (text[0] == MINUS) return ABSENT;
  let mantissa = 0;
  while (mantissa < length && (text[mantissa] | CASE) != LETTER_E) mantissa++;
  const dot = text.slice(0, mantissa).indexOfByte(DOT);
  if (dot < 0 && mantissa == length) return text;
  const exponent = mantissa == length ? 0 : exponentOf(text.slice(mantissa + 1));
  // Where the digits would end if the number were spelled out.
  const point = (dot < 0 ? mantissa : dot) + exponent;
  if (point < 1 || point > MOST_DIGITS) return ABSENT;
  const to = __sluice_reserve(MOST_DIGITS);
  let count = 0;
  for (let i = 0; i < mantissa; i++) {
    if (i == dot) continue;
    if (count < point) store<u8>(to + count, text[i]);
    else if (text[i] != ZERO) return ABSENT;
    count++;
  }
  for (; count < point; count++) store<u8>(to + count, ZERO);
  let first = 0;
  while (first + 1 < point && load<u8>(to + first) == ZERO) first++;
  return new Bytes(to + first, point - first);
}

/** What is beyond the numbers that matter is one that is. */
function exponentOf(text: Bytes): i32 {
  const isNegative = text[0] == MINUS;
  let value = 0;
  for (let i = isNegative || text[0] == PLUS ? 1 : 0; i < text.length; i++) {
    value = value * 10 + text[i] - ZERO;
    if (value > 1_000_000) break;
  }
  return isNegative ? -value : value;
}
