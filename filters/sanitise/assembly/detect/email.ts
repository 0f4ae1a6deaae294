// Mail addresses, found by their `@`, or by `%40` as URLs spell it.
import { byteAt, isDigit, isLetter, isWord } from './text';

const LONGEST_LOCAL: usize = 64;

/** Start of the address whose part before the `@` ends at `at`, or 0. Nothing before `floor` belongs to it. */
export function emailStart(at: usize, floor: usize): usize {
  let start = at;
  while (start > floor && at - start < LONGEST_LOCAL && isLocal(load<u8>(start - 1))) start--;
  // The limit may have cut a character in two.
  while (start < at && (load<u8>(start) & 0xc0) == 0x80) start++;
  while (start < at && !isWord(load<u8>(start)) && load<u8>(start) < 0x80 && load<u8>(start) != 0x5f) start++;
  return start < at ? start : 0;
}

/** End of the address whose domain begins at `at`, or 0: labels with dots in between, the last with two letters at least. */
export function emailEnd(at: usize, end: usize): usize {
  let found: usize = 0;
  let labels = 0;
  while (at < end) {
    const label = at;
    let letters = 0;
    while (at < end && isDomain(load<u8>(at))) if (!isDigit(load<u8>(at++))) letters++;
    let stop = at;
    while (stop > label && load<u8>(stop - 1) == 0x2d) stop--;
    if (stop == label || load<u8>(label) == 0x2d) return found;
    labels++;
    if (labels > 1 && stop - label >= 2 && letters > 0 && !isDigit(load<u8>(label))) found = stop;
    if (stop < at || byteAt(at, end) != 0x2e) return found;
    at++;
  }
  return found;
}

/** Beyond ASCII: a letter of an internationalised address. */
function isLocal(byte: u32): bool {
  if (isWord(byte) || byte >= 0x80) return true;
  switch (byte) {
    case 0x21: // !
    case 0x23: // #
    case 0x24: // $
    case 0x25: // %
    case 0x27: // '
    case 0x2a: // *
    case 0x2b: // +
    case 0x2d: // -
    case 0x2e: // .
    case 0x5e: // ^
    case 0x5f: // _
    case 0x60: // `
    case 0x7b: // {
    case 0x7c: // |
    case 0x7d: // }
    case 0x7e: // ~
      return true;
    default:
      return false;
  }
}

function isDomain(byte: u32): bool {
  return isDigit(byte) || isLetter(byte) || byte == 0x2d || byte >= 0x80;
}
