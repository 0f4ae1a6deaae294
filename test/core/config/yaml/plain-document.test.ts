import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseDocument } from '../../../../core/config/document.js';
import { parsePlainDocument, writeYaml } from '../../../../core/config/yaml/plain-document.js';

describe('a plain document', () => {
  const read: readonly [what: string, text: string, value: unknown][] = [
    ['JSON', '{"a": [1, "x", null]}', { a: [1, 'x', null] }],
    ['JSON behind a byte order mark', '\ufeff{"a": 1}', { a: 1 }],
    ['YAML that begins like JSON', '{ a: 1 }\n', { a: 1 }],
    ['keys as they are written', '200: ok\n1.10: b\ntrue: c\n', { '200': 'ok', '1.10': 'b', true: 'c' }],
    ['words of YAML 1.1 as words', 'a: [yes, on, 2020-01-01]\n', { a: ['yes', 'on', '2020-01-01'] }],
    ['aliases', 'a: &x { b: 1 }\nc: *x\n', { a: { b: 1 }, c: { b: 1 } }],
  ];
  for (const [what, text, value] of read) {
    it(`reads ${what}`, () => assert.deepEqual(parsePlainDocument(text), value));
  }

  const refused: readonly [what: string, text: string, reason: RegExp][] = [
    ['text that is neither', '{ "a": \n', /line 1, column 8/],
    ['a key twice', 'a: 1\na: 2\n', /unique/],
    ['aliases without bound', `a: &a [1]\n${bomb()}`, /alias/],
    ['two documents', 'a: 1\n---\na: 2\n', /a second document/],
    ['nesting without bound', '['.repeat(200_000), /line 1, column 257: is nested deeper/],
  ];
  for (const [what, text, reason] of refused) {
    it(`refuses ${what}`, () => assert.throws(() => parsePlainDocument(text), reason));
  }
});

describe('written YAML', () => {
  it('is read by the gateway as the value that it was', () => {
    const json = fc.jsonValue({ maxDepth: 4 });
    fc.assert(
      fc.property(fc.dictionary(fc.string(), json), (value) => {
        const known = JSON.parse(JSON.stringify(value)) as unknown;
        const { value: found } = parseDocument(writeYaml(known, ' comment'), 'written.yaml');
        assert.equal(JSON.stringify(found), JSON.stringify(known));
      }),
      { numRuns: 300 },
    );
  });

  it('has a key that reads like a merge as the key that it is', () => {
    const value = { '<<': '', properties: { '<<': { type: 'string' } } };
    assert.deepEqual(parseDocument(writeYaml(value, ''), 'written.yaml').value, value);
  });

  it('has whole numbers that no double counts to in a form that a configuration takes', () => {
    const value = { most: 2 ** 63, least: -(2 ** 63), small: Number.MAX_SAFE_INTEGER };
    assert.deepEqual(parseDocument(writeYaml(value, ''), 'written.yaml').value, value);
  });
});

/** Nine levels of ten aliases each. */
function bomb(): string {
  const names = 'abcdefghi';
  return [...names.slice(1)]
    .map((name, index) => `${name}: &${name} [${Array(10).fill(`*${names[index]}`).join(', ')}]\n`)
    .join('');
}
