// The `patterns` capability: a guest has patterns compiled in `configure` and takes the tables into its own memory, where
// it walks them without the host.
import { IMPORT_PATTERN_COMPILE, IMPORT_PATTERN_TAKE } from '../../../sdk/abi/names.js';
import { GuestAbort, type GuestMemory } from '../guest-memory.js';
import type { PatternText } from '../patterns/compiler.js';
import { MOST_SETS, SharedTables } from '../patterns/shared-tables.js';
import type { PatternStore } from '../patterns/store.js';
import { PatternError } from '../patterns/syntax.js';
import { needStackRoom } from '../stack-room.js';
import type { CapabilityHost } from './capabilities.js';

/** Most bytes of the description of one set. */
const MOST_TEXT_BYTES = 1_048_576;

const encoder = new TextEncoder();

export class PatternCapability implements CapabilityHost {
  readonly functions: CapabilityHost['functions'];
  readonly #memory: GuestMemory;
  readonly #store: PatternStore;
  readonly #filterId: number;
  readonly #shared: SharedTables;
  #sets = 0;
  /** Tables or message of the last call. */
  #answer: Uint8Array = new Uint8Array(0);
  #configuring = true;

  /** @param shared tables of this filter, for all threads */
  constructor(memory: GuestMemory, store: PatternStore, filterId: number, shared: SharedArrayBuffer) {
    this.#memory = memory;
    this.#store = store;
    this.#filterId = filterId;
    this.#shared = new SharedTables(shared);
    this.functions = { [IMPORT_PATTERN_COMPILE]: this.#compile, [IMPORT_PATTERN_TAKE]: this.#take };
  }

  endConfigure(): void {
    this.#configuring = false;
    this.#answer = new Uint8Array(0);
  }

  readonly #compile = (address: number, length: number): number => {
    if (!this.#configuring) throw new GuestAbort('patterns are compiled in configure only');
    if (this.#sets >= MOST_SETS) throw new GuestAbort(`more than ${MOST_SETS} sets of patterns`);
    this.#sets += 1;
    needStackRoom();
    if (length >>> 0 > MOST_TEXT_BYTES)
      return this.#refuse(-1, `${length >>> 0} bytes of patterns, at most ${MOST_TEXT_BYTES} are compiled`);
    const patterns = parseDescription(this.#memory.text(address, length, MOST_TEXT_BYTES));
    try {
      this.#answer = this.#store.compile(patterns, this.#filterId, this.#shared);
      return this.#answer.byteLength;
    } catch (cause) {
      if (!(cause instanceof PatternError)) throw cause;
      return this.#refuse(cause.pattern, cause.message);
    }
  };

  readonly #take = (address: number, capacity: number): number =>
    this.#memory.copyOut(this.#answer, address, capacity);

  #refuse(pattern: number, message: string): number {
    this.#answer = encoder.encode(JSON.stringify({ pattern, message }));
    return -this.#answer.byteLength;
  }
}

/** @throws GuestAbort: what describes a set is made by the code of the guest, not by who wrote the patterns */
function parseDescription(text: string): PatternText[] {
  try {
    return (JSON.parse(text) as unknown[]).map(parsePattern);
  } catch {
    throw new GuestAbort('expected patterns as a JSON list');
  }
}

function parsePattern(given: unknown): PatternText {
  const { pattern, literal, flags = '', anchor = 'none' } = given as Record<string, unknown>;
  const text = literal ?? pattern;
  if (typeof text !== 'string' || typeof flags !== 'string') throw new TypeError('expected text');
  if (anchor !== 'none' && anchor !== 'start' && anchor !== 'both') throw new TypeError('expected an anchor');
  return { text, isLiteral: literal !== undefined, flags, anchor };
}
