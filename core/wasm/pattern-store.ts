// The compiled patterns of all filters of a thread, each set once: an instance that is made anew finds its tables.
import { compilePatterns, type PatternText } from './pattern-compiler.js';

/** Most bytes that the tables of one filter may have. */
const MOST_TABLE_BYTES = 8_388_608;

interface Entry {
  readonly tables: Uint8Array;
  readonly owners: Set<number>;
}

export class PatternStore {
  readonly #entries = new Map<string, Entry>();

  /** Number of sets that are kept. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Tables for the patterns, laid out as sdk/abi says.
   * @param owner id of the filter that uses them, until it is released
   * @throws PatternError
   */
  compile(patterns: readonly PatternText[], owner: number): Uint8Array {
    const key = JSON.stringify(patterns);
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { tables: compilePatterns(patterns, this.#room(owner)), owners: new Set() };
      this.#entries.set(key, entry);
    }
    entry.owners.add(owner);
    return entry.tables;
  }

  /** A filter is gone: what nobody else uses is forgotten. */
  release(owner: number): void {
    for (const [key, { owners }] of this.#entries) {
      if (owners.delete(owner) && owners.size === 0) this.#entries.delete(key);
    }
  }

  #room(owner: number): number {
    let room = MOST_TABLE_BYTES;
    for (const { tables, owners } of this.#entries.values()) if (owners.has(owner)) room -= tables.byteLength;
    return room;
  }
}
