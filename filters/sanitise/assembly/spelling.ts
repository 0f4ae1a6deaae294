// The content of a JSON string as it reads and as it is spelled: what is found in the one is cut out of the other, so
// that the rest of the string keeps its escapes.
import { decodeString, escapeEnd } from 'sluice/json/string';

const BACKSLASH: u32 = 0x5c;

/** Bytes that one escape may come to. */
const ESCAPED: usize = memory.data(4);

@final
export class Spelling {
  /** The content as it reads. */
  start: usize = 0;
  end: usize = 0;
  private rawEnd: usize = 0;
  private isPlain: bool = true;
  // A place in both.
  private raw: usize = 0;
  private read: usize = 0;
  // Where decoded text is put: good for one string.
  private scratch: usize = 0;
  private room: usize = 0;

  /** Begins a call: the memory of the last one is gone. */
  reset(): void {
    this.scratch = 0;
    this.room = 0;
  }

  /** For text that is no JSON, and JSON strings between their quotes that have no escape: it is spelled as it reads. */
  openPlain(start: usize, end: usize): void {
    this.isPlain = true;
    this.start = start;
    this.end = end;
    this.rawEnd = end;
  }

  /** @param start first byte behind the quote of a valid string */
  openJson(start: usize, end: usize): void {
    let at = start;
    while (at < end && load<u8>(at) != BACKSLASH) at++;
    if (at == end) return this.openPlain(start, end);
    const length = end - start;
    if (length > this.room) {
      this.room = max<usize>(length * 2, 1024);
      this.scratch = __sluice_reserve(this.room);
    }
    this.isPlain = false;
    this.start = this.scratch;
    this.end = this.scratch + decodeString(start, end, this.scratch, <i32>length);
    this.rawEnd = end;
    this.raw = start;
    this.read = this.scratch;
  }

  /** Where the byte at `at` is spelled. To be asked from the left to the right. */
  spelledAt(at: usize): usize {
    if (this.isPlain) return at;
    while (this.read < at) {
      if (load<u8>(this.raw) != BACKSLASH) {
        this.raw++;
        this.read++;
      } else {
        const next = escapeEnd(this.raw, this.rawEnd);
        this.read += decodeString(this.raw, next, ESCAPED, 4);
        this.raw = next;
      }
    }
    return this.raw;
  }
}
