// Counters that all workers share: a fixed table in shared memory, without locks, so that a worker may be ended at any
// instruction and leaves nothing behind that others would wait for.
//
//   0       32                                                    32 + slots * 32
//   | seed  | key hash u64 | state u64 | expires i32 | unused |  …  |
//
// state of a windowed counter:  window 24 bits | previous 20 bits | current 20 bits     (changes in one step)
// state of an endless counter:  count 64 bits
//
// A slot is claimed by storing a key hash where there was none, or one whose counter has expired. Who is ended after
// that leaves a slot whose state is of an old window, which is what every other slot looks like after a while.
import { hash, randomFillSync } from 'node:crypto';

const HEADER_BYTES = 32;
const SLOT_BYTES = 32;
/** Slots that a key may be in. */
const PROBES = 16;
const COUNT_BITS = 20n;
const WINDOW_MASK = 0xffffff;
/** A windowed counter stops here. */
export const MOST_COUNT = 0xfffff;
const MOST_ENDLESS = 0xffffffff;
const COUNT_MASK = BigInt(MOST_COUNT);
/** Seconds are counted from here, so that they fit 31 bits for another sixty years. */
const EPOCH_S = 1_700_000_000;
const NEVER = 0x7fffffff;

/** What a counter stands at. */
export interface Count {
  /** Of the present window. */
  readonly current: number;
  /** Of the window before. */
  readonly previous: number;
  /** Since the present window began, in milliseconds. */
  readonly elapsedMs: number;
}

const ZERO: Count = Object.freeze({ current: 0, previous: 0, elapsedMs: 0 });

/** @param slots a power of two; most counters that live at the same time are fewer, by about a third */
export function createCounterTable(slots: number): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(HEADER_BYTES + slots * SLOT_BYTES);
  const seed = randomFillSync(Buffer.alloc(HEADER_BYTES));
  new Uint8Array(buffer).set(seed);
  return buffer;
}

export class CounterTable {
  readonly #words: BigInt64Array;
  readonly #halves: Int32Array;
  readonly #slots: number;
  readonly #now: () => number;
  /** Seed, window, key: what is hashed. The seed keeps clients from choosing keys that fall into the same slots. */
  #input: Buffer;

  /** @param now milliseconds since the UNIX epoch, the same for all who share the table */
  constructor(buffer: SharedArrayBuffer, now: () => number = Date.now) {
    this.#words = new BigInt64Array(buffer);
    this.#halves = new Int32Array(buffer);
    this.#slots = (buffer.byteLength - HEADER_BYTES) / SLOT_BYTES;
    this.#now = now;
    this.#input = Buffer.alloc(HEADER_BYTES + 4 + 256);
    this.#input.set(new Uint8Array(buffer, 0, HEADER_BYTES));
  }

  /**
   * Adds to the counter of a key, never below 0.
   * @param windowMs the counter begins anew with every multiple of this many milliseconds; 0: never
   * @param delta    0 only reads
   * @returns null when the table is full of counters that live
   */
  add(key: Uint8Array, windowMs: number, delta: number): Count | null {
    const nowMs = this.#now();
    const name = this.#hash(key, windowMs);
    for (;;) {
      const slot = this.#find(name, nowMs, delta !== 0);
      if (slot === ABSENT) return ZERO;
      if (slot === FULL) return null;
      const count = this.#addTo(slot, name, windowMs, nowMs, delta);
      if (count !== null) return count;
    }
  }

  #hash(key: Uint8Array, windowMs: number): bigint {
    const length = HEADER_BYTES + 4 + key.byteLength;
    if (length > this.#input.byteLength) this.#input = Buffer.concat([this.#input], length * 2);
    this.#input.writeUInt32LE(windowMs, HEADER_BYTES);
    this.#input.set(key, HEADER_BYTES + 4);
    const digest = hash('sha256', this.#input.subarray(0, length), 'buffer');
    // 0 marks a free slot.
    return digest.readBigInt64LE(0) || 1n;
  }

  /** Index of the first word of the key's slot. */
  #find(name: bigint, nowMs: number, claim: boolean): number {
    const nowS = Math.floor(nowMs / 1000) - EPOCH_S;
    const first = Number(BigInt.asUintN(31, name));
    let usable = FULL;
    for (let probe = 0; probe < PROBES; probe += 1) {
      const slot = (HEADER_BYTES + ((first + probe) % this.#slots) * SLOT_BYTES) / 8;
      const found = Atomics.load(this.#words, slot);
      if (found === name) return slot;
      const isFree = found === 0n || Atomics.load(this.#halves, slot * 2 + 4) < nowS;
      if (usable === FULL && isFree) usable = slot;
      // Nothing was ever put behind a slot that was never used.
      if (found === 0n) break;
    }
    if (!claim) return ABSENT;
    if (usable === FULL) return FULL;
    const old = Atomics.load(this.#words, usable);
    if (Atomics.compareExchange(this.#words, usable, old, name) !== old)
      return this.#find(name, nowMs, claim);
    Atomics.store(this.#words, usable + 1, 0n);
    return usable;
  }

  /** Null when the slot was given to another key meanwhile. */
  #addTo(slot: number, name: bigint, windowMs: number, nowMs: number, delta: number): Count | null {
    const window = windowMs === 0 ? 0 : Math.floor(nowMs / windowMs);
    for (;;) {
      const state = Atomics.load(this.#words, slot + 1);
      const count =
        windowMs === 0
          ? { current: within(Number(state) + delta, MOST_ENDLESS), previous: 0, elapsedMs: 0 }
          : advance(state, window, nowMs - window * windowMs, delta);
      if (delta === 0) return count;
      const next = windowMs === 0 ? BigInt(count.current) : pack(window, count);
      // Before the state: a slot without an expiry may be taken.
      this.#expire(slot, windowMs === 0 ? NEVER : Math.ceil(((window + 2) * windowMs) / 1000) - EPOCH_S);
      if (Atomics.load(this.#words, slot) !== name) return null;
      if (Atomics.compareExchange(this.#words, slot + 1, state, next) === state) return count;
    }
  }

  #expire(slot: number, atS: number): void {
    Atomics.store(this.#halves, slot * 2 + 4, atS);
  }
}

const ABSENT = -1;
const FULL = -2;

function within(count: number, most: number): number {
  return Math.min(Math.max(count, 0), most);
}

/** What a windowed counter stands at after `delta`, in the present window. */
function advance(state: bigint, window: number, elapsedMs: number, delta: number): Count {
  const behind = (window - Number((state >> (COUNT_BITS * 2n)) & BigInt(WINDOW_MASK))) & WINDOW_MASK;
  const stored = Number(state & COUNT_MASK);
  const current = behind === 0 ? stored : 0;
  const previous = behind === 0 ? Number((state >> COUNT_BITS) & COUNT_MASK) : behind === 1 ? stored : 0;
  return { current: within(current + delta, MOST_COUNT), previous, elapsedMs };
}

function pack(window: number, { current, previous }: Count): bigint {
  const tag = BigInt.asIntN(64, BigInt(window & WINDOW_MASK) << (COUNT_BITS * 2n));
  return tag | (BigInt(previous) << COUNT_BITS) | BigInt(current);
}
