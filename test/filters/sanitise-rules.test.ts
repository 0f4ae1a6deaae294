// What the rules of the built-in filter `sanitise` do with values of JSON bodies.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { TestChain } from '../../sdk/testing/index.js';
import type { Edit, Rule } from '../sdk/json-editor-guest.js';
import { editText } from '../sdk/json-reference.js';
import { builtIn, readmeExample, schemaFindings } from './built-in.js';
import { assertSameInChunks } from './sanitise-chunks.js';

const SECRET = 'the key of the operator';
const codeOf = (value: string): string => createHmac('sha256', SECRET).update(value).digest('hex');

function chainOf(json: unknown, more: Record<string, unknown> = {}): TestChain {
  const config = { hashSecret: 'pseudonyms', ...more, json };
  assert.deepEqual(schemaFindings('sanitise', config), []);
  return new TestChain([{ module: builtIn('sanitise'), config }], { secrets: { pseudonyms: SECRET } });
}

function through(chain: TestChain, body: string): string {
  const headers = { 'content-type': 'application/json' };
  const { client, failures } = chain.exchange({ target: '/' }, { headers, body });
  assert.deepEqual(failures, []);
  return client!.text;
}

/** A rule, what comes in, what comes out. */
type Row = readonly [rule: Record<string, unknown>, input: string, output: string];
const at = (pointer: string, action: Record<string, unknown>): Record<string, unknown> => ({
  pointer,
  ...action,
});
const REMOVE = { action: 'remove' };
const LAST4 = { action: 'mask', keepLast: 4 };

const ROWS: readonly Row[] = [
  [{ key: 'x', ...REMOVE }, '{"x":1,"a":2}', '{"a":2}'],
  [{ key: 'x', ...REMOVE }, '{"a":2,"x":1}', '{"a":2}'],
  [{ key: 'x', ...REMOVE }, '{"a":2, "x":1, "b":3}', '{"a":2, "b":3}'],
  [{ key: 'x', ...REMOVE }, '{ "x" : {"x":[1,2]} }', '{}'],
  [{ key: 'x', ...REMOVE }, '{"\\u0078":1,"a":{"x":2}}', '{"a":{}}'],
  [{ key: 'x', ...REMOVE }, '[{"x":1},{"x":2,"x":3}]', '[{},{}]'],
  [at('/l/0', REMOVE), '{"l":[1,2,3]}', '{"l":[2,3]}'],
  [at('/l/*', REMOVE), '{"l":[1, 2, 3]}', '{"l":[]}'],
  [at('/l/2', REMOVE), '{"l":[1,2,3]}', '{"l":[1,2]}'],
  [at('', REMOVE), '{"a":1}', 'null'],
  [at('/*/x', REMOVE), '[{"x":1,"y":2},{"y":3}]', '[{"y":2},{"y":3}]'],
  [{ key: 'x', action: 'mask' }, '{"x":"secret"}', '{"x":"******"}'],
  [{ key: 'x', ...LAST4 }, '{"x":"4111111111111111"}', '{"x":"************1111"}'],
  [{ key: 'x', ...LAST4 }, '{"x":4111111111111111}', '{"x":"************1111"}'],
  [{ key: 'x', ...LAST4 }, '{"x":"1234"}', '{"x":"****"}'],
  [{ key: 'x', ...LAST4 }, '{"x":""}', '{"x":""}'],
  [{ key: 'x', ...LAST4 }, '{"x":"aé😀\\u00e9\\ud83d\\ude00z"}', '{"x":"**😀\\u00e9\\ud83d\\ude00z"}'],
  [{ key: 'x', ...LAST4 }, '{"x":{"a":"12345678"}}', '{"x":"****"}'],
  [{ key: 'x', ...LAST4 }, '{"x":null,"y":null}', '{"x":"****","y":null}'],
  [at('/users/*/phone', LAST4), '{"users":[{"phone":"+4930123456"}]}', '{"users":[{"phone":"*******3456"}]}'],
  [{ key: 'x', action: 'hash' }, '{"x":"ada"}', `{"x":"${codeOf('ada')}"}`],
  [{ key: 'x', action: 'hash' }, '{"x":"\\u0061da"}', `{"x":"${codeOf('ada')}"}`],
  [{ key: 'x', action: 'hash' }, '{"x":"😀\\n"}', `{"x":"${codeOf('😀\n')}"}`],
  [{ key: 'x', action: 'hash' }, '{"x":42,"y":42}', `{"x":"${codeOf('42')}","y":42}`],
  [{ key: 'x', action: 'hash' }, '{"x":{"a": 1}}', `{"x":"${codeOf('{"a": 1}')}"}`],
  [{ key: 'x', action: 'hash' }, '{"x":""}', `{"x":"${codeOf('')}"}`],
  [at('/u/*/id', { action: 'hash' }), '{"u":{"a":{"id":"1"}}}', `{"u":{"a":{"id":"${codeOf('1')}"}}}`],
  [{ key: 'x', action: 'replace', value: { hidden: true } }, '{"x":1}', '{"x":{"hidden":true}}'],
  [{ key: 'x', action: 'replace', value: null }, '{"x":1}', '{"x":null}'],
  [{ key: 'x', action: 'replace' }, '{"x":1}', '{"x":"#"}'],
  [{ key: 'x', value: 0 }, '{"x":1}', '{"x":0}'],
  [{ key: 'x' }, '{"x":1}', '{"x":"#"}'],
];

describe('a rule of sanitise', () => {
  for (const [rule, input, output] of ROWS) {
    it(`${JSON.stringify(rule)} makes ${output} of ${input}`, () => {
      const json = { replacement: '#', rules: [rule] };
      assert.equal(through(chainOf(json), input), output);
      const headers = { 'content-type': 'application/json' };
      assertSameInChunks(chainOf(json, { stream: true }), headers, input, { text: output });
    });
  }

  it('counts before those that come later, and before keys and paths', () => {
    const chain = chainOf({
      replacement: '#',
      rules: [
        { pointer: '/public/id', action: 'keep' },
        { key: 'id', ...LAST4 },
        { pointer: '/a/id', ...REMOVE },
      ],
      keys: ['id', 'name'],
      paths: ['/a/*'],
    });
    assert.equal(
      through(chain, '{"public":{"id":"12345"},"a":{"id":"12345","z":1},"name":"n"}'),
      '{"public":{"id":"12345"},"a":{"id":"*2345","z":"#"},"name":"#"}',
    );
  });

  it('finds keys in either case where the config says so', () => {
    const chain = chainOf({ caseInsensitiveKeys: true, rules: [{ key: 'Token', ...REMOVE }] });
    assert.equal(through(chain, '{"TOKEN":1,"token":2,"t":3}'), '{"t":3}');
  });

  it('blocks a body that breaks behind values which were dealt with', () => {
    const chain = chainOf({ rules: [{ key: 'x', action: 'hash' }] });
    for (const body of ['{"x":"ada"', '{"x":"ada","x":{"a"}}', '{"x":tru}', '{"x":']) {
      assert.equal(JSON.parse(through(chain, body)).code, 'SANITISE_UNREADABLE');
    }
  });

  it('leaves no more memory behind than one response takes', () => {
    const chain = chainOf({
      rules: [
        { key: 'a', action: 'hash' },
        { key: 'b', ...LAST4 },
      ],
    });
    const body = JSON.stringify(Array.from({ length: 100 }, (_, i) => ({ a: `a${i}`, b: i, c: 'c' })));
    through(chain, body);
    const before = chain.memoryBytes;
    for (let i = 0; i < 200; i += 1) through(chain, body);
    assert.equal(chain.memoryBytes, before);
  });
});

describe('the rules that the README of sanitise shows', () => {
  it('do what it says', () => {
    const config = readmeExample('sanitise', 'rules') as { readonly json: unknown };
    const chain = chainOf(config.json, { ...config });
    const body =
      '{"profile":{"email":"me@a.b"},"users":[{"email":"u@a.b","internal":[1],"card":"4111111111111111","plan":"gold"}]}';
    assert.equal(
      through(chain, body),
      `{"profile":{"email":"me@a.b"},"users":[{"email":"${codeOf('u@a.b')}","card":"************1111","plan":null}]}`,
    );
  });
});

describe('the rules of sanitise, for any document', () => {
  const NAMES = ['a', 'b', 'é', '', '0'];
  const REFERENCE: readonly Rule[] = [
    { pointer: '/a/b', edit: { do: 'keep' } },
    { name: 'a', edit: { do: 'mask', keep: 2 } },
    { pointer: '/*/b', edit: { do: 'remove' } },
    { pointer: '/0/*', edit: { do: 'replace', with: { r: 1 } } },
    { name: 'é', edit: { do: 'remove' } },
  ];
  const asConfig = ({ edit, ...where }: Rule): unknown => ({
    ...('name' in where ? { key: where.name } : { pointer: where.pointer }),
    ...actionOf(edit),
  });
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      fc.oneof(fc.string({ unit: 'grapheme', maxLength: 12 }), fc.integer(), fc.boolean(), fc.constant(null)),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom(...NAMES), tie('value'), { maxKeys: 4, noNullPrototype: true }),
    ),
  }));

  it('change what they select and no other byte', () => {
    const chain = chainOf({ rules: REFERENCE.map(asConfig) });
    fc.assert(
      fc.property(value, fc.constantFrom('', ' ', '\t'), (input, indent) => {
        const text = JSON.stringify(input, null, indent);
        const out = through(chain, text);
        assert.equal(out, editText(text, REFERENCE));
        JSON.parse(out);
      }),
      { seed: 1, numRuns: 1500 },
    );
  });

  it('give one code to one value and different ones to different values', () => {
    const chain = chainOf({ rules: [{ pointer: '/*', action: 'hash' }] });
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', maxLength: 20 }), { maxLength: 6 }), (texts) => {
        assert.deepEqual(JSON.parse(through(chain, JSON.stringify(texts))), texts.map(codeOf));
      }),
      { seed: 2, numRuns: 300 },
    );
  });
});

function actionOf(edit: Edit): Record<string, unknown> {
  if (edit.do === 'mask') return { action: 'mask', keepLast: edit.keep };
  if (edit.do === 'replace' || edit.do === 'text') return { action: 'replace', value: edit.with };
  return { action: edit.do };
}

describe('the rules of sanitise are refused', () => {
  const refused: readonly [name: string, rule: Record<string, unknown>, message: RegExp][] = [
    ['without key and pointer', { action: 'mask' }, /json\/rules\/0: expected either key or pointer/],
    ['with both', { key: 'a', pointer: '/a' }, /json\/rules\/0: expected either key or pointer/],
    ['with a pointer that is none', { pointer: 'a' }, /json\/rules\/0\/pointer: expected a JSON Pointer/],
    ['with an unknown action', { key: 'a', action: 'encrypt' }, /json\/rules\/0\/action: expected remove/],
    [
      'with characters to keep and no mask',
      { key: 'a', action: 'remove', keepLast: 4 },
      /json\/rules\/0\/keepLast: only mask/,
    ],
    [
      'with a value and another action',
      { key: 'a', action: 'mask', value: 1 },
      /json\/rules\/0\/value: only replace/,
    ],
    ['with hash and no hashSecret', { key: 'a', action: 'hash' }, /json\/rules\/0: hash needs/],
  ];
  for (const [name, rule, message] of refused) {
    it(name, () => {
      const config = { json: { rules: [rule] } };
      assert.throws(() => new TestChain([{ module: builtIn('sanitise'), config }]), {
        code: 'SLUICE_FILTER_CONFIG',
        message,
      });
    });
  }

  it('by the schema already, where it can tell', () => {
    for (const [, rule] of refused.slice(2, 4)) {
      assert.notDeepEqual(schemaFindings('sanitise', { json: { rules: [rule] } }), []);
    }
  });

  it('when the secret, or crypto, was not granted', () => {
    const module = builtIn('sanitise');
    const config = { hashSecret: 'pseudonyms', json: { rules: [{ key: 'a', action: 'hash' }] } };
    const granted = { secrets: { pseudonyms: SECRET } };
    for (const [grants, secrets] of [
      [['crypto'], granted],
      [['secrets'], granted],
      [['crypto', 'secrets'], {}],
    ] as const) {
      assert.throws(() => new TestChain([{ module, config, grants }], secrets), {
        code: 'SLUICE_FILTER_CAPABILITY',
      });
    }
  });
});
