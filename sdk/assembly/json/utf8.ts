// UTF-8 as the Unicode standard has it: no overlong forms, no surrogates, nothing beyond U+10FFFF.

/** End of the well-formed sequence that begins at `at` with a byte >= 0x80, or 0 when there is none. */
export function utf8SequenceEnd(at: usize, end: usize): usize {
  const lead = <u32>load<u8>(at);
  const left = end - at;
  if (lead - 0xc2 < 0x1e) {
    return left >= 2 && isTail(at + 1) ? at + 2 : 0;
  }
  if (lead - 0xe0 < 0x10) {
    if (left < 3 || !isTail(at + 1) || !isTail(at + 2)) return 0;
    const second = <u32>load<u8>(at, 1);
    if (lead == 0xe0 && second < 0xa0) return 0;
    if (lead == 0xed && second >= 0xa0) return 0;
    return at + 3;
  }
  if (lead - 0xf0 < 5) {
    if (left < 4 || !isTail(at + 1) || !isTail(at + 2) || !isTail(at + 3)) return 0;
    const second = <u32>load<u8>(at, 1);
    if (lead == 0xf0 && second < 0x90) return 0;
    if (lead == 0xf4 && second >= 0x90) return 0;
    return at + 4;
  }
  return 0;
}

// @ts-ignore: decorator
@inline function isTail(at: usize): bool {
  return (load<u8>(at) & 0xc0) == 0x80;
}
