// Edits JSON text in one pass: whatever is not edited leaves byte by byte as it came. Hot path: the walk makes no tree, and
// allocates nothing but the list of edits and the output.
import { ABSENT, Bytes } from '../bytes';
import { BytesWriter } from '../bytes-writer';
import { ActionKind, oneValue } from './action';
import { Edits } from './edits';
import { JsonType, parseProblem } from './json';
import { Before, closerAt, LEVEL, stateAt, storeLevel, takeIndex } from './levels';
import { DEAD } from './path-set';
import { JsonRules, NO_RULE, ruleThatCounts } from './rules';
import { escaped, fail, Failure, MAX_DEPTH, scanScalar, scanString, scanValue, skipColon, skipSeparators, skipSpace, unexpected } from './scanner';
import { JsonValueAtHand } from './value-at-hand';
import { JsonWriter } from './writer';

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
 * counts, and keeping is what happens without. What lies in a value that is kept is walked too. Besides, a member may get
 * another name by `rename`, and an object a further member by `add`.
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
  // The containers that the walk is in, the document below them.
  private readonly levels: usize = __sluice_reserve((MAX_DEPTH + 1) * LEVEL);
  private readonly highest: usize;
  private readonly floor: i32; // depth of the whole document
  private output: Bytes | null = null;

  // Where the walk stands while it does not run, `at` aside.
  private step: Step = Step.Enter;
  private level: usize;
  private before: Before = Before.Nothing;
  private valueState: i32; // of the value at hand

  // What was decided about the member at hand besides; most often nothing.
  private isExtended: bool = false;
  private newName: Bytes = ABSENT; // in quotes
  private members: BytesWriter | null = null; // each with a comma behind it

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
    this.highest = this.levels + <usize>rules.maxDepth * LEVEL;
    this.level = this.levels;
    storeLevel(this.levels, 0, DEAD, 0);
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
      if (this.isExtended) {
        this.isExtended = false;
        this.newName = ABSENT;
        this.members = null;
      }
    }
    return this.step < Step.Done && this.advance();
  }

  /**
   * Gives the member at hand another name, UTF-8, whatever is decided about its value; the last call counts. A member that is
   * removed goes all the same. Traps where no member is at hand: items have no name. Nobody looks whether the object has
   * another member of this name.
   */
  rename(name: Bytes): void {
    if (!this.asking || this.itemStart == this.at) throw new Error('only a member that is at hand has a name');
    this.newName = new JsonWriter().textBytes(name).bytes;
    this.isExtended = true;
  }

  /**
   * Adds a member to the object at hand, before those that it has and behind those that were added to it so far; it counts only
   * if the object is kept, and its own rules are not asked about it. `name` is UTF-8, `json` one JSON value. Traps where no object
   * is at hand, and when `json` is no value. Nobody looks whether the object has another member of this name.
   */
  add(name: Bytes, json: Bytes): void {
    if (this.type != JsonType.Object) throw new Error('a member is added to an object that is at hand');
    let members = this.members;
    if (members == null) {
      members = new BytesWriter();
      this.members = members;
      this.isExtended = true;
    }
    members.add(new JsonWriter().textBytes(name).bytes).byte(0x3a).add(oneValue(json)).byte(0x2c);
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

  /** Goes on to the next value that the filter is to decide about; what a rule decides by itself is carried out on the way. */
  private advance(): bool {
    while (this.walk()) {
      if (this.decision == ActionKind.Ask) {
        this.ask();
        return true;
      }
      this.settle();
      if (this.step >= Step.Done) break;
    }
    return false;
  }

  /**
   * Goes on to the next value that a rule selects; false when there is none, or the document is broken.
   *
   *     Enter --no rule counts--> Value --scalar, skipped or empty--> After --,--> Enter
   *       |                         `----------{ or [ that is walked------------> Enter
   *       `--a rule counts--> stops here                            After --} or ]--> After, of the container
   *                                                                 After --end--> Done
   *
   * One function, with what it knows in locals and not in members: each would cost a load and a store for every value. They
   * go back into the object where a rule counts, as only then somebody else looks.
   */
  private walk(): bool {
    const end = this.end;
    const names = this.rules.names;
    const paths = this.rules.paths;
    const scalars = this.rules.scalars;
    const anywhere = this.rules.selectAnywhere;
    const bottom = this.levels;
    let step = this.step;
    let at = this.at;
    let level = this.level;
    let before = this.before;
    let valueState = this.valueState;
    for (;; step = Step.Enter) {
      if (step == Step.Enter) {
        const itemStart = at;
        const closer = closerAt(level);
        let byName = NO_RULE;
        if (closer == 0x7d) {
          const nameEnd = at < end && load<u8>(at) == 0x22 ? scanString(at + 1, end) : unexpected(at, end);
          if (nameEnd == 0) break;
          const length = <i32>(nameEnd - itemStart) - 2;
          const hasEscapes = escaped;
          at = skipColon(nameEnd, end);
          if (at == 0) break;
          byName = names.findSeldom(itemStart + 1, length, hasEscapes);
          valueState = paths.member(stateAt(level), itemStart + 1, length, hasEscapes);
        } else if (closer == 0x5d) valueState = paths.item(stateAt(level), takeIndex(level));
        const rule = ruleThatCounts(byName, paths.valueOf(valueState), scalars, at, end);
        if (rule != NO_RULE) return this.stopFor(rule, itemStart, at, level, before, valueState);
        if (before != Before.Kept) {
          if (before > Before.Kept) this.edits.endRun(itemStart);
          before = Before.Kept;
        }
      }
      if (step != Step.After) {
        const byte = <u32>(at < end ? load<u8>(at) : 0);
        if (byte != 0x7b && byte != 0x5b) at = byte == 0x22 ? scanString(at + 1, end) : scanScalar(at, end);
        else if (!anywhere && valueState == DEAD) at = scanValue(at, end, this.depthAt(level));
        else if (level == this.highest) at = fail(Failure.TooDeep, at);
        else {
          at = skipSpace(at + 1, end);
          if (at == end || load<u8>(at) != byte + 2) {
            level += LEVEL;
            storeLevel(level, byte + 2, valueState, 0);
            before = Before.Nothing;
            continue;
          }
          at++;
        }
        if (at == 0) break;
      }
      // Compact documents have no space around the comma that follows most values.
      if (at + 1 < end && load<u8>(at) == 0x2c && load<u8>(at, 1) > 0x20 && level != bottom) {
        at++;
        continue;
      }
      for (;;) {
        at = skipSpace(at, end);
        if (level == bottom) {
          at = this.nextDocument(at);
          if (at == 0) return false;
          valueState = paths.root;
          break;
        }
        const after = <u32>(at < end ? load<u8>(at) : 0);
        if (after == 0x2c) {
          at = skipSpace(at + 1, end);
          break;
        }
        if (after != closerAt(level)) return this.breakOff(unexpected(at, end));
        if (before > Before.Kept) this.edits.closeRun(at, before == Before.AllButAddedRemoved);
        at++;
        level -= LEVEL;
        before = Before.Kept;
      }
    }
    return this.breakOff(0);
  }

  /** The rule counts for the value at `at`. Answers true. */
  private stopFor(rule: i32, itemStart: usize, at: usize, level: usize, before: Before, valueState: i32): bool {
    this.itemStart = itemStart;
    this.at = at;
    this.level = level;
    this.before = before;
    this.valueState = valueState;
    this.takeUp(this.rules.actionOf(rule));
    return true;
  }

  /** Where the next document of a sequence begins; 0 when there is none, or when something stands behind the only one. */
  private nextDocument(at: usize): usize {
    const end = this.end;
    if (this.isSequence) at = skipSeparators(at, end);
    if (at != end && this.isSequence) return at;
    if (at == end) this.finish();
    else this.breakOff(unexpected(at, end));
    return 0;
  }

  /** Carries out what was decided about the value at hand. */
  private settle(): void {
    const isRemoved = this.decision == ActionKind.Remove && this.level != this.levels;
    if (!isRemoved) {
      if (this.before > Before.Kept) this.edits.endRun(this.itemStart);
      if (this.isExtended && this.newName.exists) this.edits.replaceName(this.itemStart, this.at, this.newName);
      if (this.decision == ActionKind.Keep) {
        this.before = Before.Kept;
        this.step = Step.Value;
        if (this.isExtended) this.extend();
        return;
      }
    }
    if (!this.readValue()) return;
    if (isRemoved) this.removeItem();
    else {
      const json = this.replacement;
      this.edits.add(this.at, this.valueEnd, json.address, json.length);
      this.before = Before.Kept;
    }
    this.edited++;
    this.at = this.valueEnd;
    this.step = Step.After;
  }

  private removeItem(): void {
    if (this.before == Before.Kept) this.edits.removeAfter(this.itemStart, this.valueEnd);
    else if (this.before < Before.Kept) {
      this.edits.add(this.itemStart, this.valueEnd, 0, 0);
      this.before = this.before == Before.Added ? Before.AllButAddedRemoved : Before.AllRemoved;
    }
  }

  /** Carries out what else was decided about a value that is kept. */
  private extend(): void {
    this.edited++;
    const members = this.members;
    if (members != null) this.enterWith(members.bytes);
  }

  /** The object at hand gets these members, each with a comma behind it, before those that it has. */
  private enterWith(members: Bytes): void {
    if (this.level == this.highest) {
      this.breakOff(fail(Failure.TooDeep, this.at));
      return;
    }
    const start = this.at + 1;
    const at = skipSpace(start, this.end);
    if (at < this.end && load<u8>(at) == 0x7d) {
      this.edits.add(start, at, members.address, members.length - 1);
      this.at = at + 1;
      this.step = Step.After;
      return;
    }
    this.edits.add(start, start, members.address, members.length);
    this.level += LEVEL;
    storeLevel(this.level, 0x7d, this.valueState, 0);
    this.before = Before.Added;
    this.at = at;
    this.step = Step.Enter;
  }

  private depthAt(level: usize): i32 {
    return this.floor + <i32>((level - this.levels) / LEVEL);
  }

  protected readValue(): bool {
    if (this.valueEnd == 0) {
      this.valueEnd = scanValue(this.at, this.end, this.depthAt(this.level));
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
