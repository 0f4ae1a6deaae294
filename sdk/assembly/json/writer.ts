// Writes JSON text into the arena: for bodies that a filter makes itself. Commas and escapes are its business.
import { Bytes, bytesOf } from '../bytes';
import { lowerHexDigit } from '../codec/hex';
import { utf8SequenceEnd } from './utf8';

/** Every method but `bytes` returns the writer, so that calls can be chained. Structure is the caller's to keep. */
@final
export class JsonWriter {
  private start: usize = __sluice_reserve(256);
  private length: usize = 0;
  private room: usize = 256;
  private comma: bool = false;

  /** What was written so far. */
  get bytes(): Bytes {
    return new Bytes(this.start, <i32>this.length);
  }

  beginObject(): JsonWriter {
    return this.open(0x7b);
  }

  endObject(): JsonWriter {
    return this.close(0x7d);
  }

  beginArray(): JsonWriter {
    return this.open(0x5b);
  }

  endArray(): JsonWriter {
    return this.close(0x5d);
  }

  /** Name of the member whose value comes next. */
  name(name: string): JsonWriter {
    this.text(name);
    this.put(0x3a);
    this.comma = false;
    return this;
  }

  text(value: string): JsonWriter {
    return this.textBytes(Bytes.from(value));
  }

  /** A string from UTF-8 bytes; bytes that are not UTF-8 are replaced, so that the document stays valid. */
  textBytes(value: Bytes): JsonWriter {
    this.separate();
    this.put(0x22);
    for (let i = 0; i < value.length; i++) {
      const at = value.address + i;
      const byte = load<u8>(at);
      if (byte < 0x20) {
        this.put(0x5c).put(0x75).put(0x30).put(0x30).put(lowerHexDigit(byte >> 4)).put(lowerHexDigit(byte & 15));
      } else if (byte == 0x22 || byte == 0x5c) {
        this.put(0x5c).put(byte);
      } else if (byte < 0x80) {
        this.put(byte);
      } else {
        const end = utf8SequenceEnd(at, value.address + value.length);
        if (end == 0) {
          this.put(0xef).put(0xbf).put(0xbd);
        } else {
          this.copy(at, end - at);
          i += <i32>(end - at) - 1;
        }
      }
    }
    this.put(0x22);
    this.comma = true;
    return this;
  }

  integer(value: i64): JsonWriter {
    this.separate();
    const text = bytesOf(value);
    this.copy(text.address, text.length);
    this.comma = true;
    return this;
  }

  /** What JSON has no number for becomes null. */
  number(value: f64): JsonWriter {
    return isFinite(value) ? this.raw(Bytes.from(value.toString())) : this.nothing();
  }

  bool(value: bool): JsonWriter {
    return this.raw(Bytes.from(value ? 'true' : 'false'));
  }

  nothing(): JsonWriter {
    return this.raw(Bytes.from('null'));
  }

  /** A value that is JSON text already. */
  raw(json: Bytes): JsonWriter {
    this.separate();
    this.copy(json.address, json.length);
    this.comma = true;
    return this;
  }

  private open(byte: u8): JsonWriter {
    this.separate();
    this.put(byte);
    this.comma = false;
    return this;
  }

  private close(byte: u8): JsonWriter {
    this.put(byte);
    this.comma = true;
    return this;
  }

  private separate(): void {
    if (this.comma) this.put(0x2c);
  }

  private put(byte: u32): JsonWriter {
    if (this.length == this.room) this.makeRoom(1);
    store<u8>(this.start + this.length++, byte);
    return this;
  }

  private copy(from: usize, length: usize): void {
    if (this.length + length > this.room) this.makeRoom(length);
    memory.copy(this.start + this.length, from, length);
    this.length += length;
  }

  private makeRoom(length: usize): void {
    const room = max(this.room * 2, this.length + length);
    const moved = __sluice_reserve(room);
    memory.copy(moved, this.start, this.length);
    this.start = moved;
    this.room = room;
  }
}
