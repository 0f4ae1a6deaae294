// A guest's memory as the host reads replies from it: every address and length is the guest's and checked first.
import { Buffer } from 'node:buffer';
import { MAX_EDIT_BYTES, MAX_HEADER_BYTES } from '../../sdk/abi/abi.js';
import { GatewayError } from '../errors.js';
import type { KnownTexts } from './known-texts.js';
import type { ScratchBytes } from './scratch-bytes.js';

/** A body may be as long as the memory it lies in. */
export const NO_LIMIT = 0xffffffff;

export function frameError(problem: string): GatewayError {
  return new GatewayError('SLUICE_ABI_FRAME', `reply frame: ${problem}`);
}

/** A guest's memory that cannot be read beyond its end, and of which no more text is read than a reply may have. */
export class GuestView {
  readonly #bytes: Buffer;
  readonly #buffer: ArrayBufferLike;
  readonly #start: number;
  readonly #data: DataView;
  readonly #scratch: ScratchBytes;
  readonly #texts: KnownTexts;
  #textLeft = MAX_EDIT_BYTES;

  /**
   * @param scratch where bodies are copied to
   * @param texts   what the guest said before, in whatever memory
   */
  constructor(bytes: Buffer, scratch: ScratchBytes, texts: KnownTexts) {
    this.#bytes = bytes;
    this.#buffer = bytes.buffer;
    this.#start = bytes.byteOffset;
    this.#data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#scratch = scratch;
    this.#texts = texts;
  }

  /** Another reply is read. */
  begin(): void {
    this.#textLeft = MAX_EDIT_BYTES;
  }

  /** Throws unless `[address, address + length)` lies inside the memory. Both are unsigned 32-bit. */
  check(field: string, address: number, length: number): void {
    if (address + length > this.#bytes.length) {
      throw frameError(
        `${field}: ${length} bytes at ${address} reach beyond the memory of ${this.#bytes.length} bytes`,
      );
    }
  }

  half(address: number): number {
    return this.#data.getUint16(address, true);
  }

  word(address: number): number {
    return this.#data.getUint32(address, true);
  }

  /** The words that a span of `count` of them names. */
  words(field: string, spanAt: number, count: number): number[] {
    const length = this.word(spanAt + 4);
    if (length !== count * 4) throw frameError(`${field}: found ${length} bytes, expected ${count * 4}`);
    this.checkSpan(field, spanAt, length);
    const address = this.word(spanAt);
    return Array.from({ length: count }, (_, index) => this.word(address + index * 4));
  }

  latin1(field: string, spanAt: number): string {
    const length = this.#textLength(field, spanAt);
    return this.#texts.take(this.#bytes, this.word(spanAt), length);
  }

  utf8(field: string, spanAt: number): string {
    const length = this.#textLength(field, spanAt);
    const address = this.word(spanAt);
    return this.#bytes.toString('utf8', address, address + length);
  }

  /** A copy of the bytes a span names, or null when it is empty. */
  copy(field: string, spanAt: number, most: number): Uint8Array | null {
    const length = this.checkSpan(field, spanAt, most);
    if (length === 0) return null;
    // Not zeroed first, and small ones come out of the shared pool: a quarter of what `slice` costs.
    const copy = Buffer.allocUnsafe(length);
    copy.set(this.#part(this.word(spanAt), length));
    return copy;
  }

  /** A copy of the bytes a span names, in the scratch memory. */
  body(field: string, spanAt: number): Uint8Array {
    const length = this.checkSpan(field, spanAt, NO_LIMIT);
    const copy = this.#scratch.take(length);
    copy.set(this.#part(this.word(spanAt), length));
    return copy;
  }

  #part(address: number, length: number): Uint8Array {
    return new Uint8Array(this.#buffer, this.#start + address, length);
  }

  /** Length of a span. Throws unless the bytes it names lie inside the memory and are at most `most`. */
  checkSpan(field: string, spanAt: number, most: number): number {
    const length = this.word(spanAt + 4);
    if (length > most) throw frameError(`${field}: found ${length} bytes, at most ${most} are allowed`);
    this.check(field, this.word(spanAt), length);
    return length;
  }

  #textLength(field: string, spanAt: number): number {
    const length = this.checkSpan(field, spanAt, MAX_HEADER_BYTES);
    this.#textLeft -= length;
    if (this.#textLeft < 0) {
      throw frameError(`edits: names and values have more than ${MAX_EDIT_BYTES} bytes, which is the most`);
    }
    return length;
  }
}
