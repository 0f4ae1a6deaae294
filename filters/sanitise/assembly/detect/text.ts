// Characters as detectors see them: bytes, of which those beyond ASCII are no digits and no letters.

/** Where a detector puts the digits, or letters and digits, of what it reads: no format has more than 34. */
export const SCRATCH: usize = memory.data(40);

export function isDigit(byte: u32): bool {
  return byte - 0x30 < 10;
}

export function isLetter(byte: u32): bool {
  return (byte | 0x20) - 0x61 < 26;
}

export function isWord(byte: u32): bool {
  return isDigit(byte) || isLetter(byte);
}

/** A letter in upper case; what is no letter stays. */
export function upper(byte: u32): u32 {
  return byte - 0x61 < 26 ? byte & 0xdf : byte;
}

/** The byte at `at`, or 0 at the end of the text. */
export function byteAt(at: usize, end: usize): u32 {
  return at < end ? <u32>load<u8>(at) : 0;
}

/** True where a word that ends at `at` is over. */
export function isWordEnd(at: usize, end: usize): bool {
  return !isWord(byteAt(at, end));
}

/** True when ASCII text stands at `at`. */
export function startsWith(at: usize, end: usize, text: string): bool {
  const length = <usize>text.length;
  if (end - at < length) return false;
  const units = changetype<usize>(text);
  for (let i: usize = 0; i < length; i++)
    if (<u32>load<u8>(at + i) != <u32>load<u16>(units + (i << 1))) return false;
  return true;
}

/** Number that the decimal digits at `at` make; at most 18 of them. */
export function numberAt(at: usize, digits: i32): u64 {
  let number: u64 = 0;
  for (let i = 0; i < digits; i++) number = number * 10 + (load<u8>(at + i) - 0x30);
  return number;
}

/**
 * Reads what a format allows and puts its letters and digits into SCRATCH, letters in upper case. In the format `d` is a
 * digit, `a` a letter, `x` either, and any other character stands for itself, and in brackets may be missing.
 * Answers where the text goes on, or 0 when it is something else; a word must be over there.
 */
export function readFormat(at: usize, end: usize, format: string): usize {
  let put = SCRATCH;
  for (let i = 0; i < format.length; i++) {
    const want = <u32>format.charCodeAt(i);
    const byte = byteAt(at, end);
    if (want == 0x5b /* [ */) {
      if (byte == <u32>format.charCodeAt(i + 1)) at++;
      i += 2;
      continue;
    }
    if (
      want == 0x64 /* d */
        ? !isDigit(byte)
        : want == 0x61 /* a */
          ? !isLetter(byte)
          : want == 0x78 /* x */
            ? !isWord(byte)
            : byte != want
    ) {
      return 0;
    }
    if (isWord(byte)) store<u8>(put++, upper(byte));
    at++;
  }
  return isWordEnd(at, end) ? at : 0;
}
