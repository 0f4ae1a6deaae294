// The normalised text of a URL, written from its beginning to its end into room that was reserved for all of it.
import { Bytes } from '../bytes';
import { upperHexDigit } from '../percent';
import { classesOf } from './character-class';

/** Most bytes that one byte of input becomes. */
export const LARGEST_ENCODED = 3;

@final
export class UrlWriter {
  readonly start: usize;
  /** Address after what was written. */
  end: usize;

  /** @param capacity bytes at most; the caller counts them */
  constructor(capacity: i32) {
    this.start = this.end = __sluice_reserve(capacity);
  }

  byte(byte: u32): void {
    store<u8>(this.end++, byte);
  }

  /** Answers where the copy lies. */
  bytes(bytes: Bytes): Bytes {
    const at = this.end;
    memory.copy(at, bytes.address, bytes.length);
    this.end += bytes.length;
    return this.since(at);
  }

  /** Percent-encodes the bytes of a class of character-class.ts. Answers where the result lies. */
  encoded(bytes: Bytes, encodedClass: u32): Bytes {
    const at = this.end;
    for (let i = 0; i < bytes.length; i++) {
      const byte = <u32>load<u8>(bytes.address + i);
      if ((classesOf(byte) & encodedClass) == 0) {
        this.byte(byte);
      } else {
        this.byte(0x25);
        this.byte(upperHexDigit(byte >> 4));
        this.byte(upperHexDigit(byte & 15));
      }
    }
    return this.since(at);
  }

  /** Puts `/.` before a path that was written last. Answers where the path lies now. */
  dotBefore(path: Bytes): Bytes {
    memory.copy(path.address + 2, path.address, path.length);
    store<u8>(path.address, 0x2f);
    store<u8>(path.address, 0x2e, 1);
    this.end += 2;
    return new Bytes(path.address + 2, path.length);
  }

  /** What was written from an address on. */
  since(at: usize): Bytes {
    return new Bytes(at, <i32>(this.end - at));
  }
}
