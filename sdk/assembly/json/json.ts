// A cursor into JSON text: finds members and items by scanning, decodes what is asked for, builds no tree.
import { ABSENT, Bytes } from '../bytes';
import { failedAt, failureText, isSpace, MAX_DEPTH, scanDocument, scanName, scanString, scanValue, skipSpace } from './scanner';
import { decodedString } from './string';

/** What a JSON value is. */
export enum JsonType {
  /** What is not there, or a document that is not JSON. */
  Missing = 0,
  /** `null`. */
  Null,
  /** `true` or `false`. */
  Boolean,
  /** A number. */
  Number,
  /** A string. */
  String,
  /** An array. */
  Array,
  /** An object. */
  Object,
}

const NO_INDEX: i32 = -1;

/** A value in a JSON document. Reading one that is missing or of another type gives the fallback, never a trap. */
@final
export class Json {
  /** The text of the value, as it stands in the document. */
  readonly raw: Bytes;
  /** What the value is. */
  readonly type: JsonType;
  // Where the value hangs: for `pointer`, which is made on demand.
  private readonly parent: Json | null;
  private readonly token: Bytes;
  private readonly index: i32;

  /** @internal `raw` must be one valid value without spaces around it. */
  constructor(raw: Bytes, parent: Json | null, token: Bytes, index: i32) {
    this.raw = raw;
    this.parent = parent;
    this.token = token;
    this.index = index;
    this.type = raw.length == 0 ? JsonType.Missing : typeOf(raw[0]);
  }

  /**
   * Reads a document. When it is not JSON the type is `Missing`, and `parseProblem()` says why.
   * @param maxDepth containers that may lie within one another, 0 to 512
   */
  static parse(document: Bytes, maxDepth: i32 = MAX_DEPTH): Json {
    let end = document.address + document.length;
    const depth = MAX_DEPTH - min(max(maxDepth, 0), MAX_DEPTH);
    if (scanDocument(document.address, end, depth) == 0) return new Json(ABSENT, null, ABSENT, NO_INDEX);
    const start = skipSpace(document.address, end);
    while (isSpace(load<u8>(end - 1))) end--;
    return new Json(new Bytes(start, <i32>(end - start)), null, ABSENT, NO_INDEX);
  }

  /** False for what is not there, and for a document that is not JSON. */
  get exists(): bool {
    return this.type != JsonType.Missing;
  }

  /** True for `null`. */
  get isNull(): bool {
    return this.type == JsonType.Null;
  }

  /** True for a string. */
  get isString(): bool {
    return this.type == JsonType.String;
  }

  /** True for a number. */
  get isNumber(): bool {
    return this.type == JsonType.Number;
  }

  /** True for `true` and `false`. */
  get isBool(): bool {
    return this.type == JsonType.Boolean;
  }

  /** True for an object. */
  get isObject(): bool {
    return this.type == JsonType.Object;
  }

  /** True for an array. */
  get isArray(): bool {
    return this.type == JsonType.Array;
  }

  /** RFC 6901 pointer from the root of the document, as text. */
  get pointer(): string {
    const parent = this.parent;
    if (parent == null) return '';
    const token = this.name.toString().replaceAll('~', '~0').replaceAll('/', '~1');
    return parent.pointer + '/' + token;
  }

  /** The last member called `name`, as parsers that keep one value do; `exists` is false when there is none. */
  get(name: string): Json {
    let found = new Json(ABSENT, this, Bytes.from(name), NO_INDEX);
    for (let member = this.first(); member.exists; member = member.next()) {
      if (member.token.equals(name)) found = member;
    }
    return found;
  }

  /** The item at `index` of an array. */
  at(index: i32): Json {
    if (this.type == JsonType.Array) {
      for (let item = this.first(); item.exists; item = item.next()) if (item.index == index) return item;
    }
    return new Json(ABSENT, this, ABSENT, index);
  }

  /** The value at an RFC 6901 pointer below this one. */
  find(pointer: string): Json {
    let value: Json = this;
    const tokens = pointer.split('/');
    for (let i = 1; i < tokens.length; i++) {
      const token = tokens[i].replaceAll('~1', '/').replaceAll('~0', '~');
      value = value.type == JsonType.Array ? value.at(indexOf(token)) : value.get(token);
    }
    return value;
  }

  /** The first member or item: `for (let item = list.first(); item.exists; item = item.next())`. */
  first(): Json {
    if (this.type != JsonType.Array && this.type != JsonType.Object) return END;
    const end = this.raw.address + this.raw.length;
    return child(this, skipSpace(this.raw.address + 1, end), end, 0);
  }

  /** The member or item after this one; `exists` is false after the last. */
  next(): Json {
    const parent = this.parent;
    if (parent == null || !this.exists) return END;
    const end = parent.raw.address + parent.raw.length;
    const at = skipSpace(this.raw.address + this.raw.length, end);
    if (load<u8>(at) != 0x2c) return END;
    return child(parent, skipSpace(at + 1, end), end, this.index + 1);
  }

  /** Name of a member, or index of an item in decimal. */
  get name(): Bytes {
    return this.index == NO_INDEX ? this.token : Bytes.from(this.index.toString());
  }

  /** Number of members or items. */
  get size(): i32 {
    let count = 0;
    for (let item = this.first(); item.exists; item = item.next()) count++;
    return count;
  }

  /** Content of a string, decoded, in UTF-8; `exists` is false for any other type. */
  get bytes(): Bytes {
    if (this.type != JsonType.String) return ABSENT;
    return decodedString(this.raw.slice(1, this.raw.length - 1));
  }

  /** Content of a string, or `fallback`. */
  text(fallback: string = ''): string {
    return this.type == JsonType.String ? this.bytes.toString() : fallback;
  }

  /** A boolean, or `fallback`. */
  bool(fallback: bool = false): bool {
    return this.type == JsonType.Boolean ? this.raw[0] == 0x74 : fallback;
  }

  /**
   * A number, rounded towards zero, or `fallback`. Integers of up to 18 digits are exact, others are read as `number` reads
   * them; what is beyond 64 bits becomes the nearest that is not.
   */
  integer(fallback: i64 = 0): i64 {
    if (this.type != JsonType.Number) return fallback;
    return isShortInteger(this.raw) ? shortInteger(this.raw) : <i64>parseFloat(this.raw.toString());
  }

  /** A number, or `fallback`. */
  number(fallback: f64 = 0): f64 {
    return this.type == JsonType.Number ? parseFloat(this.raw.toString()) : fallback;
  }
}

/** Why the last `Json.parse` failed, with the byte: safe to show, it holds nothing of the document. */
export function parseProblem(document: Bytes): string {
  return failureText() + ' (byte ' + (failedAt - document.address).toString() + ')';
}

// What comes after the last member or item.
// @ts-ignore: decorator
@lazy const END = new Json(ABSENT, null, ABSENT, NO_INDEX);

/** The member or item at `at`, or `END` at the end of the container. */
function child(parent: Json, at: usize, end: usize, index: i32): Json {
  const byte = load<u8>(at);
  if (byte == 0x7d || byte == 0x5d) return END;
  let token = ABSENT;
  if (parent.type == JsonType.Object) {
    const nameEnd = scanString(at + 1, end);
    token = decodedString(new Bytes(at + 1, <i32>(nameEnd - at) - 2));
    at = scanName(at, end);
    index = NO_INDEX;
  }
  return new Json(new Bytes(at, <i32>(scanValue(at, end) - at)), parent, token, index);
}

/** Index that a token of a pointer names (RFC 6901 §4), or -1. */
function indexOf(token: string): i32 {
  const length = token.length;
  if (length == 0 || length > 9 || (length > 1 && token.charCodeAt(0) == 0x30)) return -1;
  let index = 0;
  for (let i = 0; i < length; i++) {
    const digit = token.charCodeAt(i) - 0x30;
    if (<u32>digit > 9) return -1;
    index = index * 10 + digit;
  }
  return index;
}

/** True for an integer without fraction, exponent, or more digits than 64 bits are sure to hold. */
function isShortInteger(raw: Bytes): bool {
  const from = raw[0] == 0x2d ? 1 : 0;
  if (raw.length - from > 18) return false;
  for (let i = from; i < raw.length; i++) if (<u32>raw[i] - 0x30 > 9) return false;
  return true;
}

function shortInteger(raw: Bytes): i64 {
  const negative = raw[0] == 0x2d;
  let value: i64 = 0;
  for (let i = negative ? 1 : 0; i < raw.length; i++) value = value * 10 + (raw[i] - 0x30);
  return negative ? -value : value;
}

/** For this folder: type of the valid value that begins with `byte`. */
export function typeOf(byte: u32): JsonType {
  switch (byte) {
    case 0x7b:
      return JsonType.Object;
    case 0x5b:
      return JsonType.Array;
    case 0x22:
      return JsonType.String;
    case 0x74:
    case 0x66:
      return JsonType.Boolean;
    case 0x6e:
      return JsonType.Null;
    default:
      return JsonType.Number;
  }
}
