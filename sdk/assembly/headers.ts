// The headers of a message: read in place, changed by edits that the host applies after the call.
import { EDIT_ADD_HEADER, EDIT_REMOVE_HEADER, EDIT_SET_HEADER } from '../abi/abi';
import { ABSENT, Bytes, bytesOf } from './bytes';
import { framePhase, tableFind, tableGet, tableName, tableSize, tableValue } from './frame';
import { addEdit } from './reply';

/**
 * Names are lower case. What is read is what came in: an edit does not show until the next filter.
 * Which message the edits go to follows from the phase; reading the request's headers in the response phase is
 * fine, editing them then traps.
 */
@final
export class Headers {
  /** @internal Those of a message come from it. */
  constructor(
    private readonly table: usize,
    private readonly phase: u32,
  ) {}

  /** Number of fields; a repeated name counts each time. */
  get size(): i32 {
    return tableSize(this.table);
  }

  /** Name of the field at `index`. Traps outside of 0 to `size` - 1. */
  nameAt(index: i32): Bytes {
    return tableName(this.table, index);
  }

  /** Value of the field at `index`. Traps likewise. */
  valueAt(index: i32): Bytes {
    return tableValue(this.table, index);
  }

  /** Whether there is a field called `name` (lower case). */
  has(name: string): bool {
    return tableFind(this.table, name, 0) >= 0;
  }

  /** First value of `name` (lower case); `exists` is false when there is none. */
  get(name: string): Bytes {
    return tableGet(this.table, name);
  }

  /** Index of the first field called `name` at or after `from`, or -1: for walking over repeated fields. */
  find(name: string, from: i32 = 0): i32 {
    return tableFind(this.table, name, from);
  }

  /** Puts one field in place of all of this name. Name and value are text, `Bytes` or an integer. */
  set<N, V>(name: N, value: V): void {
    this.mustBeOpen();
    addEdit(EDIT_SET_HEADER, bytesOf(name), bytesOf(value));
  }

  /** Adds a field and keeps those of the same name. */
  add<N, V>(name: N, value: V): void {
    this.mustBeOpen();
    addEdit(EDIT_ADD_HEADER, bytesOf(name), bytesOf(value));
  }

  /** Removes every field of this name. */
  remove<N>(name: N): void {
    this.mustBeOpen();
    addEdit(EDIT_REMOVE_HEADER, bytesOf(name), ABSENT);
  }

  private mustBeOpen(): void {
    if (framePhase() != this.phase) throw new Error('request headers cannot change in the response phase');
  }
}
