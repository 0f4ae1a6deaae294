import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse as parseYaml, stringify } from 'yaml';
import { parseDocument } from '../../../core/config/document.js';
import { ConfigErrors } from '../../../core/errors.js';

function syntaxErrorsOf(text: string): string[] {
  try {
    parseDocument(text, 'd');
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigErrors, String(error));
    assert.ok(error.errors.every(({ code }) => code === 'SLUICE_CONFIG_SYNTAX'));
    return error.errors.map(({ message }) => message);
  }
}

function placeOf(text: string, pointer: string): [number, number] {
  const { line, column } = parseDocument(text, 'd').place(pointer);
  return [line, column];
}

test('reads YAML and JSON to the same value', () => {
  const value = {
    a: [1, -2.5, true, null, 'x: y', ''],
    b: { 'c/d': {}, '': [] },
    '"': '\\ \u20ac \u{1f600}\n',
  };
  for (const text of [stringify(value), JSON.stringify(value), JSON.stringify(value, null, '\t')]) {
    assert.deepEqual(parseDocument(text, 'd').value, value);
  }
});

test('reads any JSON value back as it was', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      const text = JSON.stringify(value);
      if (/-0|\d{16}|e\d/.test(text)) return;
      const again = parseDocument(text, 'd').value;
      assert.equal(JSON.stringify(again), text);
    }),
    { numRuns: 500 },
  );
});

test('reads scalars by the core schema of YAML 1.2', () => {
  const { value } = parseDocument('[yes, no, on, 0o17, 0x1f, 1_000, 012, ~, null, 1e3, 2001-01-01]', 'd');
  assert.deepEqual(value, ['yes', 'no', 'on', 15, 31, '1_000', 12, null, null, 1000, '2001-01-01']);
});

test('keeps a key called __proto__ as a key', () => {
  const value = parseDocument('{"__proto__": {"a": 1}}', 'd').value as object;
  assert.deepEqual(Object.keys(value), ['__proto__']);
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
});

test('counts lines and columns from 1, whatever ends a line and behind a byte order mark', () => {
  for (const end of ['\n', '\r\n']) {
    const text = `\ufeffa:${end}  - b${end}  - c: d${end}    e: [f, {g: h}]${end}`;
    assert.deepEqual(placeOf(text, ''), [1, 1]);
    assert.deepEqual(placeOf(text, '/a/0'), [2, 5]);
    assert.deepEqual(placeOf(text, '/a/1/c'), [3, 8]);
    assert.deepEqual(placeOf(text, '/a/1/e/1/g'), [4, 16]);
  }
});

test('finds keys and values by pointer, escapes included', () => {
  const document = parseDocument('"a/b":\n  "c~d": 1\n', 'd');
  assert.deepEqual(document.place('/a~1b/c~0d'), {
    document: 'd',
    line: 2,
    column: 10,
    pointer: '/a~1b/c~0d',
  });
  assert.deepEqual(document.placeOfKey('/a~1b/c~0d'), {
    document: 'd',
    line: 2,
    column: 3,
    pointer: '/a~1b/c~0d',
  });
});

test('names the nearest place around a value that is not there', () => {
  assert.deepEqual(placeOf('a:\n  b: [x]\n', '/a/b/7/c'), [2, 6]);
  assert.deepEqual(placeOf('a:\n  b: [x]\n', '/z/y'), [1, 1]);
  assert.deepEqual(placeOf('', '/a'), [1, 1]);
});

test('follows aliases to values and to their places', () => {
  const text = 'a: &x { b: 1 }\nc: [*x, *x]\n';
  const { value } = parseDocument(text, 'd');
  assert.deepEqual(value, { a: { b: 1 }, c: [{ b: 1 }, { b: 1 }] });
  const [first, second] = (value as unknown as { c: [object, object] }).c;
  assert.notEqual(first, second, 'a value behind an alias is a copy');
  assert.deepEqual(placeOf(text, '/c/1/b'), [1, 12]);
});

test('takes an alias for the last anchor before it', () => {
  assert.deepEqual(parseDocument('[&x 1, *x, &x 2, *x]', 'd').value, [1, 1, 2, 2]);
  assert.deepEqual(parseDocument('[&x 1, &y [*x], &x 2, *y, *x]', 'd').value, [1, [1], 2, [1], 2]);
});

test('merges objects below what the object says itself, the first source first', () => {
  const text = 'a: &a { x: 1, y: 1 }\nb: &b { y: 2, z: 2 }\nc:\n  <<: [*a, *b]\n  x: 3\n';
  const { c } = parseDocument(text, 'd').value as { c: unknown };
  assert.deepEqual(c, { x: 3, y: 1, z: 2 });
  assert.deepEqual(placeOf(text, '/c/x'), [5, 6]);
  assert.deepEqual(placeOf(text, '/c/z'), [2, 18]);
  assert.deepEqual(parseDocument('"<<": { a: 1 }', 'd').value, { '<<': { a: 1 } });
  assert.deepEqual(c, (parseYaml(text, { merge: true }) as { c: unknown }).c);
});

test('refuses aliases that stand for more values than a document may hold', () => {
  const bomb = ['a: &a [x,x,x,x,x,x,x,x,x,x]'];
  for (const [i, name] of [...'bcdefgh'].entries()) {
    bomb.push(`${name}: &${name} [${Array(10).fill(`*${'abcdefg'[i]}`).join(',')}]`);
  }
  assert.match(syntaxErrorsOf(bomb.join('\n')).at(-1) ?? '', /at most 100000 values behind all aliases/);
});

test('refuses nesting that would exhaust the stack', () => {
  const texts = [
    '['.repeat(200_000),
    '{"a":'.repeat(50_000),
    '- '.repeat(50_000),
    '? '.repeat(20_000),
    `${'['.repeat(65)}${']'.repeat(65)}`,
  ];
  for (const text of texts)
    assert.match(syntaxErrorsOf(text)[0] ?? '', /deeper nesting, expected at most 64 levels/);
  assert.deepEqual(syntaxErrorsOf(`${'['.repeat(64)}${']'.repeat(64)}`), []);
});

test('refuses a document that is larger than a gateway may hold', () => {
  assert.match(syntaxErrorsOf(`#${' '.repeat(16 * 1024 * 1024)}`)[0] ?? '', /expected at most 16777216$/);
  assert.match(syntaxErrorsOf('#\n'.repeat(1_000_001))[0] ?? '', /expected at most 2000000 words and marks/);
});

test('refuses nesting that only aliases make too deep', () => {
  const lines = ['a0: &a0 [x]'];
  for (let i = 1; i < 100; i++) lines.push(`a${i}: &a${i} [*a${i - 1}]`);
  assert.match(syntaxErrorsOf(lines.join('\n')).at(-1) ?? '', /deeper nesting/);
});

test('reports every fault of the values at once, and no flood of breaks of the grammar', () => {
  assert.equal(syntaxErrorsOf('a: !x 1\nb: *none\nc: .inf\nc: 1\n1: 2\n').length, 5);
  const noise = syntaxErrorsOf('a: "\\q"\n'.repeat(1000));
  assert.ok(noise.length > 0 && noise.length <= 20);
});

test('does not show the text around a break of the grammar, which may be a credential', () => {
  const messages = syntaxErrorsOf('authorization: "Bearer hunter2\n');
  assert.ok(messages.length > 0 && messages.every((message) => !message.includes('hunter2')));
});

test('throws nothing but ConfigErrors, whatever the text', () => {
  const piece = fc.constantFrom(
    'a',
    'b: ',
    '- ',
    '? ',
    ': ',
    '\n',
    '\r\n',
    '  ',
    '\t',
    '[',
    ']',
    '{',
    '}',
    ',',
    '&x ',
    '*x',
    '<<: ',
    '!t ',
    '|',
    '>',
    '"',
    "'",
    '#',
    '---\n',
    '...\n',
    '%YAML 1.2\n',
    '%TAG ! x\n',
    '\ufeff',
    '\0',
    '\\u12',
    '1',
    '.nan',
    '~',
    '\ud800',
    '\u2028',
  );
  const pieces = fc.array(piece, { maxLength: 40 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.oneof(pieces, fc.string({ unit: 'binary' })), (text) => {
      syntaxErrorsOf(text);
    }),
    { numRuns: 5_000 },
  );
});
