// Edits JSON text in one pass: whatever is not edited leaves byte by byte as it came. Hot path: the walk makes no tree, and
// allocates nothing but the list of edits and the output.
import { ABSENT, Bytes } from '../bytes';
import { ActionKind, oneValue } from './action';
import { Edits } from './edits';
import { Json, JsonType, parseProblem, typeOf } from './json';
import { maskOf } from './mask';
import { DEAD } from './path-set';
import { JsonRules } from './rules';
import { escaped, fail, Failure, MAX_DEPTH, scanColon, scanScalar, scanString, scanValue, skipSpace, unexpected } from './scanner';
import { decodedString } from './string';
import { JsonWriter } from './writer';

// One level of containers: u32 byte that closes it, i32 state of the path set, i32 index of the current item.
const LEVEL: usize = 12;

const NO_RULE: i32 = -1;

/** The rule for strings and numbers: after all others, and before none. Without signs, NO_RULE is the largest number. */
const SCALARS: i32 = i32.MAX_VALUE;

/** What the walk does next. */
enum Step {
  /** A member, an item or the document begins. */
  Enter,
  /** A value begins, and no rule has a say in it. */
  Value,
  /** A value is over. */
  After,
  Done,
  Broken,
}

/** What became of the members or items before the one at hand, in the same container. */
enum Before {
  Nothing,
  AllRemoved,
  Kept,
}

/**
 * Walks a document once. Fixed actions of the rules are carried out on the way; at each value that a rule asks about,
 * `next()` stops, and the filter decides by calling one of `remove`, `replace`, `replaceText`, `mask` and `keep`; the last
 * counts, and keeping is what happens without. What lies in a value that is kept is walked too.
 *
 *     const editor = new JsonEditor(rules, response.body);
 *     while (editor.next()) if (editor.type == JsonType.String) editor.mask(4);
 *     if (editor.isValid && editor.count > 0) response.setBody(editor.bytes);
 *
 * The document may turn out to be broken after values were decided about, so act on nothing before `isValid`.
 */
@final
export class JsonEditor {
  private readonly edits: Edits = new Edits();
  private readonly levels: usize = __sluice_reserve(MAX_DEPTH * LEVEL);
  private readonly end: usize;
  private readonly floor: i32; // depth of the whole document
  private text: string = '';
  private output: Bytes | null = null;
  private edited: i32 = 0;

  // Where the walk stands while it does not run.
  private step: Step = Step.Enter;
  private at: usize;
  private depth: i32;
  private closer: u32 = 0;
  private state: i32 = DEAD; // of the container
  private index: i32 = 0;
  private before: Before = Before.Nothing;

  // The value at hand. It begins at `at`.
  private asking: bool = false;
  private question: i32 = 0;
  private itemStart: usize = 0; // where it begins together with its name
  private valueEnd: usize = 0; // 0 as long as nobody had to know
  private valueState: i32;
  private decision: ActionKind = ActionKind.Keep;
  private json: Bytes = ABSENT;
  private keepLast: i32 = 0;

  /** @param rules compiled */
  constructor(
    private readonly rules: JsonRules,
    private readonly document: Bytes,
  ) {
    if (!rules.isCompiled) throw new Error('rules must be compiled before they are used');
    // Depth is counted up to MAX_DEPTH everywhere, so a lower limit begins higher.
    this.floor = MAX_DEPTH - rules.maxDepth;
    this.depth = this.floor;
    this.valueState = rules.paths.root;
    const end = document.address + document.length;
    this.end = end;
    this.at = skipSpace(document.address, end);
    if (this.at == end) this.breakOff(unexpected(end, end));
  }

  /** Goes on to the next value that a rule asks about; false when there is none, or when the document is broken. */
  next(): bool {
    if (this.asking) {
      this.asking = false;
      if (this.step < Step.Done) this.settle();
    }
    return this.step < Step.Done && this.walk();
  }

  /** Walks the whole document, for rules that ask about nothing: traps where one does. Answers `isValid`. */
  run(): bool {
    if (this.next()) throw new Error('a rule asks about a value: call next() until it is false');
    return this.isValid;
  }

  /** True once the walk is over, if the document is JSON as RFC 8259 has it and not nested too deep. */
  get isValid(): bool {
    return this.step == Step.Done;
  }

  /** Why the document is not valid, and at which byte: safe to show, it holds nothing of the document. Empty before that is known. */
  get problem(): string {
    return this.text;
  }

  /** Number of values that were removed, replaced or masked. */
  get count(): i32 {
    return this.edited;
  }

  /** The document with all edits done, or the view of the old one when there are none; absent unless `isValid`. */
  get bytes(): Bytes {
    if (!this.isValid) return ABSENT;
    if (this.edits.isEmpty) return this.document;
    let output = this.output;
    if (output == null) {
      output = this.edits.applyTo(this.document);
      this.output = output;
    }
    return output;
  }

  /** What `JsonAction.ask` was given for the rule that asks about the value at hand. */
  get tag(): i32 {
    return this.question;
  }

  /** Name of the member at hand, decoded; absent for items and for the whole document. */
  get name(): Bytes {
    if (!this.asking || this.closer != 0x7d) return ABSENT;
    const start = this.itemStart + 1;
    const end = scanString(start, this.at);
    return decodedString(new Bytes(start, <i32>(end - 1 - start)));
  }

  /** Type of the value at hand, as its first byte tells. */
  get type(): JsonType {
    return this.asking && this.at < this.end ? typeOf(load<u8>(this.at)) : JsonType.Missing;
  }

  /**
   * The value at hand, `Missing` when it is broken. An object or array is read for it, and again when it is kept: where
   * names can lie within one another at any depth, look at `type` first, or give the rules a lower `maxDepth`.
   */
  get value(): Json {
    if (!this.asking || !this.readValue()) return new Json(ABSENT, null, ABSENT, -1);
    return new Json(this.raw, null, ABSENT, -1);
  }

  /**
   * Address of the value at hand as it is spelled, quotes included; 0 when it is broken. With `length` in place of `value`
   * where many values are only looked at: a view of each would fill the memory.
   */
  get address(): usize {
    return this.asking && this.readValue() ? this.at : 0;
  }

  /** Bytes of the value at hand as it is spelled; 0 when it is broken. */
  get length(): i32 {
    return this.asking && this.readValue() ? <i32>(this.valueEnd - this.at) : 0;
  }

  /** Lets the value at hand be. */
  keep(): void {
    this.decide(ActionKind.Keep);
  }

  /** Takes the member or item at hand out, with its comma; `null` takes the place of a whole document. */
  remove(): void {
    this.decide(ActionKind.Remove);
  }

  /** Puts one JSON value in place of the value at hand. Traps when `json` is none. */
  replace(json: Bytes): void {
    this.json = oneValue(json);
    this.decide(ActionKind.Replace);
  }

  /** Puts a string with this content, UTF-8, in place of the value at hand. */
  replaceText(content: Bytes): void {
    this.json = new JsonWriter().textBytes(content).bytes;
    this.decide(ActionKind.Replace);
  }

  /**
   * Puts a string in place of the value at hand: a star for each character of a string or number, but for the last
   * `keepLast`, which are kept. A value that has no more characters than that is hidden whole, and so is any other value.
   */
  mask(keepLast: i32 = 0): void {
    this.keepLast = keepLast;
    this.decide(ActionKind.Mask);
  }

  private decide(kind: ActionKind): void {
    if (!this.asking) throw new Error('no value is at hand: next() was not called, or it was false');
    this.decision = kind;
  }

  private get raw(): Bytes {
    return new Bytes(this.at, <i32>(this.valueEnd - this.at));
  }

  /** False where `walk` stops for good. */
  private walk(): bool {
    const end = this.end;
    const rules = this.rules;
    const names = rules.names;
    const paths = rules.paths;
    const fallback = rules.scalars < 0 ? NO_RULE : SCALARS;
    // Something may be selected in any container.
    const anywhere = names.size > 0 || fallback != NO_RULE;
    const floor = this.floor;
    const levels = this.levels;
    let step = this.step;
    let at = this.at;
    let depth = this.depth;
    let closer = this.closer;
    let state = this.state;
    let index = this.index;
    let before = this.before;
    let valueState = this.valueState;
    for (;;) {
      if (step != Step.After) {
        if (step == Step.Enter) {
          const itemStart = at;
          let rule = fallback;
          if (closer == 0x7d) {
            if (at >= end || load<u8>(at) != 0x22) return this.breakOff(unexpected(at, end));
            const name = at + 1;
            at = scanString(name, end);
            if (at == 0) break;
            const length = <i32>(at - 1 - name);
            const hasEscapes = escaped;
            at = scanColon(at, end);
            if (at == 0) break;
            if (hasEscapes || names.mayHave(name, length)) rule = <i32>min<u32>(rule, names.findRaw(name, length, hasEscapes));
            valueState = state == DEAD ? DEAD : paths.member(state, name, length, hasEscapes);
          } else if (closer == 0x5d) {
            valueState = state == DEAD ? DEAD : paths.item(state, index++);
          }
          if (valueState != DEAD) rule = <i32>min<u32>(rule, paths.valueOf(valueState));
          if (rule != NO_RULE && (rule != SCALARS || isScalar(at < end ? load<u8>(at) : 0))) {
            this.at = at;
            this.depth = depth;
            this.closer = closer;
            this.state = state;
            this.index = index;
            this.before = before;
            this.itemStart = itemStart;
            this.valueState = valueState;
            if (this.asks(rule == SCALARS ? rules.scalars : rule)) return true;
            this.settle();
            if (this.step == Step.Broken) return false;
            at = this.at;
            step = this.step;
            before = this.before;
            continue;
          }
          if (before != Before.Kept) {
            if (before == Before.AllRemoved) this.edits.endRun(itemStart);
            before = Before.Kept;
          }
        }
        const byte = <u32>(at < end ? load<u8>(at) : 0);
        if (byte != 0x7b && byte != 0x5b) {
          at = byte == 0x22 ? scanString(at + 1, end) : scanScalar(at, end);
          if (at == 0) break;
        } else if (!anywhere && valueState == DEAD) {
          at = scanValue(at, end, depth);
          if (at == 0) break;
        } else {
          if (depth == MAX_DEPTH) return this.breakOff(fail(Failure.TooDeep, at));
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
            before = Before.Nothing;
            step = Step.Enter;
            continue;
          }
        }
      }
      step = Step.Enter;
      for (;;) {
        at = skipSpace(at, end);
        if (depth == floor) return at == end ? this.finish() : this.breakOff(unexpected(at, end));
        const after = <u32>(at < end ? load<u8>(at) : 0);
        if (after == 0x2c) {
          at = skipSpace(at + 1, end);
          break;
        }
        if (after != closer) return this.breakOff(unexpected(at, end));
        if (before == Before.AllRemoved) this.edits.closeRun(at);
        at++;
        const level = levels + <usize>--depth * LEVEL;
        closer = load<u32>(level);
        state = load<i32>(level, 4);
        index = load<i32>(level, 8);
        before = Before.Kept;
      }
    }
    return this.breakOff(0);
  }

  /** Makes the value at `at` the one at hand. False when its rule has the answer already. */
  private asks(rule: i32): bool {
    const action = this.rules.actionOf(rule);
    this.valueEnd = 0;
    if (action.kind == ActionKind.Ask) {
      this.asking = true;
      this.question = action.number;
      this.decision = ActionKind.Keep;
      return true;
    }
    this.decision = action.kind;
    this.json = action.json;
    this.keepLast = action.number;
    return false;
  }

  /** Carries out what was decided about the value at hand. */
  private settle(): void {
    const isRemoved = this.decision == ActionKind.Remove && this.depth != this.floor;
    if (!isRemoved) {
      if (this.before == Before.AllRemoved) this.edits.endRun(this.itemStart);
      if (this.decision == ActionKind.Keep) {
        this.before = Before.Kept;
        this.step = Step.Value;
        return;
      }
    }
    if (!this.readValue()) return;
    if (isRemoved) {
      if (this.before == Before.Kept) this.edits.removeAfter(this.itemStart, this.valueEnd);
      else if (this.before == Before.Nothing) {
        this.edits.add(this.itemStart, this.valueEnd, 0, 0);
        this.before = Before.AllRemoved;
      }
    } else {
      const json = this.replacement();
      this.edits.add(this.at, this.valueEnd, json.address, json.length);
      this.before = Before.Kept;
    }
    this.edited++;
    this.at = this.valueEnd;
    this.step = Step.After;
  }

  private replacement(): Bytes {
    if (this.decision == ActionKind.Mask) return maskOf(this.raw, this.keepLast);
    return this.decision == ActionKind.Replace ? this.json : Bytes.from('null');
  }

  /** Finds the end of the value at hand. False when it has none. */
  private readValue(): bool {
    if (this.valueEnd == 0) {
      this.valueEnd = scanValue(this.at, this.end, this.depth);
      if (this.valueEnd == 0) this.breakOff(0);
    }
    return this.valueEnd != 0;
  }

  private finish(): bool {
    this.step = Step.Done;
    return false;
  }

  /** @param at what the scanner answered: 0, with the failure recorded */
  private breakOff(at: usize): bool {
    this.step = Step.Broken;
    this.text = parseProblem(this.document);
    return false;
  }
}

/** Whether a string or a number begins with this byte. */
// @ts-ignore: decorator
@inline function isScalar(byte: u32): bool {
  return byte == 0x22 || byte == 0x2d || byte - 0x30 < 10;
}
