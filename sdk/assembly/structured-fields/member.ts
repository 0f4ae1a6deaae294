// Structured field values, read without a tree: cursors over text that was checked as a whole before.
import { ABSENT, Bytes } from '../bytes';
import { base64DecodeLoosely } from '../codec/base64';
import { unescaped } from '../quoted-string';
import { displayText, scanBareItem, scanComma, scanKey, scanParameters, scanValue, skipSpaces } from './scanner';

/** What an item is. */
export enum StructuredType {
  /** Nothing: no such member, or a field that is not well-formed. */
  Missing = 0,
  /** `42` */
  Integer,
  /** `4.2` */
  Decimal,
  /** `"text"` */
  String,
  /** `gzip` */
  Token,
  /** `:aGVsbG8=:` */
  ByteSequence,
  /** `?1`, and what has no value: `key` of `key, other=1`. */
  Boolean,
  /** `@1659578233` (RFC 9651) */
  Date,
  /** `%"f%c3%bc"` (RFC 9651) */
  DisplayString,
  /** `(a b)` */
  InnerList,
}

/** One item, or the inner list that stands in place of one, with its parameters. */
@final
export class StructuredItem {
  /**
   * @internal
   * @param raw the value as sent, without parameters
   * @param attached the parameters as sent, each with its `;`
   */
  constructor(
    /** The value as sent, without parameters. */
    readonly raw: Bytes,
    private readonly attached: Bytes,
  ) {}

  /** False for what is not there, and for a field that is not well-formed: such a field counts as absent. */
  get exists(): bool {
    return this.raw.exists;
  }

  /** What the value is. */
  get type(): StructuredType {
    if (!this.raw.exists) return StructuredType.Missing;
    // A member or parameter without a value is true.
    if (this.raw.isEmpty) return StructuredType.Boolean;
    switch (this.raw[0]) {
      case 0x22: // "
        return StructuredType.String;
      case 0x3a: // :
        return StructuredType.ByteSequence;
      case 0x3f: // ?
        return StructuredType.Boolean;
      case 0x40: // @
        return StructuredType.Date;
      case 0x25: // %
        return StructuredType.DisplayString;
      case 0x28: // (
        return StructuredType.InnerList;
      default:
        if (this.raw[0] > 0x39 || this.raw[0] == 0x2a) return StructuredType.Token;
        return this.raw.indexOfByte(0x2e) < 0 ? StructuredType.Integer : StructuredType.Decimal;
    }
  }

  /** An integer, or the seconds since 1970 of a date; any other type is `fallback`. */
  integer(fallback: i64 = 0): i64 {
    const type = this.type;
    if (type == StructuredType.Integer) return parseDigits(this.raw);
    return type == StructuredType.Date ? parseDigits(this.raw.slice(1)) : fallback;
  }

  /** An integer or a decimal; any other type is `fallback`. */
  number(fallback: f64 = 0): f64 {
    const type = this.type;
    if (type == StructuredType.Integer) return <f64>parseDigits(this.raw);
    if (type != StructuredType.Decimal) return fallback;
    let divisor: f64 = 1;
    for (let i = this.raw.indexOfByte(0x2e) + 1; i < this.raw.length; i++) divisor *= 10;
    // At most 15 digits, so both are exact and the quotient is the nearest there is.
    return <f64>parseDigits(this.raw) / divisor;
  }

  /** A boolean, or `fallback`. */
  bool(fallback: bool = false): bool {
    if (this.type != StructuredType.Boolean) return fallback;
    return this.raw.isEmpty || this.raw[1] == 0x31;
  }

  /**
   * Content of a string, a token, a byte sequence or a display string (UTF-8), decoded; `exists` is false for any other
   * type. Ask `type` where a token and a string must not pass for each other.
   */
  get bytes(): Bytes {
    const raw = this.raw;
    switch (this.type) {
      case StructuredType.String:
        return unescaped(raw.slice(1, raw.length - 1));
      case StructuredType.Token:
        return raw;
      case StructuredType.ByteSequence:
        return base64DecodeLoosely(raw.slice(1, raw.length - 1));
      case StructuredType.DisplayString:
        return displayText(raw.address + 2, raw.address + raw.length - 1);
      default:
        return ABSENT;
    }
  }

  /** `bytes` as text, or `fallback`. */
  text(fallback: string = ''): string {
    const bytes = this.bytes;
    return bytes.exists ? bytes.toString() : fallback;
  }

  /** The items of an inner list; none of any other type. */
  get items(): StructuredMembers {
    const raw = this.raw;
    const isList = this.type == StructuredType.InnerList;
    return new StructuredMembers(isList ? raw.slice(1, raw.length - 1) : ABSENT, Shape.InnerList);
  }

  /** The parameters, in order. */
  get parameters(): StructuredMembers {
    return new StructuredMembers(this.attached, Shape.Parameters);
  }

  /** The parameter called `key`; of several the last, as the standard has it. One without a value is true. */
  parameter(key: string): StructuredItem {
    return this.parameters.get(key);
  }
}

/** What separates members. */
export enum Shape {
  List = 0,
  Dictionary,
  InnerList,
  Parameters,
}

/**
 * Walks over the members of a list, a dictionary, an inner list, or over parameters:
 * `while (members.next()) … members.key … members.item`. A key that was sent twice comes twice: the later one counts,
 * and `get` answers it.
 */
@final
export class StructuredMembers {
  /** Key of the current member; absent in lists. */
  key: Bytes = ABSENT;
  /** The current member. */
  item: StructuredItem = new StructuredItem(ABSENT, ABSENT);
  private position: usize;
  // Bounds of the current member: key, if it has one, value, parameters.
  private start: usize = 0;
  private keyEnd: usize = 0;
  private valueStart: usize = 0;
  private valueEnd: usize = 0;
  private memberEnd: usize = 0;

  /**
   * @internal
   * @param text what `scanner.ts` accepted, without what encloses it; absent when it did not
   */
  constructor(
    private readonly text: Bytes,
    private readonly shape: Shape,
  ) {
    this.position = text.address;
  }

  /** False for a field that is absent or not well-formed: it has no members. */
  get exists(): bool {
    return this.text.exists;
  }

  /** Goes to the next member. False after the last. */
  next(): bool {
    if (!this.advance()) {
      this.key = ABSENT;
      this.item = new StructuredItem(ABSENT, ABSENT);
      return false;
    }
    if (this.isKeyed) this.key = between(this.start, this.keyEnd);
    this.item = this.current();
    return true;
  }

  /** The member called `key`, from the first on; of several the last, as the standard has it. The walk stays where it is. */
  get(key: string): StructuredItem {
    const wanted = Bytes.from(key);
    const all = new StructuredMembers(this.text, this.shape);
    let found = all.item;
    if (!all.isKeyed) return found;
    while (all.advance()) {
      const size = <i32>(all.keyEnd - all.start);
      if (size == wanted.length && memory.compare(all.start, wanted.address, size) == 0) found = all.current();
    }
    return found;
  }

  /** Number of members; a key counts each time. */
  get size(): i32 {
    const all = new StructuredMembers(this.text, this.shape);
    let count = 0;
    while (all.advance()) count++;
    return count;
  }

  private get isKeyed(): bool {
    return this.shape == Shape.Dictionary || this.shape == Shape.Parameters;
  }

  /** Finds the bounds of the next member and makes nothing: a long field is searched without taking memory. */
  private advance(): bool {
    const end = this.text.address + this.text.length;
    const shape = this.shape;
    let at = this.position;
    if (shape == Shape.InnerList) at = skipSpaces(at, end);
    if (at >= end) return false;
    if (shape == Shape.Parameters) at = skipSpaces(at + 1, end);
    this.start = at;
    let hasValue = true;
    if (this.isKeyed) {
      at = scanKey(at, end);
      this.keyEnd = at;
      hasValue = at < end && load<u8>(at) == 0x3d;
      if (hasValue) at++;
    }
    this.valueStart = at;
    if (hasValue) at = shape == Shape.Parameters ? scanBareItem(at, end) : scanValue(at, end);
    this.valueEnd = at;
    if (shape != Shape.Parameters) at = scanParameters(at, end);
    this.memberEnd = at;
    this.position = shape == Shape.List || shape == Shape.Dictionary ? scanComma(at, end) : at;
    return true;
  }

  /** The member that `advance` found. */
  private current(): StructuredItem {
    return new StructuredItem(between(this.valueStart, this.valueEnd), between(this.valueEnd, this.memberEnd));
  }
}

// @ts-ignore: decorator
@inline function between(start: usize, end: usize): Bytes {
  return new Bytes(start, <i32>(end - start));
}

/** The digits of a number, one after the other, without its point. */
function parseDigits(text: Bytes): i64 {
  let value: i64 = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = <u32>text[i] - 0x30;
    if (digit < 10) value = value * 10 + digit;
  }
  return text[0] == 0x2d ? -value : value;
}
