// The compiled patterns of all filters of a thread, each set once: an instance that is made anew finds its tables.
import { OwnedEntries } from './owned-entries.js';
import { compilePatterns, type PatternText } from './pattern-compiler.js';

/** Most bytes that the tables of one filter may have. */
const MOST_TABLE_BYTES = 8_388_608;

export class PatternStore {
  readonly #tables = new OwnedEntries<Uint8Array>();

  /** Number of sets that are kept. */
  get size(): number {
    return this.#tables.size;
  }

  /**
   * Tables for the patterns, laid out as sdk/abi says.
   * @param owner id of the filter that uses them, until it is released
   * @throws PatternError
   */
  compile(patterns: readonly PatternText[], owner: number): Uint8Array {
    return this.#tables.take(JSON.stringify(patterns), owner, () =>
      compilePatterns(patterns, this.#room(owner)),
    );
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
