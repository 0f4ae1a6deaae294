// RFC 6901 pointers in which `*` stands for any member or index, followed all at once: a set of them is a number with a
// bit for each. A pointer is alive in a place as long as its tokens have fitted the names and indexes on the way there.
import { ABSENT, Bytes, BytesWriter } from 'sluice';
import { foldCase } from './fold';

const MOST_POINTERS = 64;
const SLASH: u8 = 0x2f;
const TILDE: u8 = 0x7e;
const NO_INDEX = -1;

class Token {
  /** For readers that ignore the case of names. */
  readonly folded: Bytes;
  readonly isAny: bool;
  /** The item that it stands for in a list. */
  readonly index: i32;

  constructor(readonly name: Bytes) {
    this.folded = foldCase(name);
    this.isAny = name.equals('*');
    this.index = indexOf(name);
  }
}

/** Built in `configure`, read afterwards. */
export class JsonPointers {
  /** The set of those that must lead to something. */
  required: u64 = 0;
  private readonly pointers: Token[][] = [];
  private readonly texts: Bytes[] = [];

  get size(): i32 {
    return this.pointers.length;
  }

  /** The set of all. */
  get all(): u64 {
    return this.size == 0 ? 0 : u64.MAX_VALUE >> <u64>(MOST_POINTERS - this.size);
  }

  get isFull(): bool {
    return this.size == MOST_POINTERS;
  }

  /** In `configure`. False when it is no pointer. */
  add(text: Bytes, required: bool): bool {
    const tokens: Token[] = [];
    if (!text.isEmpty && text[0] != SLASH) return false;
    for (let start = 1; start <= text.length; ) {
      let end = text.indexOfByte(SLASH, start);
      if (end < 0) end = text.length;
      const name = unescape(text.slice(start, end));
      if (!name.exists) return false;
      tokens.push(new Token(name));
      start = end + 1;
    }
    if (required) this.required |= (<u64>1) << this.size;
    this.pointers.push(tokens);
    this.texts.push(text);
    return true;
  }

  /** The first pointer of a set that is not empty. */
  firstOf(set: u64): Bytes {
    return this.texts[<i32>ctz(set)];
  }

  /** Those of the set that end at the depth that they are alive at. */
  endingAt(set: u64, depth: i32): u64 {
    let ending: u64 = 0;
    for (let left = set; left != 0; left &= left - 1) {
      if (this.pointers[<i32>ctz(left)].length == depth) ending |= left & (0 - left);
    }
    return ending;
  }

  /**
   * Those of the set that stay alive at the member with this name.
   * @param depth of the object
   * @param isFolded whether the name is folded
   */
  atMember(set: u64, depth: i32, name: usize, length: i32, isFolded: bool): u64 {
    let alive: u64 = 0;
    for (let left = set; left != 0; left &= left - 1) {
      const tokens = this.pointers[<i32>ctz(left)];
      if (tokens.length <= depth) continue;
      const token = tokens[depth];
      const wanted = isFolded ? token.folded : token.name;
      const fits = wanted.length == length && memory.compare(wanted.address, name, length) == 0;
      if (token.isAny || fits) alive |= left & (0 - left);
    }
    return alive;
  }

  /** Those of the set that stay alive at the item. */
  atItem(set: u64, depth: i32, index: i32): u64 {
    let alive: u64 = 0;
    for (let left = set; left != 0; left &= left - 1) {
      const tokens = this.pointers[<i32>ctz(left)];
      if (tokens.length <= depth) continue;
      const token = tokens[depth];
      if (token.isAny || token.index == index) alive |= left & (0 - left);
    }
    return alive;
  }
}

/** A token without its escapes; absent when a `~` begins none. */
function unescape(token: Bytes): Bytes {
  const out = new BytesWriter();
  for (let i = 0; i < token.length; i++) {
    if (token[i] != TILDE) {
      out.byte(token[i]);
      continue;
    }
    const digit: u8 = ++i < token.length ? token[i] : 0;
    if (digit != 0x30 && digit != 0x31) return ABSENT;
    out.byte(digit == 0x30 ? TILDE : SLASH);
  }
  return out.length == 0 ? token : out.bytes;
}

/** A decimal number without leading zeros, or -1. */
function indexOf(name: Bytes): i32 {
  if (name.isEmpty || name.length > 9 || (name.length > 1 && name[0] == 0x30)) return NO_INDEX;
  let index = 0;
  for (let i = 0; i < name.length; i++) {
    const digit = <u32>name[i] - 0x30;
    if (digit > 9) return NO_INDEX;
    index = index * 10 + <i32>digit;
  }
  return index;
}
