// Writes JSON text into the arena: for bodies that a filter makes itself. Commas and escapes are its business.
import { Bytes } from '../bytes';
import { BytesWriter } from '../bytes-writer';
import { lowerHexDigit } from '../codec/hex';
import { utf8SequenceEnd } from './utf8';

/** Every method but `bytes` returns the writer, so that calls can be chained. Structure is the caller's to keep. */
@final
export class JsonWriter {
  private out: BytesWriter = new BytesWriter();
  private comma: bool = false;

  /** What was written so far. */
  get bytes(): Bytes {
    return this.out.bytes;
  }

  /** Begins an object: `name` and a value for each member, then `endObject`. */
  beginObject(): JsonWriter {
    return this.open(0x7b);
  }

  /** Ends the object that was begun last. */
  endObject(): JsonWriter {
    return this.close(0x7d);
  }

  /** Begins an array: its values, then `endArray`. */
  beginArray(): JsonWriter {
    return this.open(0x5b);
  }

  /** Ends the array that was begun last. */
  endArray(): JsonWriter {
    return this.close(0x5d);
  }

  /** Name of the member whose value comes next. */
  name(name: string): JsonWriter {
    this.text(name);
    this.out.byte(0x3a);
    this.comma = false;
    return this;
  }

  /** A string. */
  text(value: string): JsonWriter {
    return this.textBytes(Bytes.from(value));
  }

  /** A string from UTF-8 bytes; bytes that are not UTF-8 are replaced, so that the document stays valid. */
  textBytes(value: Bytes): JsonWriter {
    this.separate();
    const out = this.out.byte(0x22);
    for (let i = 0; i < value.length; i++) {
      const at = value.address + i;
      const byte = load<u8>(at);
      if (byte < 0x20) {
        out.byte(0x5c).byte(0x75).byte(0x30).byte(0x30);
        out.byte(lowerHexDigit(byte >> 4)).byte(lowerHexDigit(byte & 15));
      } else if (byte == 0x22 || byte == 0x5c) {
        out.byte(0x5c).byte(byte);
      } else if (byte < 0x80) {
        out.byte(byte);
      } else {
        const end = utf8SequenceEnd(at, value.address + value.length);
        if (end == 0) {
          out.byte(0xef).byte(0xbf).byte(0xbd);
        } else {
          out.copy(at, end - at);
          i += <i32>(end - at) - 1;
        }
      }
    }
    out.byte(0x22);
    this.comma = true;
    return this;
  }

  /** An integer. Beyond 2^53 many readers lose its last digits. */
  integer(value: i64): JsonWriter {
    this.separate();
    this.out.add(value);
    this.comma = true;
    return this;
  }

  /** What JSON has no number for becomes null. */
  number(value: f64): JsonWriter {
    return isFinite(value) ? this.raw(Bytes.from(value.toString())) : this.nothing();
  }

  /** `true` or `false`. */
  bool(value: bool): JsonWriter {
    return this.raw(Bytes.from(value ? 'true' : 'false'));
  }

  /** `null`. */
  nothing(): JsonWriter {
    return this.raw(Bytes.from('null'));
  }

  /** A value that is JSON text already. */
  raw(json: Bytes): JsonWriter {
    this.separate();
    this.out.add(json);
    this.comma = true;
    return this;
  }

  private open(byte: u8): JsonWriter {
    this.separate();
    this.out.byte(byte);
    this.comma = false;
    return this;
  }

  private close(byte: u8): JsonWriter {
    this.out.byte(byte);
    this.comma = true;
    return this;
  }

  private separate(): void {
    if (this.comma) this.out.byte(0x2c);
  }
}
