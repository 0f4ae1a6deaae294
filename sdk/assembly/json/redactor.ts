// Replaces values in JSON text in one pass: the bytes that are not replaced leave as they came. Hot path: the walk
// keeps no tree and allocates nothing but the list of replaced spans and the output.
import { ABSENT, Bytes } from '../bytes';
import { parseProblem } from './json';
import { NameSet } from './name-set';
import { DEAD, PathSet } from './path-set';
import { escaped, fail, Failure, MAX_DEPTH, scanColon, scanScalar, scanString, scanValue, skipSpace, unexpected } from './scanner';

/** What became of a document. */
@final
export class Redaction {
  constructor(
    /** The document after redaction; absent when it is not valid JSON. */
    readonly bytes: Bytes,
    /** Number of values that were replaced. */
    readonly count: i32,
    /** Why the document is not JSON; empty when it is. Holds nothing of the document. */
    readonly problem: string,
  ) {}

  get isValid(): bool {
    return this.bytes.exists;
  }
}

// One level of containers: u32 byte that closes it, i32 state of the path set, i32 index of the current item.
const LEVEL: usize = 12;
const levels = memory.data(MAX_DEPTH * 12);

/** Built in `configure`. Values are replaced whole, whatever their type; every occurrence of a name counts. */
@final
export class Redactor {
  private spans: usize = 0;
  private count: i32 = 0;

  /**
   * @param names values of members with these names are replaced, at any depth
   * @param paths compiled; values at these places are replaced
   * @param replacement JSON text
   */
  constructor(
    private readonly names: NameSet,
    private readonly paths: PathSet,
    private readonly replacement: Bytes,
  ) {}

  /** Redacts a document. Nothing else may be allocated while it runs: the spans lie side by side in the arena. */
  redact(document: Bytes): Redaction {
    this.spans = __sluice_reserve(0);
    this.count = 0;
    const end = document.address + document.length;
    const at = this.walk(document.address, end);
    if (at == 0) return new Redaction(ABSENT, 0, parseProblem(document));
    return new Redaction(this.count == 0 ? document : this.assemble(document), this.count, '');
  }

  /** Answers `end`, or 0 when the document is not JSON. */
  private walk(at: usize, end: usize): usize {
    const names = this.names;
    const paths = this.paths;
    const anyNames = names.size > 0;
    at = skipSpace(at, end);
    let depth = 0;
    let closer: u32 = 0;
    let state = DEAD; // of the container
    let index = 0;
    let valueState = paths.root; // of the value at hand
    let entering = false; // a member or an item begins at `at`
    let replaced = paths.isTerminal(valueState);
    while (at != 0) {
      if (entering) {
        if (closer == 0x7d) {
          if (at >= end || load<u8>(at) != 0x22) return unexpected(at, end);
          const name = at + 1;
          at = scanString(name, end);
          if (at == 0) return 0;
          const length = <i32>(at - 1 - name);
          const hasEscapes = escaped;
          at = scanColon(at, end);
          if (at == 0) return 0;
          replaced = (hasEscapes || names.mayHave(name, length)) && names.findRaw(name, length, hasEscapes) >= 0;
          valueState = state == DEAD ? DEAD : paths.member(state, name, length, hasEscapes);
        } else {
          replaced = false;
          valueState = state == DEAD ? DEAD : paths.item(state, index++);
        }
        if (valueState != DEAD && paths.isTerminal(valueState)) replaced = true;
      }
      const byte = <u32>(at < end ? load<u8>(at) : 0);
      if (replaced) {
        const start = at;
        at = scanValue(at, end, depth);
        if (at == 0) return 0;
        this.addSpan(start, at);
      } else if (byte != 0x7b && byte != 0x5b) {
        at = byte == 0x22 ? scanString(at + 1, end) : scanScalar(at, end);
        if (at == 0) return 0;
      } else if (!anyNames && valueState == DEAD) {
        at = scanValue(at, end, depth);
        if (at == 0) return 0;
      } else {
        if (depth == MAX_DEPTH) return fail(Failure.TooDeep, at);
        at = skipSpace(at + 1, end);
        if (at < end && load<u8>(at) == byte + 2) {
          at++;
        } else {
          const level = levels + <usize>(depth++) * LEVEL;
          store<u32>(level, closer);
          store<i32>(level, state, 4);
          store<i32>(level, index, 8);
          closer = byte + 2;
          state = valueState;
          index = 0;
          entering = true;
          continue;
        }
      }
      for (;;) {
        at = skipSpace(at, end);
        if (depth == 0) return at == end ? end : unexpected(at, end);
        const after = <u32>(at < end ? load<u8>(at) : 0);
        if (after == 0x2c) {
          at = skipSpace(at + 1, end);
          entering = true;
          break;
        }
        if (after != closer) return unexpected(at, end);
        at++;
        const level = levels + <usize>--depth * LEVEL;
        closer = load<u32>(level);
        state = load<i32>(level, 4);
        index = load<i32>(level, 8);
      }
    }
    return 0;
  }

  private addSpan(start: usize, end: usize): void {
    const at = __sluice_reserve(8);
    store<u32>(at, <u32>start);
    store<u32>(at, <u32>end, 4);
    this.count++;
  }

  private assemble(document: Bytes): Bytes {
    const replacement = this.replacement;
    let size: usize = document.length;
    for (let i = 0, span = this.spans; i < this.count; i++, span += 8) {
      size += <usize>replacement.length + load<u32>(span) - load<u32>(span, 4);
    }
    const start = __sluice_reserve(size);
    let to = start;
    let from = document.address;
    for (let i = 0, span = this.spans; i < this.count; i++, span += 8) {
      const run = <usize>load<u32>(span) - from;
      memory.copy(to, from, run);
      memory.copy(to + run, replacement.address, replacement.length);
      to += run + replacement.length;
      from = load<u32>(span, 4);
    }
    memory.copy(to, from, document.address + document.length - from);
    return new Bytes(start, <i32>size);
  }
}
