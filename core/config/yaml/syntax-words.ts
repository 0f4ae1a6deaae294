// What the parser says of the slips that everybody makes, in words for whoever made them.

type Words = readonly [found: string, expected: string];

const WORDS: readonly (readonly [RegExp, ...Words])[] = [
  [
    /^Implicit map keys need to be followed by map values/,
    'a line that is no "key: value"',
    'a key with ":" and a blank behind it, or more indentation where it belongs to the line before',
  ],
  [
    /^Sequence item without - indicator/,
    'a line that is no entry of the list before it',
    'the indentation of what it belongs to, or "- " before it',
  ],
  [
    /^All (?:mapping|sequence|collection) items must start at the same column/,
    'another indentation than that of the lines before it',
    'the same for all that belongs together',
  ],
  [/^Tabs are not allowed as indentation/, 'a tab as indentation', 'blanks'],
  [
    /^Nested mappings are not allowed in compact mappings/,
    'another "key: value" inside a value',
    'keys of one object in lines with the same indentation, or the text in quotes',
  ],
  [
    /^Flow (?:sequence|map) in block collection must be sufficiently indented and end with/,
    'a "[" or "{" that is not closed',
    'its "]" or "}", and indentation of the lines in between',
  ],
  [/^Missing , /, 'two values without "," between them', 'a ",", or the text in quotes'],
  [
    /^Block collections are not allowed within flow collections/,
    'a ":" or "-" as outside brackets',
    'a "," before the next key, or the text in quotes',
  ],
  [/^Missing closing/, 'a text whose quote is not closed', 'the quote that it began with'],
];

/** @param message in one line */
export function syntaxWords(message: string): Words {
  const [, found, expected] = WORDS.find(([pattern]) => pattern.test(message)) ?? [];
  return found === undefined || expected === undefined ? [message, 'YAML 1.2 or JSON'] : [found, expected];
}
