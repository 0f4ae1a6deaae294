// The patterns of schemas, as ajv asks for them. JavaScript's own engine tries one way after the other, and a text that
// a client chose makes it try for hours (`^(a+)+$`): here each is an automaton, or its schema is refused.
import { compileTextMatcher, type TextMatcher } from '../patterns/text-matcher.js';

/** Those that schemas have in common, and those of the meta-schemas, are compiled once: so many of them, and so many bytes. */
const MOST_KEPT = 1024;
const MOST_KEPT_BYTES = 8 * 1024 * 1024;

/** What ajv wants as `code.regExp`. */
export interface PatternEngine {
  (source: string, flags: string): TextMatcher;
  readonly code: string;
  /** What the automata of all patterns take that it was asked for. */
  bytes(): number;
}

export class SchemaPatterns {
  readonly #kept = new Map<string, TextMatcher>();
  #keptBytes = 0;

  /**
   * The engine for one schema: its errors name the place of the pattern there.
   * @param room bytes that its automata may take
   */
  engine(schema: unknown, room: number): PatternEngine {
    const own = new Map<string, TextMatcher>();
    let bytes = 0;
    const compile = (source: string): TextMatcher => {
      const known = own.get(source);
      if (known !== undefined) return known;
      try {
        const matcher = this.#take(source);
        if (bytes + matcher.bytes > room)
          throw new RangeError(
            `its automaton takes ${matcher.bytes} bytes, and there is room for ${room - bytes}`,
          );
        bytes += matcher.bytes;
        own.set(source, matcher);
        return matcher;
      } catch (cause) {
        throw new Error(
          `the pattern ${JSON.stringify(source)}${placeOf(source, schema)} is refused: ${(cause as Error).message}. ` +
            'A pattern is judged by an automaton, whose time no text can stretch: write it without what is named',
          { cause },
        );
      }
    };
    return Object.assign(compile, { code: 'pattern', bytes: () => bytes });
  }

  #take(source: string): TextMatcher {
    const known = this.#kept.get(source);
    if (known !== undefined) return known;
    const matcher = compileTextMatcher(source);
    // By this ajv tells one from the other.
    const { bytes } = matcher;
    const named = { bytes, test: (text: string) => matcher.test(text), toString: () => `/${source}/u` };
    this.#keep(source, named);
    return named;
  }

  #keep(source: string, matcher: TextMatcher): void {
    this.#kept.set(source, matcher);
    this.#keptBytes += matcher.bytes;
    for (const [oldest, { bytes }] of this.#kept) {
      if (this.#kept.size <= MOST_KEPT && this.#keptBytes <= MOST_KEPT_BYTES) return;
      this.#kept.delete(oldest);
      this.#keptBytes -= bytes;
    }
  }
}

/** ` at "/properties/a/pattern"`: where the pattern stands first; nothing when it is none of this schema. */
function placeOf(source: string, schema: unknown): string {
  const stack: [string, unknown][] = [['', schema]];
  for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
    const [pointer, value] = entry;
    if (typeof value !== 'object' || value === null) continue;
    for (const [name, member] of Object.entries(value).reverse()) {
      const place = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      const isHere =
        (name === 'pattern' && member === source) ||
        (name === source && pointer.endsWith('/patternProperties'));
      if (isHere) return ` at ${JSON.stringify(place)}`;
      stack.push([place, member]);
    }
  }
  return '';
}
