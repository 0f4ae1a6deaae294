// Edits JSON text that comes in chunks, as JsonEditor edits a whole one. Between two chunks there is what the host holds, a
// piece that cannot be judged yet, and a state of a few bytes for each level of nesting.
import { ABSENT, Bytes } from '../bytes';
import { ActionKind, oneValue } from './action';
import { Before } from './levels';
import { DEAD } from './path-set';
import { JsonRules, NO_RULE, ruleThatCounts } from './rules';
import { escaped, fail, failedAt, Failure, failure, failureText, MAX_DEPTH, scanColon, scanScalar, scanString, scanValue, skipSeparators, skipSpace, unexpected } from './scanner';
import { isOpenNumber, mayBeCut, wholeEnd } from './stream-cut';
import { StreamOutput } from './stream-output';
import { Step, StreamState } from './stream-state';
import { JsonValueAtHand } from './value-at-hand';

/** Containers that are tried in one go, although the chunk ended in the last one. */
const MOST_TRIES = 4;

/**
 * Walks one chunk of a document. As with `JsonEditor`, fixed actions of the rules are carried out on the way, and `next()` stops
 * at each value that a rule asks about.
 *
 *     const stream = new JsonStream(rules, chunk.bytes, chunk.isLast, chunk.context);
 *     while (stream.next()) if (stream.type == JsonType.String) stream.mask(4);
 *     if (!stream.isValid) return stop('the response is not JSON');
 *     if (stream.isEdited) chunk.replace(stream.bytes);
 *     chunk.hold(stream.heldBytes);
 *     chunk.keep(stream.state);
 *
 * Where the document is cut into chunks makes no difference to what comes out. What has left when a later chunk turns out to be
 * broken has left, so the rest must not follow.
 */
@final
export class JsonStream extends JsonValueAtHand {
  private readonly kept: StreamState;
  private readonly output: StreamOutput;
  private step: Step;
  private isOver: bool = false;
  private tries: i32 = MOST_TRIES;

  // What a member or item begins with that goes along when it is removed: its comma, or the space behind the bracket.
  private pending: usize = 0;
  private pendingStep: Step = Step.After;

  /**
   * @param rules compiled
   * @param window the bytes that were held, and behind them those that came
   * @param isLast the document ends with them
   * @param state what `state` was after the last chunk; empty before the first
   * @param maxHeldBytes bytes that are held for one value, with its name and what stands before it. One that is asked about or
   *   masked and has more is replaced by `tooLong`, and a name or a number that has more makes the document invalid. 65536, the
   *   default, is as much as a host holds
   * @param tooLong a JSON value; default `"[redacted]"`
   * @param isSequence as for `JsonEditor`
   */
  constructor(
    private readonly rules: JsonRules,
    window: Bytes,
    private readonly isLast: bool,
    state: Bytes,
    private readonly maxHeldBytes: i32 = 65536,
    private readonly tooLong: Bytes = Bytes.from('"[redacted]"'),
    private readonly isSequence: bool = false,
  ) {
    super();
    if (!rules.isCompiled) throw new Error('rules must be compiled before they are used');
    oneValue(tooLong);
    const kept = new StreamState(state, MAX_DEPTH - rules.maxDepth, rules.paths.root);
    this.kept = kept;
    this.step = kept.step;
    this.end = window.address + window.length;
    this.at = window.address;
    this.output = new StreamOutput(window, kept.isDropping);
  }

  /** Goes on to the next value that a rule asks about; false when this chunk has none, or when the document is broken. */
  next(): bool {
    if (this.asking) {
      this.asking = false;
      this.settle();
    }
    while (!this.isOver) {
      switch (this.step) {
        case Step.Enter:
          this.enter();
          if (this.asking) return true;
          break;
        case Step.Value:
          this.pass();
          break;
        case Step.Text:
          this.passText();
          break;
        case Step.First:
          this.first();
          break;
        default:
          this.after();
      }
    }
    return false;
  }

  /** Walks the whole chunk, for rules that ask about nothing: traps where one does. Answers `isValid`. */
  run(): bool {
    if (this.next()) throw new Error('a rule asks about a value: call next() until it is false');
    return this.isValid;
  }

  /** Whether the document is JSON so far; with the last chunk, whether it is one as a whole. */
  get isValid(): bool {
    return this.text.length == 0;
  }

  /** Whether something else is to go on than the chunk without the bytes to be held. */
  get isEdited(): bool {
    return this.output.isEdited;
  }

  /** Bytes at the end of the chunk that are to be held. */
  get heldBytes(): i32 {
    return this.output.heldBytes;
  }

  /** What is to go on of this chunk. */
  get bytes(): Bytes {
    return this.output.bytes;
  }

  /** What is to be kept for the next chunk: about 40 bytes, 12 more for each level of nesting, and space of the document, at most 4 KiB. */
  get state(): Bytes {
    this.kept.step = this.step;
    this.kept.isDropping = this.output.isDropping;
    return this.kept.bytes;
  }

  /** A member, an item or the document begins. */
  private enter(): void {
    const end = this.end;
    const kept = this.kept;
    if (kept.closer == 0) {
      kept.valueState = this.rules.paths.root;
      this.at = this.isSequence ? skipSeparators(this.at, end) : skipSpace(this.at, end);
      this.pending = this.at;
      this.pendingStep = Step.Enter;
      if (this.isSequence && this.at == end) return this.hold(this.at, Step.Enter);
    }
    const itemStart = this.at;
    let at = itemStart;
    let name: usize = 0;
    let length = 0;
    let hasEscapes = false;
    if (kept.closer == 0x7d) {
      if (at < end && load<u8>(at) != 0x22) return this.breakOff(unexpected(at, end));
      name = at + 1;
      at = at < end ? scanString(name, end) : unexpected(at, end);
      if (at == 0) return this.breakOrHold();
      length = <i32>(at - 1 - name);
      hasEscapes = escaped;
      at = scanColon(at, end);
      if (at == 0) return this.breakOrHold();
    }
    if (at == end) {
      unexpected(at, end);
      return this.breakOrHold();
    }
    if (this.isTooLong(at)) return this.breakOff(fail(Failure.TooLong, at));
    this.itemStart = itemStart;
    this.at = at;
    const rule = this.ruleOf(name, length, hasEscapes);
    if (rule == NO_RULE) return this.keepItem();
    this.takeUp(this.rules.actionOf(rule));
    if (this.decision != ActionKind.Ask && this.decision != ActionKind.Mask) return this.settle();
    const valueEnd = scanValue(at, end, kept.depth);
    const isCut = valueEnd == 0 ? this.mayBeCut() : valueEnd == end && !this.isLast && isOpenNumber(at);
    if (valueEnd == 0 && !isCut) return this.breakOff(0);
    if (this.isTooLong(isCut ? end : valueEnd)) {
      this.overrule(this.tooLong);
      return this.settle();
    }
    if (isCut) {
      // Its number was taken.
      if (kept.closer == 0x5d) kept.index--;
      return this.hold(this.pending, this.pendingStep);
    }
    this.valueEnd = valueEnd;
    if (this.decision == ActionKind.Ask) this.ask();
    else this.settle();
  }

  /** The rule for the member or item at hand, whose value gets its state. */
  private ruleOf(name: usize, length: i32, hasEscapes: bool): i32 {
    const rules = this.rules;
    const kept = this.kept;
    if (kept.isMuted) return NO_RULE;
    let byName = NO_RULE;
    if (kept.closer == 0x7d) {
      byName = rules.names.findSeldom(name, length, hasEscapes);
      kept.valueState = rules.paths.member(kept.state, name, length, hasEscapes);
    } else if (kept.closer == 0x5d) {
      kept.valueState = rules.paths.item(kept.state, kept.index++);
    }
    return ruleThatCounts(byName, rules.paths.valueOf(kept.valueState), rules.scalars, this.at, this.end);
  }

  /** Carries out what was decided about the value at hand. */
  private settle(): void {
    const kept = this.kept;
    if (this.decision == ActionKind.Keep) return this.keepItem();
    this.edited++;
    if (this.decision == ActionKind.Remove && kept.closer != 0) return this.removeItem();
    this.keepItem();
    this.mute(this.at, this.replacement, Before.Kept);
  }

  /** A value is not asked about before it is there as a whole. */
  protected readValue(): bool {
    return true;
  }

  /** The member or item stays, with what stands before it; its value is walked. */
  private keepItem(): void {
    const kept = this.kept;
    if (kept.before == Before.AllRemoved) {
      this.output.endDropWith(this.itemStart, kept.lead);
      kept.lead = ABSENT;
    }
    kept.before = Before.Kept;
    this.step = Step.Value;
  }

  private removeItem(): void {
    const kept = this.kept;
    if (kept.before == Before.Kept) return this.mute(this.pending, ABSENT, Before.Kept);
    if (kept.before == Before.AllRemoved) return this.muteOn();
    // Nobody knows yet whether anything will stand behind this space.
    if (!kept.setLead(this.pending, this.itemStart)) return this.breakOff(fail(Failure.TooLong, this.itemStart));
    this.mute(this.pending, ABSENT, Before.AllRemoved);
  }

  /** Leaves out what goes from `from` to the end of the value at hand, which is walked all the same. */
  private mute(from: usize, json: Bytes, before: Before): void {
    this.output.drop(from, json);
    this.kept.mute(before);
    this.step = Step.Value;
  }

  /** Goes on leaving out. */
  private muteOn(): void {
    this.kept.mute(Before.AllRemoved);
    this.step = Step.Value;
  }

  /** A value begins, and no rule has a say in it. */
  private pass(): void {
    const at = this.at;
    const end = this.end;
    const kept = this.kept;
    if (at == end) return this.cut(at, Step.Value);
    const byte = <u32>load<u8>(at);
    if (byte == 0x22) {
      const next = scanString(at + 1, end);
      if (next == 0 && !this.mayBeCut()) return this.breakOff(0);
      this.at = next == 0 ? at + 1 : next;
      this.step = next == 0 ? Step.Text : Step.After;
    } else if (byte == 0x7b || byte == 0x5b) {
      this.open(at, byte + 2);
    } else {
      const next = scanScalar(at, end);
      const isCut = next == 0 ? this.mayBeCut() : next == end && !this.isLast && isOpenNumber(at);
      if (next == 0 && !isCut) return this.breakOff(0);
      this.pending = at;
      if (this.isTooLong(isCut ? end : next)) return this.breakOff(fail(Failure.TooLong, at));
      if (isCut) return this.hold(at, Step.Value);
      this.at = next;
      this.step = Step.After;
    }
  }

  private open(at: usize, closer: u32): void {
    const kept = this.kept;
    const nobodyLooks = kept.isMuted || (kept.valueState == DEAD && !this.rules.selectAnywhere);
    if (nobodyLooks && this.tries > 0) {
      const next = scanValue(at, this.end, kept.depth);
      if (next != 0) {
        this.at = next;
        this.step = Step.After;
        return;
      }
      if (!this.mayBeCut()) return this.breakOff(0);
      this.tries--;
    }
    if (kept.depth == MAX_DEPTH) return this.breakOff(fail(Failure.TooDeep, at));
    kept.push(closer);
    this.at = at + 1;
    this.step = Step.First;
  }

  /** Goes on in a string that passes or is left out. */
  private passText(): void {
    const at = this.at;
    const end = this.end;
    const next = scanString(at, end);
    if (next != 0) {
      this.at = next;
      this.step = Step.After;
      return;
    }
    // What stands where it may not is wrong wherever the chunk ends.
    const isCut = failure == Failure.UnexpectedEnd || failure == Failure.BadUtf8;
    if (!isCut || !this.mayBeCut()) return this.breakOff(0);
    const whole = failure == Failure.BadUtf8 ? failedAt : wholeEnd(at, end);
    this.cut(whole, Step.Text);
  }

  /** Behind a bracket: the first member or item, or the end of the container. */
  private first(): void {
    const at = this.at;
    const end = this.end;
    const kept = this.kept;
    const next = skipSpace(at, end);
    this.pending = at;
    this.pendingStep = Step.First;
    if (this.isTooLong(next)) return this.breakOff(fail(Failure.TooLong, next));
    if (next < end && load<u8>(next) == kept.closer) return this.close(next);
    if (next == end) {
      unexpected(next, end);
      return this.breakOrHold();
    }
    this.at = next;
    this.step = Step.Enter;
  }

  /** Behind a value. */
  private after(): void {
    const end = this.end;
    const kept = this.kept;
    if (kept.endsMute) {
      kept.unmute();
      if (kept.before == Before.Kept) this.output.endDrop(this.at);
    }
    const at = skipSpace(this.at, end);
    if (at == end) return this.cut(at, Step.After);
    const byte = <u32>load<u8>(at);
    if (kept.closer != 0 && byte == kept.closer) return this.close(at);
    if (kept.closer == 0 && this.isSequence) {
      this.step = Step.Enter;
      return;
    }
    if (kept.closer == 0 || byte != 0x2c) return this.breakOff(unexpected(at, end));
    this.pending = at;
    this.pendingStep = Step.After;
    this.at = skipSpace(at + 1, end);
    this.step = Step.Enter;
  }

  private close(at: usize): void {
    const kept = this.kept;
    if (kept.before == Before.AllRemoved && !kept.isMuted) {
      kept.lead = ABSENT;
      this.output.endDrop(at);
    }
    kept.pop();
    this.at = at + 1;
    this.step = Step.After;
  }

  /** After a scan that answered 0: at the end of the chunk the token may go on in the next one. */
  private breakOrHold(): void {
    if (!this.mayBeCut()) this.breakOff(0);
    else if (this.isTooLong(this.end)) this.breakOff(fail(Failure.TooLong, this.end));
    else this.hold(this.pending, this.pendingStep);
  }

  private mayBeCut(): bool {
    return !this.isLast && mayBeCut(this.end);
  }

  private isTooLong(end: usize): bool {
    return end - this.pending > <usize>this.maxHeldBytes;
  }

  /** Nothing is left to be read but what begins at `at`; is the document over? */
  private cut(at: usize, step: Step): void {
    if (!this.isLast) this.hold(at, step);
    else if (step == Step.After && this.kept.closer == 0) this.hold(at, Step.After);
    else this.breakOff(unexpected(this.end, this.end));
  }

  /** What begins at `from` waits for the next chunk, where the walk goes on with `step`. */
  private hold(from: usize, step: Step): void {
    this.output.hold(from);
    this.step = step;
    this.isOver = true;
  }

  /** @param at what the scanner answered: 0, with the failure recorded */
  private breakOff(at: usize): void {
    this.text = failureText();
    this.isOver = true;
  }
}
