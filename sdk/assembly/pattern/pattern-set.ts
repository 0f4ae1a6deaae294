// Walks the tables that the host made of patterns: one step for each byte of the text, whatever the patterns are.
import {
  PATTERN_CLASSES,
  PATTERN_DEAD,
  PATTERN_LENGTH,
  PATTERN_LIST_ENTRIES,
  PATTERN_LIST_SIZE,
  PATTERN_ROW,
  PATTERN_ROWS,
  PATTERN_START,
} from '../../abi/abi';
import { Bytes } from '../bytes';
import { editCount } from '../reply';
import { Matches } from './matches';

/** Patterns that were compiled in `configure`. Their numbers are the order in which they were added. */
@final
export class PatternSet {
  /** Scans so far: a list of matches that bears this number was read in the present one. */
  private scans: u64 = 0;

  /** @internal Made by `Patterns`. `tables` is absent when the config was refused. */
  constructor(
    private readonly tables: Bytes,
    /** Number of patterns. */
    readonly size: i32,
  ) {}

  /** Whether some pattern matches: reads no further than to the first match. */
  matches(text: Bytes): bool {
    const end = this.open();
    for (let table = this.tables.address; table < end; table += load<u32>(table + PATTERN_LENGTH)) {
      if (this.walk(table, text, null)) return true;
    }
    return false;
  }

  /** Finds out of all patterns which match and where, reading the text once. */
  scan(text: Bytes): Matches {
    const found = new Matches(this.size);
    const end = this.open();
    for (let table = this.tables.address; table < end; table += load<u32>(table + PATTERN_LENGTH)) {
      this.walk(table, text, found);
    }
    return found;
  }

  /** Where the tables end. A refused set matches nothing while the refusal stands, and is never used after it. */
  private open(): usize {
    if (!this.tables.exists && editCount() == 0) throw new Error('these patterns were refused: compile them in configure');
    this.scans++;
    return this.tables.address + this.tables.length;
  }

  /** True when there was a match, after which it goes on only if `found` is there to note more. */
  private walk(table: usize, text: Bytes, found: Matches | null): bool {
    const rows = table + PATTERN_ROWS;
    const classes = table + PATTERN_CLASSES;
    const dead = <usize>load<u32>(table + PATTERN_DEAD);
    const toEnd = <usize>load<u32>(table + PATTERN_ROW) - 8;
    const end = text.address + text.length;
    let row = <usize>load<u32>(table + PATTERN_START);
    let at = text.address;
    let any = row > dead;
    if (any && this.isDone(table, row, 0, found)) return true;
    while (at < end) {
      row = load<u32>(rows + row + (<usize>load<u8>(classes + load<u8>(at)) << 2));
      at++;
      if (row < dead) continue;
      if (row == dead) return any;
      any = true;
      if (this.isDone(table, row, <i32>(at - text.address), found)) return true;
    }
    row = load<u32>(rows + row + toEnd);
    if (row <= dead) return any;
    // Its matches end before the end of the text, as if that were a byte.
    this.isDone(table, row, text.length + 1, found);
    return true;
  }

  /** Notes what the row tells. True when no more can be found. */
  private isDone(table: usize, row: usize, end: i32, found: Matches | null): bool {
    if (found == null) return true;
    const rowBytes = <usize>load<u32>(table + PATTERN_ROW);
    const list = table + load<u32>(table + PATTERN_ROWS + row + rowBytes - 4);
    if (load<u64>(list) == this.scans) return false;
    store<u64>(list, this.scans);
    let entry = list + PATTERN_LIST_ENTRIES;
    for (let left = load<u32>(list + PATTERN_LIST_SIZE); left > 0; left--) {
      const match = load<u32>(entry);
      found.note(match >> 1, end - <i32>(match & 1));
      entry += 4;
    }
    return found.count == found.size;
  }
}
