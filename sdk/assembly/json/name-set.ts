// Names to be recognised in JSON, each with a number. Lookup compares bytes: by length first, and decodes a name
// only when it has escapes in it, so `"pass\u0077ord"` is found like any other spelling.
import { Bytes, lower } from '../bytes';
import { decodeString } from './string';

const LENGTHS = 64;

/** Built in `configure`, read afterwards. */
@final
export class NameSet {
  private readonly names: Bytes[] = [];
  private readonly values: i32[] = [];
  // Chains of names of one length: index of the first, and of the one after each; -1 ends a chain.
  private readonly heads: StaticArray<i32> = new StaticArray<i32>(LENGTHS);
  private readonly links: i32[] = [];
  private lengths: u64 = 0;
  private longest: i32 = 0;
  private scratch: usize = 0;

  /** @param ignoreCase takes ASCII letters of either case as the same */
  constructor(private readonly ignoreCase: bool = false) {
    for (let i = 0; i < LENGTHS; i++) this.heads[i] = -1;
  }

  get size(): i32 {
    return this.names.length;
  }

  /** Adds a name in UTF-8. The first value of a name counts. */
  add(name: Bytes, value: i32 = 0): void {
    const slot = min(name.length, LENGTHS - 1);
    this.names.push(this.ignoreCase ? name.toLowerCase() : name);
    this.values.push(value);
    // At the end of its chain, so that the first one added is the first one found.
    this.links.push(-1);
    let last = this.heads[slot];
    if (last < 0) this.heads[slot] = this.names.length - 1;
    else {
      while (this.links[last] >= 0) last = this.links[last];
      this.links[last] = this.names.length - 1;
    }
    this.lengths |= <u64>1 << slot;
    if (name.length > this.longest || this.scratch == 0) {
      this.longest = max(this.longest, name.length);
      this.scratch = __sluice_reserve(max(this.longest, 16));
    }
  }

  /**
   * Value of the name that the string content at `at` spells, or -1.
   * @param hasEscapes whether the content has a backslash in it
   */
  findRaw(at: usize, length: i32, hasEscapes: bool): i32 {
    if (hasEscapes) {
      if (this.names.length == 0) return -1;
      length = decodeString(at, at + length, this.scratch, this.longest);
      if (length < 0) return -1;
      at = this.scratch;
    }
    return this.find(at, length);
  }

  /** Like `get`, for bytes that have no view. */
  find(at: usize, length: i32): i32 {
    const slot = min(length, LENGTHS - 1);
    if (((this.lengths >> slot) & 1) == 0) return -1;
    for (let i = unchecked(this.heads[slot]); i >= 0; i = unchecked(this.links[i])) {
      const name = unchecked(this.names[i]);
      if (name.length != length) continue;
      if (this.ignoreCase ? sameFolded(at, name.address, length) : same(at, name.address, length)) {
        return unchecked(this.values[i]);
      }
    }
    return -1;
  }

  /** Value of the name with these bytes, or -1. */
  get(name: Bytes): i32 {
    return this.find(name.address, name.length);
  }

  has(name: Bytes): bool {
    return this.find(name.address, name.length) >= 0;
  }
}

// @ts-ignore: decorator
@inline function same(a: usize, b: usize, length: i32): bool {
  return length == 0 || (load<u8>(a) == load<u8>(b) && memory.compare(a, b, length) == 0);
}

function sameFolded(at: usize, folded: usize, length: i32): bool {
  for (let i = 0; i < length; i++) {
    if (lower(load<u8>(at + i)) != load<u8>(folded + i)) return false;
  }
  return true;
}
