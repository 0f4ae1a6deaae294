// The `counters` capability: counts by key, atomic over all workers and private to one filter.
import { COUNT_BYTES, COUNT_CURRENT, COUNT_ELAPSED, COUNT_PREVIOUS } from '../../../sdk/abi/abi.js';
import { IMPORT_COUNTER_ADD } from '../../../sdk/abi/names.js';
import type { Clock } from '../clock.js';
import { GuestAbort, type GuestMemory } from '../guest-memory.js';
import type { CapabilityHost } from './capabilities.js';
import { CounterTable } from './counter-table.js';

/** Longest key; longer ones are the author's mistake. */
const MOST_KEY_BYTES = 1024;

export class CounterCapability implements CapabilityHost {
  readonly functions: CapabilityHost['functions'];
  readonly #memory: GuestMemory;
  readonly #table: CounterTable;

  constructor(memory: GuestMemory, table: SharedArrayBuffer, clock: Clock) {
    this.#memory = memory;
    this.#table = new CounterTable(table, () => Math.floor(clock.wallMs()));
    this.functions = { [IMPORT_COUNTER_ADD]: this.#add };
  }

  readonly #add = (
    address: number,
    length: number,
    windowMs: number,
    delta: number,
    countAt: number,
  ): number => {
    if (length >>> 0 > MOST_KEY_BYTES)
      throw new GuestAbort(`a counter key has at most ${MOST_KEY_BYTES} bytes`);
    const count = this.#table.add(this.#memory.view(address, length), windowMs >>> 0, delta);
    if (count === null) return 1;
    const { buffer, byteOffset } = this.#memory.view(countAt, COUNT_BYTES);
    const out = new DataView(buffer, byteOffset, COUNT_BYTES);
    out.setUint32(COUNT_CURRENT, count.current, true);
    out.setUint32(COUNT_PREVIOUS, count.previous, true);
    out.setUint32(COUNT_ELAPSED, count.elapsedMs, true);
    return 0;
  };
}
