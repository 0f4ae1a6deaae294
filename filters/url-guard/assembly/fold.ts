// Names that are another name to some readers: Go and ASP.NET take letters of either case, PHP `.`, space and `[` for
// `_`, CGI `_` for `-`.
import { Bytes } from 'sluice';

/** The name as one reads it who ignores the case of letters. */
export function foldCase(name: Bytes): Bytes {
  const to = __sluice_reserve(name.length);
  return new Bytes(to, <i32>(foldInto(name.address, name.address + name.length, to) - to));
}

/**
 * Like `foldCase`, to where the caller has room, or in place. Two characters beyond ASCII fold to letters of it. Answers
 * the address behind the result.
 */
export function foldInto(at: usize, end: usize, to: usize): usize {
  while (at < end) {
    const byte = load<u8>(at);
    if (byte == 0xc5 && at + 2 <= end && load<u8>(at, 1) == 0xbf) {
      store<u8>(to++, 0x73); // U+017F, long s
      at += 2;
    } else if (byte == 0xe2 && at + 3 <= end && load<u16>(at, 1) == 0xaa84) {
      store<u8>(to++, 0x6b); // U+212A, Kelvin
      at += 3;
    } else {
      store<u8>(to++, byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte);
      at++;
    }
  }
  return to;
}

/** The name of a parameter as one reads it who makes variables or lists of them. */
export function foldParameter(name: Bytes): Bytes {
  let start = 0;
  while (start < name.length && name[start] <= 0x20) start++;
  let end = start;
  while (end < name.length && name[end] != 0x5b && name[end] != 0) end++;
  while (end > start && name[end - 1] <= 0x20) end--;
  const folded = foldCase(name.slice(start, end));
  for (let i = 0; i < folded.length; i++) {
    if (folded[i] == 0x2e || folded[i] == 0x20) store<u8>(folded.address + i, 0x5f);
  }
  return folded;
}

/** The name of a header as one reads it who makes variables of them. */
export function foldHeader(name: Bytes): Bytes {
  const folded = name.toLowerCase();
  for (let i = 0; i < folded.length; i++) if (folded[i] == 0x5f) store<u8>(folded.address + i, 0x2d);
  return folded;
}
