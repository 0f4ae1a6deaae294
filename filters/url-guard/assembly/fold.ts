// Names that are another name to some readers: Go and ASP.NET take letters of either case, PHP `.`, space and `[` for
// `_`, Rails and qs `a[b]` for a member of `a`, Spring `a.b`, CGI `_` for `-`.
import { Bytes, NameSet } from 'sluice';

const DOT: u8 = 0x2e;
const BRACKET: u8 = 0x5b;
const BRACKET_END: u8 = 0x5d;
const UNDERSCORE: u8 = 0x5f;

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

/**
 * The name of a parameter as one reads it who makes variables, lists and objects of them: `user[url]`, `user.url`,
 * `user[url][]` and `user_url` are one.
 */
export function foldParameter(name: Bytes): Bytes {
  return foldWithin(name, null);
}

/** True for a name that folds to one of these, and for one of an item or member of it: `url[0]` and `url[a]` of `url`. */
export function isOfParameter(folded: NameSet, name: Bytes): bool {
  return folded.has(foldWithin(name, folded));
}

/** Stops early, with what it has, where that is in the set. */
function foldWithin(name: Bytes, folded: NameSet | null): Bytes {
  const nul = name.indexOfByte(0);
  const text = foldCase(nul < 0 ? name : name.slice(0, nul));
  let length = 0;
  let blanks = 0;
  // Of the segment at hand.
  let isEmpty = true;
  for (let i = 0; i < text.length; i++) {
    const byte = text[i];
    if (byte == BRACKET || byte == BRACKET_END || byte == DOT) {
      if (length > 0 && folded != null && folded.has(text.slice(0, length))) break;
      isEmpty = true;
      blanks = 0;
    } else if (byte <= 0x20) {
      if (!isEmpty) blanks++;
    } else {
      // As many bytes at most as were read.
      if (isEmpty && length > 0) store<u8>(text.address + length++, UNDERSCORE);
      for (; blanks > 0; blanks--) store<u8>(text.address + length++, UNDERSCORE);
      store<u8>(text.address + length++, byte);
      isEmpty = false;
    }
  }
  return text.slice(0, length);
}

/** The name of a header as one reads it who makes variables of them. */
export function foldHeader(name: Bytes): Bytes {
  const folded = name.toLowerCase();
  for (let i = 0; i < folded.length; i++) if (folded[i] == 0x5f) store<u8>(folded.address + i, 0x2d);
  return folded;
}
