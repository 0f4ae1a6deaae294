// Patterns and texts for tests, drawn at random, and what JavaScript's own engine says of them.
import fc from 'fast-check';

/** A pattern with its flags and anchor, as guests describe it. */
export interface Sample {
  readonly pattern: string;
  readonly flags: string;
  readonly anchor: 'none' | 'start' | 'both';
}

const CHARACTERS = ['a', 'b', 'K', 's', '1', '_', ' ', 'é', 'ſ', '\u212a', '😀', '\n', '\u2028'];
const ATOMS = [
  ...[
    'a',
    'b',
    'k',
    'S',
    'é',
    '😀',
    '.',
    '\\w',
    '\\W',
    '\\d',
    '\\s',
    '\\n',
    '\\p{L}',
    '\\P{Lu}',
    '[]',
    '[^]',
  ],
  ...['[ab]', '[^a]', '[a-k😀]', '[^\\w\\s]', '[\\d_é-ſ]', '\\u{1F600}', '\\u017f', '(?:)'],
];
const EDGES = ['^', '$', '\\b', '\\B'];
const QUANTIFIERS = ['*', '+', '?', '*?', '+?', '??', '{2}', '{1,3}', '{0,2}?', '{2,}'];

const source = fc.letrec<{ pattern: string; part: string }>((tie) => ({
  pattern: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    tie('part'),
    fc.tuple(tie('part'), tie('pattern')).map((parts) => parts.join('')),
    fc.tuple(tie('part'), tie('pattern')).map((parts) => parts.join('|')),
  ),
  part: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom(...ATOMS),
    fc.constantFrom(...EDGES),
    fc.tuple(fc.constantFrom(...ATOMS), fc.constantFrom(...QUANTIFIERS)).map((parts) => parts.join('')),
    fc
      .tuple(fc.constantFrom('(', '(?:'), tie('pattern'), fc.constantFrom('', ...QUANTIFIERS))
      .map(([open, inner, quantifier]) => `${open}${inner})${quantifier}`),
  ),
})).pattern;

/** A pattern that an automaton can hold. */
export const samples: fc.Arbitrary<Sample> = fc.record({
  pattern: source,
  flags: fc.constantFrom('', '', 'i', 's', 'is'),
  anchor: fc.constantFrom('none', 'none', 'start', 'both'),
});

/** Short, because the engine that it is compared with may take exponential time. */
export const texts: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...CHARACTERS), { maxLength: 7 })
  .map((characters) => characters.join(''));

/** Numbers of bytes of the text before each place where a match ends, by JavaScript. */
export function endsByRegExp({ pattern, flags, anchor }: Sample, text: string): number[] {
  const begin = anchor === 'none' ? '' : '^';
  const end = anchor === 'both' ? '$' : '';
  const ends: number[] = [];
  const characters = [...text];
  for (let place = 0; place <= characters.length; place += 1) {
    const here = new RegExp(`${begin}(?:${pattern})${end}(?<=^[^]{${place}})`, `u${flags}`);
    if (here.test(text)) ends.push(Buffer.byteLength(characters.slice(0, place).join('')));
  }
  return ends;
}

/** What `compile` makes of samples; one draw out of ten thousand is too large for an automaton and is passed over. */
export function unlessTooLarge<T>(compile: () => T): T {
  try {
    return compile();
  } catch (cause) {
    fc.pre(!(cause as Error).message.includes('is too large: the automaton grew'));
    throw cause;
  }
}

/**
 * With `i`, JavaScript counts these two letters as word characters because they fold to `s` and `k`; here an edge looks
 * at one byte, and they have more.
 */
export function comparable({ pattern, flags }: Sample, text: string): string {
  return flags.includes('i') && /\\b/i.test(pattern) ? text.replaceAll(/[ſ\u212a]/gu, 'é') : text;
}
