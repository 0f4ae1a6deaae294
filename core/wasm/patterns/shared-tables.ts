// Tables of patterns in memory that all threads share: the first instance of a filter puts its tables there, all others
// find them. No thread ever waits for another, and one that is ended midway leaves a gap that nobody reads.
//
//   0      8                                 TABLES_AT          end         most
//   | end  | states i32 … | places … | digests … | tables of a set | … | free |
//
// Invariant: a place and a digest are written before the state says so, and never change afterwards.
import { hash } from 'node:crypto';

/** Most sets of patterns of one filter, and most bytes of all their tables. */
export const MOST_SETS = 256;
export const MOST_TABLE_BYTES = 8_388_608;

const END = 0;
const STATES_AT = 8;
/** Two words of each set: where its tables begin, and how many bytes they have. */
const PLACES_AT = STATES_AT + MOST_SETS * 4;
const DIGESTS_AT = PLACES_AT + MOST_SETS * 8;
const DIGEST_BYTES = 32;
const TABLES_AT = DIGESTS_AT + MOST_SETS * DIGEST_BYTES;

const FREE = 0;
const TAKEN = 1;
const STANDS = 2;

/** Grows with what is put there. */
export function createSharedTables(): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(TABLES_AT, { maxByteLength: TABLES_AT + MOST_TABLE_BYTES });
  new Int32Array(buffer, 0, 1)[END] = TABLES_AT;
  return buffer;
}

export class SharedTables {
  readonly #buffer: SharedArrayBuffer;
  readonly #end: Int32Array;
  readonly #states: Int32Array;
  readonly #places: Int32Array;
  readonly #digests: Uint8Array;

  constructor(buffer: SharedArrayBuffer) {
    this.#buffer = buffer;
    this.#end = new Int32Array(buffer, 0, 1);
    this.#states = new Int32Array(buffer, STATES_AT, MOST_SETS);
    this.#places = new Int32Array(buffer, PLACES_AT, MOST_SETS * 2);
    this.#digests = new Uint8Array(buffer, DIGESTS_AT, MOST_SETS * DIGEST_BYTES);
  }

  /** The tables that were put here for this text, or null. Nobody may write to them. */
  find(text: string): Uint8Array | null {
    const digest = digestOf(text);
    for (let set = 0; set < MOST_SETS; set += 1) {
      const state = Atomics.load(this.#states, set);
      if (state === FREE) return null;
      if (state === STANDS && digest.equals(this.#digestAt(set))) return this.#tablesAt(set);
    }
    return null;
  }

  /** Puts tables here, unless they are here or there is no room. Answers those that are here, or else `tables`. */
  put(text: string, tables: Uint8Array): Uint8Array {
    const found = this.find(text);
    if (found !== null) return found;
    const at = this.#reserve(tables.byteLength);
    const set = at === -1 ? -1 : this.#take();
    if (set === -1) return tables;
    this.#places[set * 2] = at;
    this.#places[set * 2 + 1] = tables.byteLength;
    this.#digestAt(set).set(digestOf(text));
    const placed = this.#tablesAt(set);
    placed.set(tables);
    Atomics.store(this.#states, set, STANDS);
    return placed;
  }

  /** Where so many bytes may be written, by nobody else; -1 when there is no room. */
  #reserve(bytes: number): number {
    for (;;) {
      const at = Atomics.load(this.#end, 0);
      const end = at + bytes;
      if (end > this.#buffer.maxByteLength || !this.#grow(end)) return -1;
      if (Atomics.compareExchange(this.#end, 0, at, end) === at) return at;
    }
  }

  /** False when the machine has no memory for it. */
  #grow(bytes: number): boolean {
    try {
      if (this.#buffer.byteLength < bytes) this.#buffer.grow(bytes);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      // Another thread may have made it longer than that since it was looked at.
    }
    return this.#buffer.byteLength >= bytes;
  }

  /** A set that is nobody's, or -1. */
  #take(): number {
    for (let set = 0; set < MOST_SETS; set += 1)
      if (Atomics.compareExchange(this.#states, set, FREE, TAKEN) === FREE) return set;
    return -1;
  }

  #digestAt(set: number): Uint8Array {
    return this.#digests.subarray(set * DIGEST_BYTES, (set + 1) * DIGEST_BYTES);
  }

  #tablesAt(set: number): Uint8Array {
    return new Uint8Array(this.#buffer, this.#places[set * 2]!, this.#places[set * 2 + 1]!);
  }
}

/** The text itself would take as much room as the tables. */
function digestOf(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
