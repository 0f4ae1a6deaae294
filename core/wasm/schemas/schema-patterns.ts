// The patterns of schemas, as ajv asks for them. JavaScript's own engine tries one way after the other, and a text that
// a client chose makes it try for hours (`^(a+)+$`): here each is an automaton, or its schema is refused.
import { compileTextMatcher, type TextMatcher } from '../patterns/text-matcher.js';

/** Those that schemas have in common, and those of the meta-schemas, are compiled once. */
const MOST_KEPT = 1024;

/** What ajv wants as `code.regExp`. */
export interface PatternEngine {
  (source: string, flags: string): TextMatcher;
  readonly code: string;
}

export class SchemaPatterns {
  readonly #kept = new Map<string, TextMatcher>();

  /** The engine for one schema: its errors name the place of the pattern there. */
  engine(schema: unknown): PatternEngine {
    const compile = (source: string): TextMatcher => {
      try {
        return this.#take(source);
      } catch (cause) {
        throw new Error(
          `the pattern ${JSON.stringify(source)}${placeOf(source, schema)} is refused: ${(cause as Error).message}. ` +
            'A pattern is judged by an automaton, whose time no text can stretch: write it without what is named',
          { cause },
        );
      }
    };
    return Object.assign(compile, { code: 'pattern' });
  }

  #take(source: string): TextMatcher {
    const known = this.#kept.get(source);
    if (known !== undefined) return known;
    const matcher = compileTextMatcher(source);
    // By this ajv tells one from the other.
    const named = { test: (text: string) => matcher.test(text), toString: () => `/${source}/u` };
    if (this.#kept.size >= MOST_KEPT) this.#kept.delete(this.#kept.keys().next().value!);
    this.#kept.set(source, named);
    return named;
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
