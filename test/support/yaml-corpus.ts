// Texts that are YAML, nearly YAML, or neither: whole documents in many styles of writing, the same with a slip of the
// pen, lines put together at random, and strings of marks that mean something to a parser.
import fc from 'fast-check';

const MARKS = [
  ...['a', 'b', 'a: ', 'b: ', 'a:', 'b:', '- ', '-', '\n', '\n  ', '\n    ', '\n ', '  ', ' ', '\n\n'],
  ...['[', ']', '{', '}', ',', ', ', ',\n  ', '[a, b]', '{a: 1}', '{"a":1}', '"a": ', '"a":', "'b': "],
  ...[' #', '#', '\n#c\n', '\n  # c\n', "'", '"', "''", '\\', '\\n', '\\x41', '\\ud800', '\t', '\r\n'],
  ...[
    '1',
    '-1',
    '-0',
    '.5',
    '1.',
    '1e3',
    '1e999',
    '12345678901234567890',
    '0x1f',
    '0o7',
    '+1',
    '.inf',
    '.nan',
  ],
  ...[
    '~',
    'true',
    'null',
    'Null',
    '<<',
    '<<: ',
    '__proto__: ',
    'constructor: ',
    '2001-01-01',
    '://',
    ':',
    '=',
  ],
  ...[
    '&x ',
    '*x',
    '!t ',
    '? ',
    '?',
    '|',
    '>',
    '%',
    '@',
    '`',
    '---',
    '---\n',
    '...',
    '...\n',
    '$',
    '.',
    '/',
    '_',
  ],
  ...['\u00a0', '\u0085', '\u2028', '\u3000', '\ufeff', '\u00e9', '\u{1f600}', '\ud800', '\0'],
];

const LINES = [
  ...['a: 1', 'b: x y', 'c:', "d: 's' ", 'e: "q" # c', 'f:  #x', 'g: a#b', 'h: a b # c', 'i: -1', 'j: a: b'],
  ...['k: http://a:80/b?c=d', 'l: 10.0.0.1:80', 'm: 0.0.0.0', 'n: /a/*', 'o: null', 'p: "\\u00e9\\x41"'],
  ...[
    'q: [a b]',
    'r: [a:b]',
    's: {h: i, j: [k]}',
    't: [1,',
    'null: 1',
    '1: 2',
    '"x": y',
    "'y': z",
    'u: |',
    'v: >-',
  ],
  ...[
    '- a',
    '- b: 1',
    '- - 1',
    '-',
    '- # c',
    '- "k": v',
    '-   m: n',
    '- [a]',
    '- {a: b}',
    '- &x 1',
    '- *x',
    '- : ',
  ],
  ...['[', ']', '{', '}', '],', '},', 'a,', '1, 2', '"a": 1,', '"b": [', '# note', '', '---', '...'],
];

const SCALARS = [
  ...[
    'x',
    '1',
    '-2.5',
    '1e3',
    'true',
    'null',
    '"q\\n"',
    "'it''s'",
    'a b',
    'a#b',
    '"#"',
    '""',
    "''",
    'x-y',
    '01',
  ],
  ...[
    'http://h:8080/p',
    '127.0.0.1:80',
    '1.2.3',
    '/a/:b',
    '/*',
    '"\u00e9"',
    '\u00e9',
    '\u4e2d\u6587',
    '~',
    '[]',
    '{}',
  ],
];
const KEYS = ['a', 'b', 'c', 'content-type', 'X_1', '"d e"', "'f'", '"g/h"', '200', '"200"', 'a.b'];

/** How the writer of a document writes: blanks in front of each level, comments, blank lines. */
interface Style {
  readonly indent: number;
  readonly listIndent: number;
  readonly dashBlanks: number;
  readonly comma: string;
  readonly aside: string;
}

const styles: fc.Arbitrary<Style> = fc.record({
  indent: fc.integer({ min: 1, max: 4 }),
  listIndent: fc.constantFrom(0, 0, 2, 4),
  dashBlanks: fc.integer({ min: 1, max: 3 }),
  comma: fc.constantFrom(',', ', ', ' , ', ',\n      '),
  aside: fc.constantFrom('', '', ' # why', '\n', '\n# why', '\n   \n'),
});

type Tree =
  | { readonly scalar: string }
  | { readonly flow: string[] }
  | { readonly list: Tree[] }
  | { readonly members: [string, Tree][] };

const trees = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(...SCALARS).map((scalar) => ({ scalar })),
    fc.array(fc.constantFrom(...SCALARS), { maxLength: 4 }).map((flow) => ({ flow })),
    fc.array(tie('tree'), { minLength: 1, maxLength: 3 }).map((list) => ({ list })),
    fc
      .array(fc.tuple(fc.constantFrom(...KEYS), tie('tree')), { minLength: 1, maxLength: 4 })
      .map((members) => ({ members })),
  ),
})).tree;

/** Behind a colon or a dash. */
function write(tree: Tree, column: number, style: Style): string {
  if ('scalar' in tree) return ` ${tree.scalar}${style.aside}\n`;
  if ('flow' in tree) return ` [${tree.flow.join(style.comma)}]\n`;
  if ('members' in tree) {
    const blanks = ' '.repeat(column + style.indent);
    return `\n${tree.members.map(([key, value]) => `${blanks}${key}:${write(value, blanks.length, style)}`).join('')}`;
  }
  const blanks = ' '.repeat(Math.max(0, column) + style.listIndent);
  return `\n${tree.list.map((item) => `${blanks}-${writeItem(item, blanks.length, style)}`).join('')}`;
}

/** An object begins on the line of its dash. */
function writeItem(item: Tree, column: number, style: Style): string {
  if (!('members' in item)) return write(item, column, style);
  const inner = column + 1 + style.dashBlanks;
  const members = item.members.map(([key, value]) => `${key}:${write(value, inner, style)}`);
  return `${' '.repeat(style.dashBlanks)}${members.join(' '.repeat(inner))}`;
}

const documents = fc
  .tuple(trees, styles)
  .map(([tree, style]) => `r:${write(tree, 0, style)}z:${write(tree, 0, { ...style, indent: 2 })}`);

const marks = fc.array(fc.constantFrom(...MARKS), { maxLength: 12 }).map((parts) => parts.join(''));

const lines = fc
  .array(fc.tuple(fc.constantFrom(0, 0, 0, 2, 2, 4, 1), fc.constantFrom(...LINES)), {
    minLength: 1,
    maxLength: 8,
  })
  .map((parts) => parts.map(([blanks, line]) => ' '.repeat(blanks) + line).join('\n'));

const json = fc
  .tuple(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(0, 1, 2, 4))
  .map(([value, blanks]) => JSON.stringify(value, null, blanks));

/** A text with some characters taken out, or marks put in. */
function withSlip(texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(texts, fc.nat(), fc.constantFrom('', ...MARKS), fc.integer({ min: 0, max: 2 }))
    .map(([text, seed, mark, gone]) => {
      const at = seed % (text.length + 1);
      return text.slice(0, at) + mark + text.slice(at + gone);
    });
}

export const yamlTexts: fc.Arbitrary<string> = fc.oneof(
  documents,
  withSlip(documents),
  marks,
  lines,
  withSlip(lines),
  json,
  withSlip(json),
);
