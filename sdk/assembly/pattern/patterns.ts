// Collects patterns in `configure` and has the host compile them. Needs the capability `patterns`.
import { ABSENT, Bytes, bytesOf } from '../bytes';
import { refuse } from '../config';
import { hostPatternCompile, hostPatternTake } from '../host';
import { Json } from '../json/json';
import { JsonWriter } from '../json/writer';
import { PatternSet } from './pattern-set';

/** Where a match has to lie. */
export enum Anchor {
  /** Anywhere in the text. */
  None,
  /** It begins where the text begins. */
  Start,
  /** It is the whole text. */
  Both,
}

/**
 * Patterns on their way to a set.
 *
 * The syntax is that of JavaScript with the flag `u`, read over UTF-8; without back-references and without looking ahead
 * or behind. Flags: `i` takes letters of either case, `s` lets a dot be a line end. What is not UTF-8 is no character: no
 * dot and no `[^x]` matches it, and matches lie before and behind it.
 */
@final
export class Patterns {
  private readonly writer: JsonWriter = new JsonWriter().beginArray();
  private readonly pointers: string[] = [];

  /** The patterns of a list, all with the same flags and searched for anywhere. `pointer` is that of the list. */
  static compile(sources: string[], flags: string = '', pointer: string = ''): PatternSet {
    const patterns = new Patterns();
    for (let i = 0; i < sources.length; i++) {
      patterns.add(sources[i], flags, Anchor.None, pointer + '/' + i.toString());
    }
    return patterns.compile();
  }

  /** The strings of a list in the config as patterns, all with the same flags and anchor. */
  static fromConfig(list: Json, flags: string = '', anchor: Anchor = Anchor.None): PatternSet {
    const patterns = new Patterns();
    for (let item = list.first(); item.exists; item = item.next()) patterns.add(item.bytes, flags, anchor, item.pointer);
    return patterns.compile();
  }

  /** Texts that stand for themselves, all with the same flags and searched for anywhere. */
  static literals(texts: string[], flags: string = ''): PatternSet {
    const patterns = new Patterns();
    for (let i = 0; i < texts.length; i++) patterns.addLiteral(texts[i], flags);
    return patterns.compile();
  }

  /** Adds a pattern. `pointer` is the place in the config that a refusal names. */
  add<T>(source: T, flags: string = '', anchor: Anchor = Anchor.None, pointer: string = ''): Patterns {
    return this.put('pattern', bytesOf(source), flags, anchor, pointer);
  }

  /** Adds a text that stands for itself. */
  addLiteral<T>(text: T, flags: string = '', anchor: Anchor = Anchor.None, pointer: string = ''): Patterns {
    return this.put('literal', bytesOf(text), flags, anchor, pointer);
  }

  /**
   * Compiles what was added; in `configure` only. A pattern that cannot be compiled refuses the config, at its pointer and
   * with its number and the character in it; the set is of no use then.
   */
  compile(): PatternSet {
    const text = this.writer.endArray().bytes;
    const length = hostPatternCompile(text.address, text.length);
    const answer = take(length < 0 ? -length : length);
    if (length >= 0) return new PatternSet(answer, this.pointers.length);
    const problem = Json.parse(answer);
    const index = <i32>problem.get('pattern').integer();
    const message = problem.get('message').text();
    if (index < 0) refuse('', message);
    else refuse(this.pointers[index], 'pattern ' + index.toString() + ' ' + message);
    return new PatternSet(ABSENT, this.pointers.length);
  }

  private put(kind: string, text: Bytes, flags: string, anchor: Anchor, pointer: string): Patterns {
    const writer = this.writer.beginObject().name(kind).textBytes(text).name('flags').text(flags).name('anchor');
    writer.text(anchor == Anchor.None ? 'none' : anchor == Anchor.Start ? 'start' : 'both').endObject();
    this.pointers.push(pointer);
    return this;
  }
}

function take(length: i32): Bytes {
  const at = __sluice_reserve(length);
  hostPatternTake(at, length);
  return new Bytes(at, length);
}
