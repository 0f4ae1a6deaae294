// Tokens that only chance can have made: long runs of letters and digits that go to and fro between kinds of characters,
// and in which no character is frequent. Words, names in code, dates and UUIDs are none.
import { isDigit, isWord } from './text';

const LEAST_MIXED = 24;
const LEAST_ONE_CASE = 32;

const COUNTS: usize = memory.data(128 * 4);

enum Kind {
  Digit,
  Upper,
  Lower,
  Mark,
}

/** Where the run of characters of tokens that begins at `at` ends. */
export function runEnd(at: usize, end: usize): usize {
  while (at < end && isToken(load<u8>(at))) at++;
  // Padding of base64.
  for (let i = 0; i < 2 && at < end && load<u8>(at) == 0x3d; i++) at++;
  return at;
}

/** Whether the run is a token. */
export function isRandom(at: usize, end: usize): bool {
  while (load<u8>(end - 1) == 0x3d) end--;
  const length = <i32>(end - at);
  if (length < LEAST_MIXED || isUuid(at, length)) return false;
  memory.fill(COUNTS, 0, 512);
  let digits = 0;
  let uppers = 0;
  let lowers = 0;
  let turns = 0;
  let before = Kind.Mark;
  for (let i = at; i < end; i++) {
    const byte = <u32>load<u8>(i);
    const count = COUNTS + ((<usize>byte) << 2);
    store<u32>(count, load<u32>(count) + 1);
    const kind = kindOf(byte);
    if (kind == Kind.Digit) digits++;
    else if (kind == Kind.Upper) uppers++;
    else if (kind == Kind.Lower) lowers++;
    // From word to word over a hyphen is no turn.
    if (kind == Kind.Mark) continue;
    if (kind != before && before != Kind.Mark) turns++;
    before = kind;
  }
  if (isTooRegular(length)) return false;
  if (uppers >= 3 && lowers >= 3 && digits >= 2) return turns * 3 >= length;
  return length >= LEAST_ONE_CASE && digits >= 4 && uppers + lowers >= 4 && turns * 4 >= length;
}

/**
 * Two characters of it, taken at random, are the same more often than one time in nine: less than 3.2 bits to a character
 * (Rényi's entropy of order 2), where hex digits have 4 and base64 has 6.
 */
function isTooRegular(length: i32): bool {
  let squares: u64 = 0;
  for (let i: usize = 0; i < 512; i += 4) {
    const count = <u64>load<u32>(COUNTS + i);
    squares += count * count;
  }
  return squares * 9 > <u64>length * length;
}

function kindOf(byte: u32): Kind {
  if (isDigit(byte)) return Kind.Digit;
  if (byte - 0x41 < 26) return Kind.Upper;
  return byte - 0x61 < 26 ? Kind.Lower : Kind.Mark;
}

function isToken(byte: u32): bool {
  return isWord(byte) || byte == 0x2d || byte == 0x5f || byte == 0x2b;
}

function isUuid(at: usize, length: i32): bool {
  if (length != 36) return false;
  for (let i = 8; i < 24; i += 5) if (load<u8>(at + i) != 0x2d) return false;
  return true;
}
