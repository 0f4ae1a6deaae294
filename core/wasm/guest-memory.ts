// The memory of one guest as host functions see it: whatever address a guest passes, nothing beyond its end is touched.

/** Thrown through a guest by its `abort`, and by a host function that is used against the rules. */
export class GuestAbort extends Error {
  override readonly name = 'GuestAbort';
}

const utf8 = new TextDecoder('utf-8');
const utf16 = new TextDecoder('utf-16le');

export class GuestMemory {
  readonly #memory: WebAssembly.Memory;
  /** As it was when it was looked at last: one that has grown since is detached, and has no bytes. */
  #buffer = new ArrayBuffer(0);
  #bytes = new Uint8Array(this.#buffer);

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
  }

  /** A view that is good until the guest runs again. @throws GuestAbort when it would reach beyond the end */
  view(address: number, length: number): Uint8Array {
    return new Uint8Array(this.#bufferTo(address, length), address >>> 0, length >>> 0);
  }

  /** UTF-8 text, cut after `most` bytes; bytes that are no UTF-8 become U+FFFD. */
  text(address: number, length: number, most: number): string {
    return utf8.decode(this.view(address, Math.min(length >>> 0, most)));
  }

  /** UTF-16 text, as AssemblyScript keeps its strings, cut after `most` bytes. */
  text16(address: number, length: number, most: number): string {
    return utf16.decode(this.view(address, Math.min(length >>> 0, most)));
  }

  /** Copies as much of `bytes` as there is room for; answers how many bytes it would take in all. */
  copyOut(bytes: Uint8Array, address: number, capacity: number): number {
    const copied = bytes.subarray(0, capacity >>> 0);
    this.view(address, copied.length).set(copied);
    return bytes.length;
  }

  #bufferTo(address: number, length: number): ArrayBuffer {
    if (this.#bytes.length === 0) {
      this.#buffer = this.#memory.buffer;
      this.#bytes = new Uint8Array(this.#buffer);
    }
    const start = address >>> 0;
    const size = length >>> 0;
    if (start + size > this.#bytes.length)
      throw new GuestAbort(`${size} bytes at ${start} reach beyond the memory`);
    return this.#buffer;
  }
}
