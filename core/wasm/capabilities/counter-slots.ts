// The slots of a counter table: a hash table in shared memory without locks, safe when a thread is ended at any
// instruction. It knows names, numbers that stand for a key and a window; what they are made of is counter-table.ts's.
//
//   0       32                                            32 + slots * 16
//   | seed  | key: name, 62 bits | mark, 2 bits |  state: expires u32 | count u32  | …  |
//
//   never used ──► CLAIMED ──► COUNTING ──(expired)──► CLAIMED by another name
//                   │   ▲
//                   ▼   │ by another name
//                   LEFT
//
// Invariants. A name is never counted again once it has expired, for its window is over.
// 1. Adders count in COUNTING slots only, and the expiry of such a slot never changes: so whoever saw it expired and then
//    exchanges the key takes an expired slot, whatever happened in between.
// 2. At most one slot counts a name: who makes it COUNTING looked for others after it was CLAIMED, and made them LEFT.
// 3. A state is exchanged only if, after it was read, the key was still that of the adder.
// A thread that ends leaves a slot that is CLAIMED, which the next adder of the name carries on with and others may take
// when nothing else is free, or one that is COUNTING, which expires as any other.

/** Bytes before the slots; they are the table's. */
export const HEADER_BYTES = 32;
export const SLOT_BYTES = 16;
/** What `add` answers when each slot that the name may be in counts another one. */
export const FULL = -2;
/** Counts stop here. */
export const MOST_COUNT = 0xffffffff;
/** Expiry of what never expires. */
export const NEVER = 0;

const CLAIMED = 1n;
const COUNTING = 2n;
const LEFT = 3n;
const MARK = 3n;
const SMALLEST = 4n;
const TICK_MS = 64;
/** Slots of one line of the processor's cache are looked at together. */
const GROUP = 4;
const MOST_GROUPS = 8;
const NONE = -1;
const LOW_HALF = 32n;

/**
 * The moment as slots keep it. It wraps after eight years; earlier and later are told by the shorter way round.
 * @returns never `NEVER`
 */
export function toTick(ms: number): number {
  return Math.ceil(ms / TICK_MS) >>> 0 || 1;
}

export class CounterSlots {
  readonly #words: BigInt64Array;
  readonly #halves: Int32Array;
  readonly #groups: number;
  readonly #probes: number;
  readonly #key = new BigInt64Array(1);
  readonly #keyHalves = new Int32Array(this.#key.buffer);

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new BigInt64Array(buffer);
    this.#halves = new Int32Array(buffer);
    this.#groups = (buffer.byteLength - HEADER_BYTES) / SLOT_BYTES / GROUP;
    this.#probes = Math.min(this.#groups, MOST_GROUPS) * GROUP;
  }

  /** Count of a name; 0 when it has no slot. */
  read(name: bigint): number {
    const key = keyOf(name);
    for (;;) {
      const slot = this.#find(key);
      if (slot === NONE || Atomics.load(this.#words, slot) !== key) return 0;
      const state = Atomics.load(this.#words, slot + 1);
      if (Atomics.load(this.#words, slot) === key) return countOf(state);
    }
  }

  /**
   * Adds to the count of a name, never below 0.
   * @param delta   a name without a slot gets one only for more than 0
   * @param expires tick after which the slot is free for others, the same for each call with this name
   * @param now     the present tick
   * @returns the count afterwards, or FULL
   */
  add(name: bigint, delta: number, expires: number, now: number): number {
    const key = keyOf(name);
    for (;;) {
      let slot = this.#find(key);
      if (slot === NONE) {
        if (delta <= 0) return 0;
        slot = this.#claim(key, now);
        if (slot === FULL) return FULL;
      }
      if (slot === NONE || !this.#settle(slot, key, expires)) continue;
      const count = this.#count(slot, key, expires, delta);
      if (count !== NONE) return count;
    }
  }

  /** The slot that counts a name, else one that is claimed for it, else NONE. */
  #find(key: bigint): number {
    let claimed = NONE;
    for (let probe = 0; probe < this.#probes; probe += 1) {
      const slot = this.#slot(key, probe);
      const found = Atomics.load(this.#words, slot);
      if (found === key) return slot;
      // Nothing was ever put behind a slot that was never used.
      if (found === 0n) break;
      if (claimed === NONE && found === claimOf(key)) claimed = slot;
    }
    return claimed;
  }

  /** A slot that is now claimed for a name; NONE when somebody else was faster, FULL when there is none. */
  #claim(key: bigint, now: number): number {
    let usable = NONE;
    let usableKey = 0n;
    for (let probe = 0; probe < this.#probes; probe += 1) {
      const slot = this.#slot(key, probe);
      const found = Atomics.load(this.#words, slot);
      const isOwn = (found & ~MARK) === (key & ~MARK);
      const mark = found & MARK;
      // Own ones that were left stay so: who made them that may not have seen it yet.
      if (isOwn && mark !== LEFT) return slot;
      const isFree =
        found === 0n || (mark === LEFT && !isOwn) || (mark === COUNTING && this.#hasExpired(slot, now));
      if (isFree || (usable === NONE && mark === CLAIMED)) {
        usable = slot;
        usableKey = found;
      }
      if (isFree) break;
    }
    // The last one may have gone to this very name.
    if (usable === NONE) return this.#find(key) === NONE ? FULL : NONE;
    const wasFirst = Atomics.compareExchange(this.#words, usable, usableKey, claimOf(key)) === usableKey;
    return wasFirst ? usable : NONE;
  }

  /** Makes a claimed slot count. False when it is not this name's any more, or another slot is. */
  #settle(slot: number, key: bigint, expires: number): boolean {
    if (Atomics.load(this.#words, slot) === key) return true;
    if (!this.#isOnly(slot, key)) {
      Atomics.compareExchange(this.#words, slot, claimOf(key), leftOf(key));
      return false;
    }
    const state = Atomics.load(this.#words, slot + 1);
    if (Atomics.load(this.#words, slot) !== claimOf(key)) return false;
    if (Atomics.compareExchange(this.#words, slot + 1, state, stateOf(expires, 0)) !== state) return false;
    return Atomics.compareExchange(this.#words, slot, claimOf(key), key) === claimOf(key);
  }

  /** Leaves what other slots are claimed for the name, the first one excepted: then it is this one that is not. */
  #isOnly(slot: number, key: bigint): boolean {
    let isPast = false;
    for (let probe = 0; probe < this.#probes; probe += 1) {
      const other = this.#slot(key, probe);
      isPast ||= other === slot;
      if (other === slot) continue;
      const found = Atomics.load(this.#words, other);
      if (found === 0n) return true;
      if (found === key) return false;
      if (found !== claimOf(key)) continue;
      if (!isPast) return false;
      if (Atomics.compareExchange(this.#words, other, found, leftOf(key)) === key) return false;
    }
    return true;
  }

  /** The count afterwards; NONE when the slot is not this name's any more. */
  #count(slot: number, key: bigint, expires: number, delta: number): number {
    for (;;) {
      const state = Atomics.load(this.#words, slot + 1);
      if (Atomics.load(this.#words, slot) !== key) return NONE;
      const after = Math.min(Math.max(countOf(state) + delta, 0), MOST_COUNT);
      const next = stateOf(expires, after);
      if (Atomics.compareExchange(this.#words, slot + 1, state, next) === state) return after;
    }
  }

  #hasExpired(slot: number, now: number): boolean {
    const expires = Atomics.load(this.#halves, (slot + 1) * 2 + 1);
    return expires !== NEVER && ((now - expires) | 0) > 0;
  }

  /** Index of the first word of the slot that a name is looked for in at this turn. */
  #slot(key: bigint, probe: number): number {
    this.#key[0] = key;
    const turn = (probe / GROUP) | 0;
    const group =
      ((this.#keyHalves[0]! >>> 2) + Math.imul(turn, this.#keyHalves[1]! | 1)) & (this.#groups - 1);
    return (HEADER_BYTES + (group * GROUP + (probe & (GROUP - 1))) * SLOT_BYTES) / 8;
  }
}

/** What a slot that counts this name holds. 0 is that of slots that were never used. */
function keyOf(name: bigint): bigint {
  return (name & ~MARK || SMALLEST) | COUNTING;
}

function claimOf(key: bigint): bigint {
  return (key & ~MARK) | CLAIMED;
}

function leftOf(key: bigint): bigint {
  return (key & ~MARK) | LEFT;
}

function stateOf(expires: number, count: number): bigint {
  return BigInt.asIntN(64, (BigInt(expires) << LOW_HALF) | BigInt(count));
}

function countOf(state: bigint): number {
  return Number(BigInt.asUintN(32, state));
}
