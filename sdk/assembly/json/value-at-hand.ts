// The value that a walk over a document is at: what its rule wants, what a filter is told of it, and what it decides.
// Which value that is, and how a decision is carried out, is left to the walks: editor.ts and stream.ts.
import { ABSENT, Bytes } from '../bytes';
import { ActionKind, JsonAction, oneValue } from './action';
import { Json, JsonType, typeOf } from './json';
import { maskOf } from './mask';
import { scanString } from './scanner';
import { decodedString } from './string';
import { JsonWriter } from './writer';

/**
 * What `JsonEditor` and `JsonStream` have in common: the value at which `next()` stopped, and the decision about it, which is
 * one of `remove`, `replace`, `replaceText`, `mask` and `keep`. The last one counts, and keeping is what happens without.
 */
export abstract class JsonValueAtHand {
  /** Where what can be read ends. */
  protected end: usize = 0;
  /** Where the walk stands; the value at hand begins there. */
  protected at: usize = 0;
  /** Where it begins together with its name. */
  protected itemStart: usize = 0;
  /** 0 as long as nobody had to know. */
  protected valueEnd: usize = 0;
  /** Whether the filter is to decide; false again once the walk goes on. */
  protected asking: bool = false;
  protected decision: ActionKind = ActionKind.Keep;
  protected edited: i32 = 0;
  protected text: string = '';
  private json: Bytes = ABSENT;
  /** Tag of a question, or characters that a mask keeps. */
  private number: i32 = 0;
  private question: i32 = 0;

  /** Finds the end of the value at hand. False when it has none. */
  protected abstract readValue(): bool;

  /**
   * Why the document is not valid, and for `JsonEditor` at which byte: safe to show, it holds nothing of the document. Empty
   * before that is known.
   */
  get problem(): string {
    return this.text;
  }

  /** Number of values that were removed, replaced or masked; of a `JsonStream`, in this chunk. */
  get count(): i32 {
    return this.edited;
  }

  /** What `JsonAction.ask` was given for the rule that asks about the value at hand. */
  get tag(): i32 {
    return this.question;
  }

  /** Name of the member at hand, decoded; absent for items and for the whole document. */
  get name(): Bytes {
    if (!this.asking || this.itemStart == this.at) return ABSENT;
    const start = this.itemStart + 1;
    const end = scanString(start, this.at);
    return decodedString(new Bytes(start, <i32>(end - 1 - start)));
  }

  /** Type of the value at hand, as its first byte tells. */
  get type(): JsonType {
    return this.asking && this.at < this.end ? typeOf(load<u8>(this.at)) : JsonType.Missing;
  }

  /**
   * The value at hand, `Missing` when it is broken. For `JsonEditor`, an object or array is read for it, and again when it is
   * kept: where names can lie within one another at any depth, look at `type` first, or give the rules a lower `maxDepth`.
   */
  get value(): Json {
    return new Json(this.isWhole ? this.raw : ABSENT, null, ABSENT, -1);
  }

  /**
   * Address of the value at hand as it is spelled, quotes included; 0 when it is broken. With `length` in place of `value`
   * where many values are only looked at: a view of each would fill the memory.
   */
  get address(): usize {
    return this.isWhole ? this.at : 0;
  }

  /** Bytes of the value at hand as it is spelled; 0 when it is broken. */
  get length(): i32 {
    return this.isWhole ? <i32>(this.valueEnd - this.at) : 0;
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
    this.number = keepLast;
    this.decide(ActionKind.Mask);
  }

  private decide(kind: ActionKind): void {
    if (!this.asking) throw new Error('no value is at hand: next() was not called, or it was false');
    this.decision = kind;
  }

  /** Another value is at hand, and its rule wants `action`. */
  protected takeUp(action: JsonAction): void {
    this.decision = action.kind;
    this.json = action.json;
    this.number = action.number;
    this.valueEnd = 0;
  }

  /** Leaves it to the filter, where the rule does. */
  protected ask(): void {
    this.asking = true;
    this.question = this.number;
    this.decision = ActionKind.Keep;
  }

  /** Replaces the value at hand, whatever its rule wants. */
  protected overrule(json: Bytes): void {
    this.decision = ActionKind.Replace;
    this.json = json;
  }

  /** What comes in place of the value at hand, if it does not stay; its end is known where it is masked. */
  protected get replacement(): Bytes {
    if (this.decision == ActionKind.Mask) return maskOf(this.raw, this.number);
    return this.decision == ActionKind.Replace ? this.json : Bytes.from('null');
  }

  /** Whether a value is at hand that has an end. */
  private get isWhole(): bool {
    return this.asking && (this.valueEnd != 0 || this.readValue());
  }

  private get raw(): Bytes {
    return new Bytes(this.at, <i32>(this.valueEnd - this.at));
  }
}
