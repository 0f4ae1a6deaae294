// A walk over the values of a JSON document, each before what it contains, with the pointers that lead to it. Hot path: it
// builds no tree, and allocates nothing however long the document is. Only for documents that were found to be strict.
import { Bytes, BytesWriter } from 'sluice';
import { foldInto } from './fold';
import { JsonPointers } from './json-pointers';
import { contentOf, decodeInto, hasEscapes, scalarEnd, skipSpace, stringEnd } from './json-text';
import { Scratch } from './scratch';

/** As deep as `hasUniqueNames` goes. */
const MOST_DEPTH = 512;
const COMMA: u8 = 0x2c;
const QUOTE: u8 = 0x22;

// A container around the one that the walk is in: u64 pointers that are alive there, u64 those that are for readers that
// ignore the case of names, bool object, i32 index, u32 address and length of the name that it stands at.
const LEVEL: usize = 32;
const levels = memory.data(MOST_DEPTH * 32);

/** Of one call. */
export class JsonWalk {
  /** Address of the value; 0 before the first. */
  at: usize = 0;
  /** Address behind a string or scalar, and in a container that of its first value. */
  end: usize = 0;
  private isOpen: bool = false;
  /** Containers around the value. */
  private depth: i32 = 0;
  // Of the container.
  private isObject: bool = false;
  private alive: u64 = 0;
  private foldedAlive: u64 = 0;
  private index: i32 = 0;
  private name: usize = 0;
  private nameLength: i32 = 0;
  // Of the value.
  private valueAlive: u64;
  private foldedValueAlive: u64;

  constructor(
    private readonly document: Bytes,
    private readonly pointers: JsonPointers,
    private readonly scratch: Scratch,
  ) {
    this.valueAlive = pointers.all;
    this.foldedValueAlive = pointers.all;
  }

  /** Goes to the next value. False after the last. */
  next(): bool {
    if (this.at == 0) return this.arrive(skipSpace(this.document.address));
    let at = this.end;
    if (this.isOpen) {
      this.enter();
      return this.arrive(this.step(at));
    }
    while (this.depth > 0) {
      at = skipSpace(at);
      if (load<u8>(at++) == COMMA) return this.arrive(this.step(skipSpace(at)));
      this.leave();
    }
    return false;
  }

  get isString(): bool {
    return load<u8>(this.at) == QUOTE;
  }

  get isNull(): bool {
    return load<u8>(this.at) == 0x6e;
  }

  /** The pointers that lead to the value; 0 when it is no field. */
  get leading(): u64 {
    return this.pointers.endingAt(this.valueAlive, this.depth);
  }

  /** True when one leads to the value for those that ignore the case of names. */
  get isNearField(): bool {
    return this.pointers.endingAt(this.foldedValueAlive, this.depth) != 0;
  }

  /** A string with its quotes. */
  get raw(): Bytes {
    return new Bytes(this.at, <i32>(this.end - this.at));
  }

  /** RFC 6901 pointer to the value. */
  get pointer(): Bytes {
    const out = new BytesWriter();
    for (let i = 1; i < this.depth; i++) {
      const level = levels + <usize>i * LEVEL;
      const name = new Bytes(load<u32>(level, 24), load<i32>(level, 28));
      addToken(out, load<u32>(level, 16) != 0, name, load<i32>(level, 20));
    }
    if (this.depth > 0) addToken(out, this.isObject, new Bytes(this.name, this.nameLength), this.index);
    return out.bytes;
  }

  private arrive(at: usize): bool {
    const byte = load<u8>(at);
    this.at = at;
    this.isOpen = false;
    if (byte == QUOTE) {
      this.end = stringEnd(at + 1);
    } else if (byte == 0x7b || byte == 0x5b) {
      const first = skipSpace(at + 1);
      this.isOpen = load<u8>(first) != byte + 2;
      this.end = this.isOpen ? first : first + 1;
    } else {
      this.end = scalarEnd(at, this.document.address + this.document.length);
    }
    return true;
  }

  /** Into the container that is the value. */
  private enter(): void {
    const level = levels + <usize>this.depth * LEVEL;
    this.depth++;
    store<u64>(level, this.alive);
    store<u64>(level, this.foldedAlive, 8);
    store<u32>(level, this.isObject ? 1 : 0, 16);
    store<i32>(level, this.index, 20);
    store<u32>(level, <u32>this.name, 24);
    store<i32>(level, this.nameLength, 28);
    this.isObject = load<u8>(this.at) == 0x7b;
    this.alive = this.valueAlive;
    this.foldedAlive = this.foldedValueAlive;
    this.index = -1;
  }

  /** Out of the container. */
  private leave(): void {
    this.depth--;
    const level = levels + <usize>this.depth * LEVEL;
    this.alive = load<u64>(level);
    this.foldedAlive = load<u64>(level, 8);
    this.isObject = load<u32>(level, 16) != 0;
    this.index = load<i32>(level, 20);
    this.name = load<u32>(level, 24);
    this.nameLength = load<i32>(level, 28);
  }

  /** Over the name of a member, if it is one, that begins at `at`. Answers the address of the value. */
  private step(at: usize): usize {
    const outer = this.depth - 1;
    if (!this.isObject) {
      this.index++;
      this.valueAlive = this.pointers.atItem(this.alive, outer, this.index);
      this.foldedValueAlive = this.pointers.atItem(this.foldedAlive, outer, this.index);
      return at;
    }
    const end = stringEnd(at + 1);
    this.name = at;
    this.nameLength = <i32>(end - at);
    // Whatever is alive is so for readers that ignore case.
    if (this.foldedAlive == 0) this.valueAlive = this.foldedValueAlive = 0;
    else this.stepInto(at + 1, end - 1, outer);
    // Over the colon.
    return skipSpace(skipSpace(end) + 1);
  }

  private stepInto(at: usize, end: usize, outer: i32): void {
    const to = this.scratch.reserve(end - at);
    if (hasEscapes(at, end)) {
      end = decodeInto(at, end, to);
      at = to;
    }
    this.valueAlive = this.pointers.atMember(this.alive, outer, at, <i32>(end - at), false);
    end = foldInto(at, end, to);
    this.foldedValueAlive = this.pointers.atMember(this.foldedAlive, outer, to, <i32>(end - to), true);
  }
}

function addToken(out: BytesWriter, isObject: bool, rawName: Bytes, index: i32): void {
  out.byte(0x2f);
  if (!isObject) {
    out.add(index);
    return;
  }
  const name = contentOf(rawName);
  for (let i = 0; i < name.length; i++) {
    const byte = name[i];
    if (byte == 0x7e) out.add('~0');
    else if (byte == 0x2f) out.add('~1');
    else out.byte(byte);
  }
}
