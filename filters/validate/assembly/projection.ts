// A JSON text with only what a schema names, and with strings made into the values that it asks for: one pass over text
// that was found to be valid, whatever is kept keeps its spelling.
import { Bytes, BytesWriter, Json } from 'sluice';
import { Shape } from './shapes';
import { ANY, NO_TYPE, STRING, typeOfText } from './value-types';

const QUOTE: u32 = 0x22;
const COMMA: u32 = 0x2c;
const BACKSLASH: u32 = 0x5c;
const BRACE: u32 = 0x7b;
const BRACKET: u32 = 0x5b;
const BRACE_END: u32 = 0x7d;
const BRACKET_END: u32 = 0x5d;

/** Made for one text. */
@final
export class Projection {
  private readonly writer: BytesWriter = new BytesWriter();
  private count: i32 = 0;

  /**
   * @param strips leaves out members that nobody named
   * @param coerces makes numbers, booleans and null of strings, where no string is asked for
   */
  constructor(
    private readonly strips: bool,
    private readonly coerces: bool,
  ) {}

  /** The text as it is to be; the same view when nothing changes. @param json valid */
  of(json: Bytes, shape: Shape): Bytes {
    const end = json.address + json.length;
    this.value(skipSpace(json.address, end), end, shape);
    return this.count == 0 ? json : this.writer.bytes;
  }

  /** Takes the value at `at`; null shapes are taken whole. Answers the address after it. */
  private value(at: usize, end: usize, shape: Shape | null): usize {
    const byte = <u32>load<u8>(at);
    if (shape != null) {
      if (byte == BRACE) return this.object(at, end, shape);
      if (byte == BRACKET && shape.items != null) return this.array(at, end, shape.items);
      if (byte == QUOTE && this.coerces) return this.string(at, end, shape.types);
    }
    const after = valueEnd(at, end);
    this.writer.add(new Bytes(at, <i32>(after - at)));
    return after;
  }

  private object(at: usize, end: usize, shape: Shape): usize {
    this.writer.byte(BRACE);
    let isFirst = true;
    at = skipSpace(at + 1, end);
    while (load<u8>(at) != BRACE_END) {
      const nameEnd = stringEnd(at + 1, end);
      const name = new Bytes(at, <i32>(nameEnd - at));
      // From the name over the colon to the value.
      at = skipSpace(skipSpace(nameEnd, end) + 1, end);
      const index = shape.names.get(decoded(name));
      const inner = index >= 0 ? shape.members[index] : shape.others;
      if (inner == null && this.strips && !shape.isOpen) {
        this.count++;
        at = valueEnd(at, end);
      } else {
        if (!isFirst) this.writer.byte(COMMA);
        isFirst = false;
        this.writer.add(name).byte(0x3a);
        at = this.value(at, end, inner);
      }
      at = skipSpace(at, end);
      if (load<u8>(at) == COMMA) at = skipSpace(at + 1, end);
    }
    this.writer.byte(BRACE_END);
    return at + 1;
  }

  private array(at: usize, end: usize, items: Shape | null): usize {
    this.writer.byte(BRACKET);
    at = skipSpace(at + 1, end);
    while (load<u8>(at) != BRACKET_END) {
      at = skipSpace(this.value(at, end, items), end);
      if (load<u8>(at) != COMMA) continue;
      this.writer.byte(COMMA);
      at = skipSpace(at + 1, end);
    }
    this.writer.byte(BRACKET_END);
    return at + 1;
  }

  private string(at: usize, end: usize, types: i32): usize {
    const after = stringEnd(at + 1, end);
    const raw = new Bytes(at, <i32>(after - at));
    if (types != ANY && (types & STRING) == 0) {
      const text = decoded(raw);
      if (typeOfText(text, types) != NO_TYPE) {
        this.count++;
        this.writer.add(text);
        return after;
      }
    }
    this.writer.add(raw);
    return after;
  }
}

/** Content of a string with its quotes. */
function decoded(raw: Bytes): Bytes {
  return raw.indexOfByte(<u8>BACKSLASH) < 0 ? raw.slice(1, raw.length - 1) : Json.parse(raw).bytes;
}

function skipSpace(at: usize, end: usize): usize {
  while (at < end && load<u8>(at) <= 0x20) at++;
  return at;
}

/** Address after the quote that ends the string whose content begins at `at`. */
function stringEnd(at: usize, end: usize): usize {
  while (at < end && load<u8>(at) != QUOTE) at += load<u8>(at) == BACKSLASH ? 2 : 1;
  return at + 1;
}

/** Address after the value that begins at `at`. */
function valueEnd(at: usize, end: usize): usize {
  let depth = 0;
  while (at < end) {
    const byte = <u32>load<u8>(at);
    if (byte == QUOTE) {
      at = stringEnd(at + 1, end);
      if (depth == 0) return at;
      continue;
    }
    if (byte == BRACE || byte == BRACKET) depth++;
    else if (byte == BRACE_END || byte == BRACKET_END) {
      // One that opened here, or that of the container of a number.
      if (depth == 0) return at;
      if (--depth == 0) return at + 1;
    } else if (depth == 0 && (byte == COMMA || byte <= 0x20)) return at;
    at++;
  }
  return at;
}
