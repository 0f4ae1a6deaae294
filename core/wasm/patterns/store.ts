// The compiled patterns of all filters of a thread. A set is compiled by the first thread that configures the filter:
// the others, and instances that are made anew, find its tables.
import { hash } from 'node:crypto';
import { OwnedEntries } from '../owned-entries.js';
import { compilePatterns, type PatternText } from './compiler.js';
import { MOST_SETS, MOST_TABLE_BYTES, type SharedTables } from './shared-tables.js';

export class PatternStore {
  /** By digest: a megabyte of patterns may make a table of a few bytes. */
  readonly #tables = new OwnedEntries<Uint8Array>('sets of patterns', MOST_SETS);

  /** Number of sets that are kept. */
  get size(): number {
    return this.#tables.size;
  }

  /**
   * Tables for the patterns, laid out as sdk/abi says. Nobody may write to them.
   * @param owner  id of the filter that uses them, until it is released
   * @param shared what all threads have compiled for this filter
   * @throws PatternError, or RangeError for more sets than a filter may have
   */
  compile(patterns: readonly PatternText[], owner: number, shared: SharedTables): Uint8Array {
    const text = JSON.stringify(patterns);
    const tables = this.#tables.take(
      hash('sha256', text, 'base64'),
      owner,
      () => shared.find(text) ?? shared.put(text, compilePatterns(patterns, this.#room(owner))),
    );
    // Made for another filter of this thread, they are still to be found by those who load this one later.
    return shared.put(text, tables);
  }

  /** A filter is gone: what nobody else uses is forgotten. */
  release(owner: number): void {
    this.#tables.release(owner);
  }

  #room(owner: number): number {
    let room = MOST_TABLE_BYTES;
    for (const { byteLength } of this.#tables.of(owner)) room -= byteLength;
    return room;
  }
}
