// Limits of a JSON text, told from its bytes in one pass that keeps nothing but a count for each level: a body that is
// larger than it may be costs no more than that. Hot path.
import { Bytes, Json, Query } from 'sluice';

const MAX_DEPTH = 512;
// Of each level: u32 byte that closes it, i32 members or items so far.
const LEVEL: usize = 8;
const levels = memory.data(MAX_DEPTH * 8);

const QUOTE: u32 = 0x22;
const COMMA: u32 = 0x2c;
const BACKSLASH: u32 = 0x5c;
const BRACE: u32 = 0x7b;
const BRACKET: u32 = 0x5b;
const BRACE_END: u32 = 0x7d;
const BRACKET_END: u32 = 0x5d;

/** Read in `configure`. Without a limit it is as large as a number can be. */
@final
export class BodyLimits {
  bodyBytes: i64 = i64.MAX_VALUE;
  depth: i64 = MAX_DEPTH;
  keys: i64 = i64.MAX_VALUE;
  arrayLength: i64 = i64.MAX_VALUE;
  stringLength: i64 = i64.MAX_VALUE;
  private hasAny: bool = false;

  /** Reads `limits`. */
  read(json: Json): void {
    for (let member = json.first(); member.exists; member = member.next()) {
      const name = member.name;
      const most = max(member.integer(i64.MAX_VALUE), 0);
      if (name.equals('bodyBytes')) this.bodyBytes = most;
      else {
        this.hasAny = true;
        if (name.equals('depth')) this.depth = min(most, MAX_DEPTH);
        else if (name.equals('keys')) this.keys = most;
        else if (name.equals('arrayLength')) this.arrayLength = most;
        else if (name.equals('stringLength')) this.stringLength = most;
      }
    }
  }

  /**
   * Name of the first limit that a JSON text breaks, empty when it keeps all. What is no JSON is not noticed, and may be
   * said to break one.
   */
  brokenBy(json: Bytes): string {
    if (!this.hasAny) return '';
    const end = json.address + json.length;
    let at = json.address;
    let depth = 0;
    let level = levels - LEVEL;
    while (at < end) {
      const byte = <u32>load<u8>(at++);
      if (byte == QUOTE) {
        const start = at;
        at = stringEnd(at, end);
        if (<i64>(at - start) > this.stringLength) return 'stringLength';
        at++;
      } else if (byte == COMMA) {
        if (depth > 0 && !this.counts(level)) return this.name(level);
      } else if (byte == BRACE || byte == BRACKET) {
        if (depth >= this.depth) return 'depth';
        depth++;
        level += LEVEL;
        store<u32>(level, byte + 2);
        store<i32>(level, 0, 4);
        while (at < end && load<u8>(at) <= 0x20) at++;
        // Whatever is not the end is the first one.
        if (at < end && load<u8>(at) != byte + 2 && !this.counts(level)) return this.name(level);
      } else if ((byte == BRACE_END || byte == BRACKET_END) && depth > 0) {
        depth--;
        level -= LEVEL;
      }
    }
    return '';
  }

  /** Name of the first limit that a form breaks, as its fields stand there; empty when it keeps all. */
  brokenByForm(form: Bytes): string {
    if (!this.hasAny) return '';
    let fields: i64 = 0;
    const query = new Query(form);
    while (query.next()) {
      if (++fields > this.keys) return 'keys';
      if (max(query.rawName.length, query.rawValue.length) > this.stringLength) return 'stringLength';
    }
    return '';
  }

  /** One more in the container of a level: false when that is too many. */
  // @ts-ignore: decorator
  @inline
  private counts(level: usize): bool {
    const count = load<i32>(level, 4) + 1;
    store<i32>(level, count, 4);
    return count <= (load<u32>(level) == BRACE_END ? this.keys : this.arrayLength);
  }

  private name(level: usize): string {
    return load<u32>(level) == BRACE_END ? 'keys' : 'arrayLength';
  }
}

/** Address of the quote that ends the string whose content begins at `at`, or `end`. */
function stringEnd(at: usize, end: usize): usize {
  while (at < end) {
    while (at + 16 <= end) {
      const block = v128.load(at);
      const mask = i8x16.bitmask(
        v128.or(i8x16.eq(block, i8x16.splat(0x22)), i8x16.eq(block, i8x16.splat(0x5c))),
      );
      if (mask != 0) {
        at += ctz(mask);
        break;
      }
      at += 16;
    }
    if (at >= end) break;
    const byte = <u32>load<u8>(at);
    if (byte == QUOTE) return at;
    at += byte == BACKSLASH ? 2 : 1;
  }
  return end;
}
