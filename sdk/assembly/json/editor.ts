// Edits JSON text in one pass: whatever is not edited leaves byte by byte as it came. Hot path: the walk makes no tree, and
// allocates nothing but the list of edits and the output.
import { ABSENT, Bytes } from '../bytes';
import { ActionKind } from './action';
import { Edits } from './edits';
import { parseProblem } from './json';
import { Before, closerAt, indexAt, LEVEL, stateAt, storeLevel } from './levels';
import { DEAD } from './path-set';
import { JsonRules, NO_RULE, ruleThatCounts } from './rules';
import { escaped, fail, Failure, MAX_DEPTH, scanColon, scanScalar, scanString, scanValue, skipSeparators, skipSpace, unexpected } from './scanner';
import { JsonValueAtHand } from './value-at-hand';

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
export class JsonEditor extends JsonValueAtHand {
  private readonly edits: Edits = new Edits();
  private readonly levels: usize = __sluice_reserve(MAX_DEPTH * LEVEL);
  private readonly floor: i32; // depth of the whole document
  private output: Bytes | null = null;

  // Where the walk stands while it does not run, `at` aside.
  private step: Step = Step.Enter;
  private depth: i32;
  private closer: u32 = 0;
  private state: i32 = DEAD; // of the container
  private index: i32 = 0;
  private before: Before = Before.Nothing;
  private valueState: i32; // of the value at hand

  /**
   * @param rules compiled
   * @param isSequence any number of documents may stand one behind another, as in JSON Lines and in RFC 7464; pointers begin
   *   in each of them. Default: one document
   */
  constructor(
    private readonly rules: JsonRules,
    private readonly document: Bytes,
    private readonly isSequence: bool = false,
  ) {
    super();
    if (!rules.isCompiled) throw new Error('rules must be compiled before they are used');
    // Depth is counted up to MAX_DEPTH everywhere, so a lower limit begins higher.
    this.floor = MAX_DEPTH - rules.maxDepth;
    this.depth = this.floor;
    this.valueState = rules.paths.root;
    const end = document.address + document.length;
    this.end = end;
    this.at = isSequence ? skipSeparators(document.address, end) : skipSpace(document.address, end);
    if (this.at == end) {
      if (isSequence) this.finish();
      else this.breakOff(unexpected(end, end));
    }
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

  /**
   * Goes on to the next value that a rule asks about; false when there is none, or the document is broken.
   *
   *     Enter --no rule counts--> Value --scalar, skipped or empty--> After --,--> Enter
   *       |                         `----------{ or [ that is walked------------> Enter
   *       |--Keep--> Value                                             After --} or ]--> After, of the container
   *       |--Remove, Replace, Mask--> After                            After --end--> Done
   *       `--Ask--> stops here; `next` settles what the filter decided
   *
   * One function, with what it knows in locals and not in members: each would cost a load and a store for every value. They
   * go back into the object where a rule counts, as only then somebody else looks.
   */
  private walk(): bool {
    const end = this.end;
    const rules = this.rules;
    const names = rules.names;
    const paths = rules.paths;
    const scalars = rules.scalars;
    const anywhere = rules.selectAnywhere;
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
          let byName = NO_RULE;
          if (closer == 0x7d) {
            if (at >= end || load<u8>(at) != 0x22) return this.breakOff(unexpected(at, end));
            const name = at + 1;
            at = scanString(name, end);
            if (at == 0) break;
            const length = <i32>(at - 1 - name);
            const hasEscapes = escaped;
            // Compact documents have no space around it.
            if (at + 1 < end && load<u8>(at) == 0x3a && load<u8>(at, 1) > 0x20) at++;
            else {
              at = scanColon(at, end);
              if (at == 0) break;
            }
            byName = names.findSeldom(name, length, hasEscapes);
            valueState = paths.member(state, name, length, hasEscapes);
          } else if (closer == 0x5d) {
            valueState = paths.item(state, index++);
          }
          const rule = ruleThatCounts(byName, paths.valueOf(valueState), scalars, at, end);
          if (rule != NO_RULE) {
            this.at = at;
            this.depth = depth;
            this.closer = closer;
            this.state = state;
            this.index = index;
            this.before = before;
            this.itemStart = itemStart;
            this.valueState = valueState;
            this.takeUp(rules.actionOf(rule));
            if (this.decision == ActionKind.Ask) {
              this.ask();
              return true;
            }
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
            storeLevel(levels + <usize>(depth++) * LEVEL, closer, state, index);
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
      // Nor around the comma that follows most values.
      if (at + 1 < end && load<u8>(at) == 0x2c && load<u8>(at, 1) > 0x20 && depth != floor) {
        at++;
        continue;
      }
      for (;;) {
        at = skipSpace(at, end);
        if (depth == floor) {
          if (this.isSequence) at = skipSeparators(at, end);
          if (at == end) return this.finish();
          if (!this.isSequence) return this.breakOff(unexpected(at, end));
          valueState = paths.root;
          break;
        }
        const after = <u32>(at < end ? load<u8>(at) : 0);
        if (after == 0x2c) {
          at = skipSpace(at + 1, end);
          break;
        }
        if (after != closer) return this.breakOff(unexpected(at, end));
        if (before == Before.AllRemoved) this.edits.closeRun(at);
        at++;
        const level = levels + <usize>--depth * LEVEL;
        closer = closerAt(level);
        state = stateAt(level);
        index = indexAt(level);
        before = Before.Kept;
      }
    }
    return this.breakOff(0);
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
      const json = this.replacement;
      this.edits.add(this.at, this.valueEnd, json.address, json.length);
      this.before = Before.Kept;
    }
    this.edited++;
    this.at = this.valueEnd;
    this.step = Step.After;
  }

  protected readValue(): bool {
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
