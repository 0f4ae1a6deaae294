// Counters by key and window that all workers share, atomic over all of them. Each window of a key is a name of its own in
// counter-slots.ts: a thread that looked at its clock just before a window ended still counts in that window.
import { hash, randomFillSync } from 'node:crypto';
import { CounterSlots, FULL, HEADER_BYTES, NEVER, SLOT_BYTES, toTick } from './counter-slots.js';

/** Spreads the windows of one key over the names; any odd number with bits all over does. */
const WINDOW_STEP = 0x9e3779b97f4a7c15n;
const WINDOW_AT = HEADER_BYTES;
const KEY_AT = WINDOW_AT + 4;
const USUAL_KEY_BYTES = 256;

/** What a counter stands at. */
export interface Count {
  /** Of the present window. */
  readonly current: number;
  /** Of the window before. */
  readonly previous: number;
  /** Since the present window began, in milliseconds. */
  readonly elapsedMs: number;
}

/**
 * @param slots a power of two, 4 at least. A key takes one slot for each window it is counted in, until the next window
 *   is over; about three quarters of the slots can be taken before the first key finds none
 */
export function createCounterTable(slots: number): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(HEADER_BYTES + slots * SLOT_BYTES);
  new Uint8Array(buffer).set(randomFillSync(Buffer.alloc(HEADER_BYTES)));
  return buffer;
}

export class CounterTable {
  readonly #slots: CounterSlots;
  readonly #now: () => number;
  /** Seed, window, key: what is hashed. The seed keeps clients from choosing keys that fall into the same slots. */
  #input: Buffer;

  /** @param now milliseconds since the UNIX epoch, about the same for all who share the table */
  constructor(buffer: SharedArrayBuffer, now: () => number = Date.now) {
    this.#slots = new CounterSlots(buffer);
    this.#now = now;
    this.#input = Buffer.alloc(KEY_AT + USUAL_KEY_BYTES);
    this.#input.set(new Uint8Array(buffer, 0, HEADER_BYTES));
  }

  /**
   * Adds to the counter of a key, never below 0.
   * @param windowMs the counter begins anew with every multiple of this many milliseconds; 0: never
   * @param delta    0 only reads; a key that has no counter gets one only for more than 0
   * @returns null when the table is full of counters that live
   */
  add(key: Uint8Array, windowMs: number, delta: number): Count | null {
    const nowMs = this.#now();
    const name = this.#hash(key, windowMs);
    if (windowMs === 0) {
      const current = this.#addTo(name, delta, NEVER, nowMs);
      return current === FULL ? null : { current, previous: 0, elapsedMs: 0 };
    }
    const window = Math.floor(nowMs / windowMs);
    const current = this.#addTo(nameOf(name, window), delta, toTick((window + 2) * windowMs), nowMs);
    if (current === FULL) return null;
    const previous = this.#slots.read(nameOf(name, window - 1));
    return { current, previous, elapsedMs: nowMs - window * windowMs };
  }

  #addTo(name: bigint, delta: number, expires: number, nowMs: number): number {
    return delta === 0 ? this.#slots.read(name) : this.#slots.add(name, delta, expires, toTick(nowMs));
  }

  #hash(key: Uint8Array, windowMs: number): bigint {
    const length = KEY_AT + key.byteLength;
    if (length > this.#input.byteLength) this.#input = Buffer.concat([this.#input], length * 2);
    this.#input.writeUInt32LE(windowMs, WINDOW_AT);
    this.#input.set(key, KEY_AT);
    return hash('sha256', this.#input.subarray(0, length), 'buffer').readBigInt64LE(0);
  }
}

function nameOf(name: bigint, window: number): bigint {
  return BigInt.asIntN(64, name + BigInt(window) * WINDOW_STEP);
}
