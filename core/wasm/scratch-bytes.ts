// Memory for bytes that one visit makes and nobody needs when its result is written: used again by the next visit, so that
// bodies in chunks leave little to the collector.

/** Most that is kept between two visits. */
const MOST_KEPT_BYTES = 1024 * 1024;
const FIRST_BYTES = 16 * 1024;

export class ScratchBytes {
  #memory = new ArrayBuffer(FIRST_BYTES);
  #used = 0;

  /** What was taken before may be overwritten from here on. */
  reset(): void {
    this.#used = 0;
    if (this.#memory.byteLength > MOST_KEPT_BYTES) this.#memory = new ArrayBuffer(FIRST_BYTES);
  }

  /** Room for `length` bytes, with whatever is there. */
  take(length: number): Uint8Array {
    if (this.#used + length > this.#memory.byteLength) {
      // Not zeroed first.
      this.#memory = Buffer.allocUnsafeSlow(Math.max(length, this.#memory.byteLength * 2)).buffer;
      this.#used = 0;
    }
    const bytes = new Uint8Array(this.#memory, this.#used, length);
    this.#used += length;
    return bytes;
  }

  /** Both, one behind the other; one of them as it is when the other is empty. */
  join(first: Uint8Array, second: Uint8Array): Uint8Array {
    if (first.byteLength === 0) return second;
    if (second.byteLength === 0) return first;
    const joined = this.take(first.byteLength + second.byteLength);
    joined.set(first, 0);
    joined.set(second, first.byteLength);
    return joined;
  }
}
