// Single-producer, single-consumer byte ring over shared memory.
//
//   0        tail (consumer)        head (producer)         capacity
//   |  free  |######## records ########|        free        |
//
// Invariants: only the producer stores head, only the consumer stores tail; head = tail means empty, so one
// record's worth of room always stays free. Records are multiples of 8 and their first word is their length.
// A record never wraps: a length of 0 tells the consumer to continue at offset 0. The producer also goes there when the
// ring is empty and it has come some way: so of a ring that is large for the sake of large bodies, small records touch the
// beginning alone, and the rest takes no memory.
import assert from 'node:assert/strict';

const HEAD = 0;
const TAIL = 16; // on a cache line of its own
const HEADER_BYTES = 128;
/** So far the producer goes before it looks whether it can begin anew. */
const STRETCH_BYTES = 256 * 1024;

/** Allocates the memory of a ring. `capacity` is in bytes, a multiple of 8. */
export function createRing(capacity: number): SharedArrayBuffer {
  assert(capacity >= 1024 && capacity % 8 === 0);
  return new SharedArrayBuffer(HEADER_BYTES + capacity);
}

class RingEnd {
  /** The whole shared memory; offsets of records index into it. */
  readonly buffer: SharedArrayBuffer;
  readonly bytes: Buffer;
  readonly words: Int32Array;
  protected readonly end: number;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.bytes = Buffer.from(buffer);
    this.words = new Int32Array(buffer);
    this.end = buffer.byteLength;
    this.start = HEADER_BYTES;
  }

  protected readonly start: number;

  /** Bytes for records. */
  get capacity(): number {
    return this.end - this.start;
  }
}

export class RingProducer extends RingEnd {
  #head = HEADER_BYTES;

  constructor(buffer: SharedArrayBuffer) {
    super(buffer);
    if (Atomics.load(this.words, HEAD) === 0) {
      Atomics.store(this.words, HEAD, HEADER_BYTES);
      Atomics.store(this.words, TAIL, HEADER_BYTES);
    }
    this.#head = Atomics.load(this.words, HEAD);
  }

  /** False for a record so long that it might never fit: more than half of the ring. */
  canHold(length: number): boolean {
    return length <= this.capacity / 2;
  }

  /** Offset of `length` free bytes (a multiple of 8), or -1 when the ring is too full for them now. */
  reserve(length: number): number {
    const tail = Atomics.load(this.words, TAIL);
    const head = this.#head;
    if (head < tail) return length < tail - head ? head : -1;
    const fitsBefore = length < tail - this.start;
    if (head === tail && head - this.start > STRETCH_BYTES && fitsBefore) return this.start;
    const room = this.end - head;
    if (length < room || (length === room && tail !== this.start)) return head;
    return fitsBefore ? this.start : -1;
  }

  /** Hands the record at the reserved offset to the consumer. Its words are written, the length first. */
  commit(at: number, length: number): void {
    const head = this.#head;
    assert(at === head || at === this.start);
    if (at !== head) this.words[head >> 2] = 0;
    this.words[at >> 2] = length;
    const next = at + length;
    this.#head = next === this.end ? this.start : next;
    Atomics.store(this.words, HEAD, this.#head);
  }
}

export class RingConsumer extends RingEnd {
  /** Offset of the oldest record, or -1 when there is none. It stays in place until `release`. */
  peek(): number {
    const head = Atomics.load(this.words, HEAD);
    let tail = Atomics.load(this.words, TAIL);
    if (head === tail) return -1;
    if (this.words[tail >> 2] === 0) {
      tail = this.start;
      Atomics.store(this.words, TAIL, tail);
      if (head === tail) return -1;
    }
    return tail;
  }

  /** Frees the record that `peek` named. */
  release(at: number): void {
    const next = at + this.words[at >> 2]!;
    Atomics.store(this.words, TAIL, next === this.end ? this.start : next);
  }
}
