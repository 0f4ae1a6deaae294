// A guest's memory as the host reads replies from it: every address and length is the guest's and checked first.
import { Buffer } from 'node:buffer';
import { MAX_EDIT_BYTES, MAX_HEADER_BYTES } from '../../sdk/abi/abi.js';
import { GatewayError } from '../errors.js';

export function frameError(problem: string): GatewayError {
  return new GatewayError('SLUICE_ABI_FRAME', `reply frame: ${problem}`);
}

/** A guest's memory that cannot be read beyond its end, and of which no more text is read than a reply may have. */
export class GuestView {
  readonly #bytes: Buffer;
  #textLeft = MAX_EDIT_BYTES;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
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
    return this.#bytes.readUInt16LE(address);
  }

  word(address: number): number {
    return this.#bytes.readUInt32LE(address);
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
    return this.#text(field, spanAt, 'latin1');
  }

  utf8(field: string, spanAt: number): string {
    return this.#text(field, spanAt, 'utf8');
  }

  /** A copy of the bytes a span names, or null when it is empty. */
  copy(field: string, spanAt: number, most: number): Uint8Array | null {
    const length = this.checkSpan(field, spanAt, most);
    if (length === 0) return null;
    const { buffer, byteOffset } = this.#bytes;
    // Not zeroed first, and small ones come out of the shared pool: a quarter of what `slice` costs.
    const copy = Buffer.allocUnsafe(length);
    copy.set(new Uint8Array(buffer, byteOffset + this.word(spanAt), length));
    return copy;
  }

  /** Length of a span. Throws unless the bytes it names lie inside the memory and are at most `most`. */
  checkSpan(field: string, spanAt: number, most: number): number {
    const length = this.word(spanAt + 4);
    if (length > most) throw frameError(`${field}: found ${length} bytes, at most ${most} are allowed`);
    this.check(field, this.word(spanAt), length);
    return length;
  }

  #text(field: string, spanAt: number, encoding: 'latin1' | 'utf8'): string {
    const length = this.checkSpan(field, spanAt, MAX_HEADER_BYTES);
    this.#textLeft -= length;
    if (this.#textLeft < 0) {
      throw frameError(`edits: names and values have more than ${MAX_EDIT_BYTES} bytes, which is the most`);
    }
    const address = this.word(spanAt);
    return this.#bytes.toString(encoding, address, address + length);
  }
}
