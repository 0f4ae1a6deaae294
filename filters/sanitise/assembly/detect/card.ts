// Numbers of payment cards (ISO/IEC 7812): 13 to 19 digits that an issuer may have given out and whose last is the check
// digit of the others. They come in one piece, or in groups with one space, hyphen or dot in between.
import { byteAt, isDigit, isWordEnd, SCRATCH } from './text';

const DOT: u32 = 0x2e;
const LEAST = 13;
const MOST = 19;

/** End of the card number that begins at `at`, or 0. The longest counts. */
export function cardEnd(at: usize, end: usize): usize {
  let count = 0;
  let separator: u32 = 0;
  let found: usize = 0;
  while (at < end) {
    const group = at;
    while (at < end && isDigit(load<u8>(at))) {
      if (count == MOST) return found;
      store<u8>(SCRATCH + count++, load<u8>(at++) - 0x30);
    }
    const digits = <i32>(at - group);
    if (separator == DOT && digits > 6) return found;
    if (count >= LEAST && isWordEnd(at, end) && isIssued(count) && hasCheckDigit(count)) found = at;
    const next = separatorAt(at, end);
    const isSame = next != 0 && (separator == 0 || next == separator);
    if (!isSame || digits < 2 || (next == DOT && (digits < 4 || digits > 6))) return found;
    at += next < 0x80 ? 1 : next < 0x800 ? 2 : 3;
    if (!isDigit(byteAt(at, end))) return found;
    separator = next;
  }
  return found;
}

/**
 * The space, hyphen or dot at a place, 0 when there is none. Dots part groups of four to six digits only: `51.123456789`
 * is more likely a place on earth.
 */
function separatorAt(at: usize, end: usize): u32 {
  const byte = byteAt(at, end);
  if (byte == 0x20 || byte == 0x2d || byte == DOT) return byte;
  if (byte == 0xc2) return byteAt(at + 1, end) == 0xa0 ? 0xa0 : 0;
  if (byte != 0xe2 || at + 3 > end) return 0;
  const point = 0x2000 | ((<u32>load<u8>(at, 1) & 0x3f) << 6) | (<u32>load<u8>(at, 2) & 0x3f);
  const isSpace = (point >= 0x2002 && point <= 0x200a) || point == 0x202f;
  return isSpace || (point >= 0x2010 && point <= 0x2015) || point == 0x2212 ? point : 0;
}

/** Luhn's formula. */
function hasCheckDigit(count: i32): bool {
  let sum: u32 = 0;
  for (let i = 0; i < count; i++) {
    const digit = <u32>load<u8>(SCRATCH + count - 1 - i);
    const doubled = digit << 1;
    sum += (i & 1) == 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 == 0;
}

/** Whether cards of this length begin like that. */
function isIssued(count: i32): bool {
  const first = <i32>load<u8>(SCRATCH);
  const two = first * 10 + load<u8>(SCRATCH, 1);
  const four = two * 100 + <i32>load<u8>(SCRATCH, 2) * 10 + load<u8>(SCRATCH, 3);
  switch (first) {
    case 2:
      return (four >= 2221 && four <= 2720 && count == 16) || (four >= 2200 && four <= 2204 && count >= 16);
    case 3:
      if (two == 34 || two == 37) return count == 15;
      if (two == 35) return four >= 3528 && four <= 3589 && count >= 16;
      return (
        (two == 36 || two == 38 || two == 39 || (four >= 3000 && four <= 3059) || four == 3095) && count >= 14
      );
    case 4:
      return count == 13 || count == 16 || count == 19;
    case 5:
      return two >= 51 && two <= 55 ? count == 16 : two == 50 || two >= 56;
    case 6:
      return true;
    case 8:
      return (two == 81 || two == 82) && count >= 16;
    case 9:
      return four == 9792 && count == 16;
    default:
      return false;
  }
}
