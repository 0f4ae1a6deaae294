// Telephone numbers that say where they are from: international ones (E.164), with `+` or `00`, and North American ones
// with an area code. Others look like any number.
import { byteAt, isDigit, isWordEnd, numberAt, readFormat, SCRATCH } from './text';

const LEAST = 8;
const MOST = 15;

/** End of the number that begins at `at` with a plus sign, or 0. */
export function plusEnd(at: usize, end: usize): usize {
  return internationalEnd(at + 1, end);
}

/** End of the number that begins at `at` with a digit or a bracket, or 0. */
export function phoneEnd(at: usize, end: usize): usize {
  if (byteAt(at, end) == 0x30 && byteAt(at + 1, end) == 0x30) return internationalEnd(at + 2, end);
  return northAmericanEnd(at, end);
}

function internationalEnd(at: usize, end: usize): usize {
  if (byteAt(at, end) - 0x31 >= 9) return 0;
  let count = 0;
  let found: usize = 0;
  while (at < end) {
    while (at < end && isDigit(load<u8>(at))) {
      if (count == MOST) return found;
      count++;
      at++;
    }
    if (count >= LEAST && isWordEnd(at, end)) found = at;
    // ` (0) ` is for those who call from within the country, and is no digit of the number.
    const inland = startOfInland(at, end);
    if (inland != 0) at = inland;
    const next = afterMarks(at, end);
    if (!isDigit(byteAt(next, end)) || (next == at && inland == 0)) return found;
    at = next;
  }
  return found;
}

function startOfInland(at: usize, end: usize): usize {
  if (byteAt(at, end) == 0x20) at++;
  return byteAt(at, end) == 0x28 && byteAt(at + 1, end) == 0x30 && byteAt(at + 2, end) == 0x29 ? at + 3 : 0;
}

/** Goes over what stands between digits: one space, hyphen, dot or slash, and a bracket beside it. */
function afterMarks(at: usize, end: usize): usize {
  if (isBracket(byteAt(at, end))) at++;
  const byte = byteAt(at, end);
  if (byte == 0x20 || byte == 0x2d || byte == 0x2e || byte == 0x2f) at++;
  return isBracket(byteAt(at, end)) ? at + 1 : at;
}

function isBracket(byte: u32): bool {
  return byte == 0x28 || byte == 0x29;
}

function northAmericanEnd(at: usize, end: usize): usize {
  if (byteAt(at, end) == 0x31 && (byteAt(at + 1, end) == 0x2d || byteAt(at + 1, end) == 0x20)) at += 2;
  let found = readFormat(at, end, '(ddd)[ ]ddd-dddd');
  if (found == 0) found = readFormat(at, end, 'ddd-ddd-dddd');
  if (found == 0) found = readFormat(at, end, 'ddd.ddd.dddd');
  if (found == 0) found = readFormat(at, end, '(ddd) ddd dddd');
  return found != 0 && numberAt(SCRATCH, 1) >= 2 && numberAt(SCRATCH + 3, 1) >= 2 ? found : 0;
}
