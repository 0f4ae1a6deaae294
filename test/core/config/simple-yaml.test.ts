import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { NOT_SIMPLE, readSimpleYaml } from '../../../core/config/simple-yaml.js';
import { parseYamlDocument } from '../../../core/config/yaml-document.js';

const READ: readonly [what: string, text: string, value: unknown][] = [
  ['objects in objects', 'a:\n  b: 1\n  c:\n    d: x\ne:\n', { a: { b: 1, c: { d: 'x' } }, e: null }],
  ['lists below a key, deeper or not', 'a:\n- 1\n- 2\nb:\n  - 3\n', { a: [1, 2], b: [3] }],
  [
    'objects behind a dash',
    'a:\n  - b: 1\n    c: 2\n  -   d: 3\n      e: 4\n',
    {
      a: [
        { b: 1, c: 2 },
        { d: 3, e: 4 },
      ],
    },
  ],
  ['lists in lists', '- - 1\n  - 2\n-\n  - 3\n-\n', [[1, 2], [3], null]],
  ['brackets', 'a: [x, 1, { b: c, d: [] }, {}]\n', { a: ['x', 1, { b: 'c', d: [] }, {}] }],
  ['brackets of several lines', 'a: [\n    x,\n    y\n  ]\nb: 1\n', { a: ['x', 'y'], b: 1 }],
  [
    'JSON',
    '{"a": [1, -2.5e3, true, null, "\\u20ac\\n"], "b":{}}',
    { a: [1, -2500, true, null, '\u20ac\n'], b: {} },
  ],
  ['JSON of several lines', JSON.stringify({ a: [{ b: [] }], c: '' }, null, 2), { a: [{ b: [] }], c: '' }],
  [
    'texts in quotes',
    `a: "x: #y"\nb: 'it''s'\n"c d": e\n'f': g\n`,
    { a: 'x: #y', b: "it's", 'c d': 'e', f: 'g' },
  ],
  ['comments and blank lines', '---\n# a\n\na: b # c\n   # d\nc: e#f\n', { a: 'b', c: 'e#f' }],
  [
    'words that hold colons',
    'a: http://h:80/p?q#f\nb: 127.0.0.1:80\nc: [h:80]\n',
    { a: 'http://h:80/p?q#f', b: '127.0.0.1:80', c: ['h:80'] },
  ],
  [
    'words that are near to numbers',
    'a: 1.2.3\nb: 1_000\nc: 0.0.0.0:1\nd: 5s\n',
    { a: '1.2.3', b: '1_000', c: '0.0.0.0:1', d: '5s' },
  ],
  ['words of YAML 1.1 as words', 'a: yes\nb: On\nc: 2001-01-01\n', { a: 'yes', b: 'On', c: '2001-01-01' }],
];

/** What is well, but left to the other parser. */
const LEFT: readonly [what: string, text: string][] = [
  ['nothing', ''],
  ['a word', 'a\n'],
  ['a text of several lines', 'a: |\n  b\n'],
  ['a word that goes on', 'a: b\n  c\n'],
  ['anchors and aliases', 'a: &x 1\nb: *x\n'],
  ['a merge', 'a:\n  <<: { b: 1 }\n'],
  ['other ways to write a number', 'a: 0x1f\n'],
  ['other ways to write nothing', 'a: ~\n'],
  ['an escape that JSON does not have', 'a: "\\x41"\n'],
  ['a comma at the end', 'a: [1,]\n'],
  ['a key called __proto__', '__proto__: 1\n'],
  ['line breaks of other systems', 'a: 1\r\nb: 2\r\n'],
  ['a value below its key', 'a:\n  "b"\n'],
];

/** What is wrong, and so has a place that the other parser knows. */
const WRONG: readonly [what: string, text: string][] = [
  ['a key again', 'a: 1\na: 2\n'],
  ['a key again in JSON', '{"a": 1, "a": 2}'],
  ['a key that is no string', '1: a\n'],
  ['a colon too many', 'a: b: c\n'],
  ['a line that stands at no level', 'a:\n    b: 1\n  c: 2\n'],
  ['a list behind an object', 'a: 1\n- b\n'],
  ['a bracket that is not closed', 'a: [1\nb: 2\n'],
  ['a quote that is not closed', 'a: "b\n'],
  ['words behind a quote', 'a: "b" c\n'],
  ['a tag', 'a: !!str 1\n'],
  ['a tab', 'a:\n\tb: 1\n'],
  ['a whole number that no double counts to', 'a: 9007199254740993\n'],
  ['a number beyond all', 'a: 1e999\n'],
  ['nesting without bound', '['.repeat(100_000)],
];

describe('the reader of simple documents', () => {
  for (const [what, text, value] of READ) {
    it(`reads ${what}`, () => {
      assert.deepStrictEqual(readSimpleYaml(text), value);
      assert.deepStrictEqual(parseYamlDocument(text, 'd').value, value);
    });
  }

  for (const [what, text] of LEFT) {
    it(`leaves ${what} to the other parser`, () => {
      assert.equal(readSimpleYaml(text), NOT_SIMPLE);
      parseYamlDocument(text, 'd');
    });
  }

  for (const [what, text] of WRONG) {
    it(`does not read ${what}`, () => {
      assert.equal(readSimpleYaml(text), NOT_SIMPLE);
      assert.throws(() => parseYamlDocument(text, 'd'));
    });
  }
});
