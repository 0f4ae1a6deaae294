// A view of bytes in the guest's memory: what every part of a message is read as. Text is made on demand only.

/**
 * Bytes that lie somewhere in memory. A view costs 24 bytes of the arena and never copies what it shows.
 * Views of a message are good until the call returns.
 */
@final
export class Bytes {
  /** Shows `length` bytes from `address` on. A wrong address shows memory of the filter's own, or traps. */
  constructor(
    /** Address of the first byte. */
    readonly address: usize,
    /** Number of bytes. */
    readonly length: i32,
  ) {}

  /** The UTF-8 encoding of a text. At module level or in `configure` it is made once and kept. */
  static from(text: string): Bytes {
    const units = changetype<usize>(text);
    const length = text.length;
    const size = utf8Length(units, length);
    const at = __sluice_reserve(size);
    if (size == length) {
      for (let i = 0; i < length; i++) store<u8>(at + i, load<u16>(units + (i << 1)));
    } else {
      String.UTF8.encodeUnsafe(units, length, at, false, String.UTF8.ErrorMode.REPLACE);
    }
    return new Bytes(at, size);
  }

  /** False for what a message does not have: an absent header, parameter or member. It reads as empty. */
  get exists(): bool {
    return this.address != 0;
  }

  /** True without bytes, and for what is not there. */
  get isEmpty(): bool {
    return this.length == 0;
  }

  /** The byte at `index`. Traps outside of the view. */
  @operator('[]')
  at(index: i32): u8 {
    if (<u32>index >= <u32>this.length) throw new RangeError('byte index out of range');
    return load<u8>(this.address + index);
  }

  /** True when the bytes are the UTF-8 encoding of `text`. */
  equals(text: string): bool {
    const length = text.length;
    if (this.length < length) return false;
    const units = changetype<usize>(text);
    if (this.length == length) return matchesAscii(this.address, units, length);
    if (utf8Length(units, length) != this.length) return false;
    return this.equalsBytes(Bytes.from(text));
  }

  /** True when both show the same bytes. */
  equalsBytes(other: Bytes): bool {
    return this.length == other.length && memory.compare(this.address, other.address, this.length) == 0;
  }

  /** Like `equals`, with ASCII letters of either case taken as the same. `text` must be ASCII. */
  equalsIgnoreCase(text: string): bool {
    const length = text.length;
    if (this.length != length) return false;
    const units = changetype<usize>(text);
    for (let i = 0; i < length; i++) {
      if (lower(load<u8>(this.address + i)) != lower(load<u16>(units + (i << 1)))) return false;
    }
    return true;
  }

  /** True when the bytes begin with the UTF-8 encoding of `text`. */
  startsWith(text: string): bool {
    const length = text.length;
    if (this.length < length) return false;
    const units = changetype<usize>(text);
    if (utf8Length(units, length) == length) return matchesAscii(this.address, units, length);
    return this.startsWithBytes(Bytes.from(text));
  }

  /** True when the bytes begin with those of `prefix`. */
  startsWithBytes(prefix: Bytes): bool {
    return this.length >= prefix.length && memory.compare(this.address, prefix.address, prefix.length) == 0;
  }

  /** True when the bytes end in the UTF-8 encoding of `text`. */
  endsWith(text: string): bool {
    const suffix = Bytes.from(text);
    const from = this.length - suffix.length;
    return from >= 0 && memory.compare(this.address + from, suffix.address, suffix.length) == 0;
  }

  /** Index of the first `text` at or after `from`, or -1. */
  indexOf(text: string, from: i32 = 0): i32 {
    return this.indexOfBytes(Bytes.from(text), from);
  }

  /** Index of the first occurrence of `wanted` at or after `from`, or -1. */
  indexOfBytes(wanted: Bytes, from: i32 = 0): i32 {
    from = max(from, 0);
    const length = wanted.length;
    const last = this.length - length;
    if (length == 0) return from <= last ? from : -1;
    const first = load<u8>(wanted.address);
    for (let i = from; i <= last; i++) {
      const at = this.address + i;
      if (load<u8>(at) == first && memory.compare(at, wanted.address, length) == 0) return i;
    }
    return -1;
  }

  /** Index of the first `byte` at or after `from`, or -1. */
  indexOfByte(byte: u8, from: i32 = 0): i32 {
    for (let i = max(from, 0); i < this.length; i++) if (load<u8>(this.address + i) == byte) return i;
    return -1;
  }

  /** True when `text` is somewhere among the bytes. */
  contains(text: string): bool {
    return this.indexOf(text) >= 0;
  }

  /** The view from `start` up to, not including, `end`; both are clamped to the view. */
  slice(start: i32, end: i32 = i32.MAX_VALUE): Bytes {
    start = min(max(start, 0), this.length);
    end = min(max(end, start), this.length);
    return new Bytes(this.address + start, end - start);
  }

  /** The view without spaces and tabs at both ends. */
  trim(): Bytes {
    let start = 0;
    let end = this.length;
    while (start < end && isBlank(load<u8>(this.address + start))) start++;
    while (end > start && isBlank(load<u8>(this.address + end - 1))) end--;
    return this.slice(start, end);
  }

  /** A copy with ASCII letters in lower case. */
  toLowerCase(): Bytes {
    const at = __sluice_reserve(this.length);
    for (let i = 0; i < this.length; i++) store<u8>(at + i, lower(load<u8>(this.address + i)));
    return new Bytes(at, this.length);
  }

  /** A copy that lives as long as what is allocated now: for keeping something in `configure`. */
  clone(): Bytes {
    const at = __sluice_reserve(this.length);
    memory.copy(at, this.address, this.length);
    return new Bytes(at, this.length);
  }

  /** The bytes as text, read as UTF-8; what is not UTF-8 becomes U+FFFD. */
  toString(): string {
    return this.length == 0 ? '' : String.UTF8.decodeUnsafe(this.address, this.length);
  }
}

/** An integer in decimal, without the tables and texts that come with `toString`. */
export function decimal(magnitude: u64, negative: bool): Bytes {
  const end = __sluice_reserve(24) + 24;
  let at = end;
  do {
    const rest = magnitude / 10;
    store<u8>(--at, 0x30 + <u8>(magnitude - rest * 10));
    magnitude = rest;
  } while (magnitude != 0);
  if (negative) store<u8>(--at, 0x2d);
  return new Bytes(at, <i32>(end - at));
}

/** What is not there. */
export const ABSENT = new Bytes(0, 0);

/** The bytes of a value that a filter gives: `Bytes`, text, or an integer in decimal. */
export function bytesOf<T>(value: T): Bytes {
  if (isString<T>()) return Bytes.from(changetype<string>(value));
  if (isBoolean<T>()) return Bytes.from(value ? 'true' : 'false');
  if (isInteger<T>()) {
    const negative = isSigned<T>() && value < <T>0;
    return decimal(negative ? 0 - <u64>value : <u64>value, negative);
  }
  if (isReference<T>()) {
    if (!(value instanceof Bytes)) ERROR('expected Bytes, a string or an integer');
    return changetype<Bytes>(value);
  }
  ERROR('expected Bytes, a string or an integer');
}

// @ts-ignore: decorator
@inline export function lower(unit: u32): u32 {
  return unit - 0x41 < 26 ? unit | 0x20 : unit;
}

// @ts-ignore: decorator
@inline function isBlank(byte: u8): bool {
  return byte == 0x20 || byte == 0x09;
}

function matchesAscii(at: usize, units: usize, length: i32): bool {
  for (let i = 0; i < length; i++) {
    const unit = load<u16>(units + (i << 1));
    // A unit beyond ASCII takes more than one byte, so equal lengths cannot match.
    if (unit != load<u8>(at + i) || unit >= 0x80) return false;
  }
  return true;
}

/** Bytes that UTF-16 text takes in UTF-8; a lone surrogate counts as U+FFFD, 3 bytes. */
function utf8Length(units: usize, length: i32): i32 {
  let size = length;
  for (let i = 0; i < length; i++) {
    const unit = <u32>load<u16>(units + (i << 1));
    if (unit < 0x80) continue;
    size += unit < 0x800 ? 1 : 2;
    if ((unit & 0xfc00) == 0xd800 && i + 1 < length && (load<u16>(units + ((i + 1) << 1)) & 0xfc00) == 0xdc00) {
      // A pair takes 4 bytes: 1 + 2 of this unit, 1 of the next.
      i++;
    }
  }
  return size;
}
