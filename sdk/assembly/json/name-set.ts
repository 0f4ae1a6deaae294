// Names to be recognised in JSON, each with a number. Hot path: looked up for every member of a document. Length and
// first byte choose a slot, so most names are told apart without touching a second byte; a name is decoded only when
// it has escapes in it, so `"pass\u0077ord"` is found like any other spelling.
import { Bytes, lower } from '../bytes';
import { decodeString } from './string';

const SLOTS = 64;

// A name: u32 address, u32 length, i32 value, u32 address of the next name in the slot or 0.
const ENTRY: usize = 16;

/** Built in `configure`, read afterwards. */
@final
export class NameSet {
  private readonly heads: usize = __sluice_reserve(SLOTS * 4);
  /** A bit for each slot that has a name. */
  private filled: u64 = 0;
  private count: i32 = 0;
  private longest: i32 = 0;
  private scratch: usize = 0;

  /** @param ignoreCase takes ASCII letters of either case as the same */
  constructor(private readonly ignoreCase: bool = false) {
    memory.fill(this.heads, 0, SLOTS * 4);
  }

  /** Number of names. */
  get size(): i32 {
    return this.count;
  }

  /** Adds a name in UTF-8. The first value of a name counts. */
  add(name: Bytes, value: i32 = 0): void {
    if (this.has(name)) return;
    if (this.ignoreCase) name = name.toLowerCase();
    const entry = __sluice_reserve(ENTRY);
    const slot = this.slot(name.address, name.length);
    store<u32>(entry, <u32>name.address);
    store<u32>(entry, name.length, 4);
    store<i32>(entry, value, 8);
    store<u32>(entry, load<u32>(this.heads + (<usize>slot << 2)), 12);
    store<u32>(this.heads + (<usize>slot << 2), <u32>entry);
    this.filled |= (<u64>1) << slot;
    this.count++;
    if (name.length > this.longest || this.scratch == 0) {
      this.longest = name.length;
      this.scratch = __sluice_reserve(name.length + 8);
    }
  }

  /** False when no name has this length and first byte: told without a call for most of the names in a document. */
  // @ts-ignore: decorator
  @inline
  mayHave(at: usize, length: i32): bool {
    return ((this.filled >> this.slot(at, length)) & 1) != 0;
  }

  /** Like `findRaw`, for names that are mostly none of the set. */
  // @ts-ignore: decorator
  @inline
  findSeldom(at: usize, length: i32, hasEscapes: bool): i32 {
    return hasEscapes || this.mayHave(at, length) ? this.findRaw(at, length, hasEscapes) : -1;
  }

  /**
   * Value of the name that the string content at `at` spells, or -1.
   * @param hasEscapes whether the content has a backslash in it
   */
  findRaw(at: usize, length: i32, hasEscapes: bool): i32 {
    if (hasEscapes) {
      if (this.count == 0) return -1;
      length = decodeString(at, at + length, this.scratch, this.longest);
      if (length < 0) return -1;
      at = this.scratch;
    }
    return this.find(at, length);
  }

  /** Like `get`, for bytes that have no view. */
  find(at: usize, length: i32): i32 {
    const slot = this.slot(at, length);
    if (((this.filled >> slot) & 1) == 0) return -1;
    const ignoreCase = this.ignoreCase;
    let entry = <usize>load<u32>(this.heads + (<usize>slot << 2));
    do {
      if (load<u32>(entry, 4) == length) {
        const name = <usize>load<u32>(entry);
        if (ignoreCase ? sameFolded(at, name, length) : same(at, name, length)) return load<i32>(entry, 8);
      }
      entry = load<u32>(entry, 12);
    } while (entry != 0);
    return -1;
  }

  /** Value of the name with these bytes, or -1. */
  get(name: Bytes): i32 {
    return this.find(name.address, name.length);
  }

  /** Whether the name was added. */
  has(name: Bytes): bool {
    return this.get(name) >= 0;
  }

  // @ts-ignore: decorator
  @inline
  private slot(at: usize, length: i32): u64 {
    const first = length == 0 ? 0 : <u32>load<u8>(at);
    // Letters of either case must meet in one slot.
    return ((first | 0x20) + length * 7) & (SLOTS - 1);
  }
}

/** Compares 8 bytes at a time; the last 8 may overlap with those before. */
function same(a: usize, b: usize, length: usize): bool {
  if (length < 8) {
    if (length >= 4) return load<u32>(a) == load<u32>(b) && load<u32>(a + length - 4) == load<u32>(b + length - 4);
    for (let i: usize = 0; i < length; i++) if (load<u8>(a + i) != load<u8>(b + i)) return false;
    return true;
  }
  const last = length - 8;
  for (let i: usize = 0; i < last; i += 8) if (load<u64>(a + i) != load<u64>(b + i)) return false;
  return load<u64>(a + last) == load<u64>(b + last);
}

function sameFolded(at: usize, folded: usize, length: i32): bool {
  for (let i = 0; i < length; i++) {
    if (lower(load<u8>(at + i)) != load<u8>(folded + i)) return false;
  }
  return true;
}
