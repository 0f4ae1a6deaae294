// What a scan found, for each pattern of a set.

/** Good until the call returns. */
@final
export class Matches {
  /** Where the first match of each pattern ends, -1 where there is none; one i32 for each. */
  private readonly ends: usize;
  private found: i32 = 0;

  /** @internal What `scan` answers. */
  constructor(
    /** Number of patterns in the set. */
    readonly size: i32,
  ) {
    const bytes = <usize>size << 2;
    this.ends = __sluice_reserve(bytes);
    memory.fill(this.ends, 0xff, bytes);
  }

  /** Number of patterns that match. */
  get count(): i32 {
    return this.found;
  }

  /** Whether some pattern matches. */
  get any(): bool {
    return this.found > 0;
  }

  /** Index of the first pattern, in the order of the set, that matches; -1 when none does. */
  get first(): i32 {
    return this.next(-1);
  }

  /** Index of the next pattern after `pattern` that matches, or -1. */
  next(pattern: i32): i32 {
    if (this.found == 0) return -1;
    for (let i = max(pattern, -1) + 1; i < this.size; i++) if (load<i32>(this.ends + (<usize>i << 2)) >= 0) return i;
    return -1;
  }

  /** Whether the pattern with this index matches. Traps for one that the set does not have. */
  has(pattern: i32): bool {
    return this.endOf(pattern) >= 0;
  }

  /**
   * Number of bytes from the start of the text to the end of the match that ends first, wherever it began; -1 when the
   * pattern does not match. Traps for a pattern that the set does not have.
   */
  endOf(pattern: i32): i32 {
    if (<u32>pattern >= <u32>this.size) throw new RangeError('pattern index out of range');
    return load<i32>(this.ends + (<usize>pattern << 2));
  }

  /** @internal Notes a match unless there was one before. */
  note(pattern: u32, end: i32): void {
    const at = this.ends + (<usize>pattern << 2);
    if (load<i32>(at) >= 0) return;
    store<i32>(at, end);
    this.found++;
  }
}
