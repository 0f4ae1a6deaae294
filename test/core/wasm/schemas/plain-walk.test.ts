import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { SchemaCompiler } from '../../../../core/json-schema.js';
import { compilePlain } from '../../../../core/wasm/schemas/plain-schema.js';
import { type PlainVerdict, PlainWalk } from '../../../../core/wasm/schemas/plain-walk.js';

const SCHEMAS = 1000;
const DOCUMENTS_EACH = 60;

const compiler = new SchemaCompiler(true, { strict: false, logger: false, inlineRefs: false });
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The walk for a schema that has a tree. */
function plain(schema: object | boolean): PlainWalk {
  compiler.compile(schema);
  const tree = compilePlain(schema, (text) => compiler.compile(text));
  assert.ok(tree !== null, JSON.stringify(schema));
  return new PlainWalk(tree);
}

/** In the midst of other bytes, which the walk must not take for its own. */
function walk(plain: PlainWalk, document: Uint8Array, before = 0, after = ' '): PlainVerdict {
  const bytes = Buffer.concat([Buffer.alloc(before, '"'), document, Buffer.from(after)]);
  const { buffer, byteOffset } = bytes;
  return plain.judge(new Uint8Array(buffer, byteOffset + before, document.byteLength));
}

function verdict(schema: object | boolean, document: string | Uint8Array): PlainVerdict {
  return walk(plain(schema), typeof document === 'string' ? Buffer.from(document) : document);
}

function fits(schema: object | boolean, document: string | Uint8Array): boolean {
  return verdict(schema, document) !== 'unsure';
}

/** True when no object of a document that is JSON has two members of one name. The scan is slow and plain. */
function hasUniqueNames(json: string): boolean {
  const names: (Set<string> | null)[] = [];
  let isName = false;
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]/gs)) {
    if (token === '{') names.unshift(new Set());
    else if (token === '[') names.unshift(null);
    else if (token === '}' || token === ']') names.shift();
    else if (token.startsWith('"') && isName) {
      const name = JSON.parse(token) as string;
      if (names[0]!.has(name)) return false;
      names[0]!.add(name);
    }
    isName = token === '{' || (token === ',' && names[0] instanceof Set);
  }
  return true;
}

/** What JSON.parse and ajv say. */
function isValid(validate: (value: unknown) => unknown, document: Uint8Array): boolean {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(document));
  } catch {
    return false;
  }
  return validate(value) === true;
}

// Few names, texts and numbers: else no document would fit any schema.
const name = fc.constantFrom('a', 'b', 'cc', 'toString', '__proto__', 'é', '"');
const text = fc.constantFrom('', 'a', 'bb', 'ccc', 'a@b.example', 'é', 'a"b', '\u2028', '\ud800', '😀');
const number = fc.constantFrom(0, -0, 1, -1, 7, 1.5, -2.25, 1e21, 1e-9, 123456789012345, 1234567890123456);
const small = fc.integer({ min: 0, max: 3 });
const type = fc.constantFrom('object', 'array', 'string', 'number', 'integer', 'boolean', 'null');

const { schema } = fc.letrec<{ schema: object | boolean }>((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ type: fc.oneof(type, fc.uniqueArray(type, { minLength: 1 })) }, { requiredKeys: [] }),
    fc.boolean(),
    fc.record({ type: fc.constant('string'), format: fc.constantFrom('email', 'date') }),
    fc.record({ type: fc.constant('string'), pattern: fc.constantFrom('^a', 'b$', '') }),
    fc.record({ enum: fc.uniqueArray(text, { minLength: 1 }) }),
    fc.record({ const: text }),
    fc.record({ type, minLength: small, maxLength: small }, { requiredKeys: [] }),
    fc.record(
      { type, minimum: number, maximum: number, exclusiveMinimum: number, exclusiveMaximum: number },
      { requiredKeys: [] },
    ),
    fc.record(
      { type: fc.constant('array'), items: tie('schema'), minItems: small, maxItems: small },
      { requiredKeys: ['items'] },
    ),
    fc.record(
      {
        type: fc.constant('object'),
        properties: fc.dictionary(name, tie('schema')),
        required: fc.uniqueArray(name, { maxLength: 2 }),
        additionalProperties: tie('schema'),
        maxProperties: small,
      },
      { requiredKeys: ['properties'] },
    ),
  ) as fc.Arbitrary<object | boolean>,
}));

const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    number,
    fc.constantFrom(true, false, null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4 }),
  ),
}));

/** Now and then a byte is another one, is missing, or comes twice, or two members may be of one name. */
const damage = fc.record({
  at: fc.nat(),
  how: fc.constantFrom('none', 'none', 'replace', 'remove', 'repeat', 'rename'),
  byte: fc.oneof(fc.constantFrom(...Buffer.from('{}[],:"\\ \n0-1.eEtrufalsn')), fc.nat(255)),
});

const document = fc
  .tuple(value, fc.constantFrom(0, 1), damage)
  .map(([content, indent, { at, how, byte }]): Buffer => {
    const bytes = Buffer.from(JSON.stringify(content, null, indent));
    const place = at % bytes.length;
    if (how === 'replace') bytes[place] = byte;
    if (how === 'rename') return Buffer.from(bytes.toString().replaceAll('"b":', '"a":'));
    if (how === 'remove') return Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + 1)]);
    if (how === 'repeat') return Buffer.concat([bytes.subarray(0, place + 1), bytes.subarray(place)]);
    return bytes;
  });

describe('a walk over a document', () => {
  it('says yes only where JSON.parse and ajv do', () => {
    let trees = 0;
    let yes = 0;
    let valid = 0;
    const documents = fc.array(document, { minLength: DOCUMENTS_EACH, maxLength: DOCUMENTS_EACH });
    fc.assert(
      fc.property(schema, documents, (drawn, samples) => {
        // As text it comes to the gateway.
        const parsed = JSON.parse(JSON.stringify(drawn)) as object | boolean;
        const validate = compiler.compile(parsed);
        const tree = compilePlain(parsed, (asked) => compiler.compile(asked));
        if (tree === null) return;
        const plain = new PlainWalk(tree);
        trees += 1;
        for (const sample of samples) {
          const judged = isValid(validate, sample);
          if (judged) valid += 1;
          const said = walk(plain, sample, yes % 9, yes % 2 === 0 ? '"}]' : ' ');
          if (said === 'unsure') continue;
          yes += 1;
          assert.ok(judged, `${JSON.stringify(parsed)} does not fit ${sample}`);
          assert.equal(said === 'unique', hasUniqueNames(sample.toString()), sample.toString());
        }
      }),
      { numRuns: SCHEMAS },
    );
    assert.ok(trees > SCHEMAS / 2, `${trees} schemas`);
    assert.ok(yes > valid / 2, `${yes} of ${valid} documents`);
  });

  it('says yes to what fits', () => {
    const order = {
      type: 'object',
      required: ['id', 'lines'],
      additionalProperties: false,
      properties: {
        id: { type: 'integer', minimum: 1, exclusiveMaximum: 100 },
        mail: { type: 'string', format: 'email', maxLength: 20 },
        state: { enum: ['new', 'sent'] },
        note: { type: ['string', 'null'] },
        lines: {
          type: 'array',
          minItems: 1,
          items: { type: 'object', additionalProperties: { minimum: 0.5 } },
        },
      },
    };
    for (const sample of [
      '{"id":1,"lines":[{}]}',
      ' {\n\t"lines" : [ { "a" : 1 , "b" : 0.5 } , { "c" : true } ] ,\r\n"id" : 99 } ',
      '{"id":5,"mail":"ada@example.com","state":"sent","note":null,"lines":[{"x":"y"}]}',
      '{"id":5,"note":"\\u00e9 \\" é 😀","lines":[{"é":[-1.25,[],false]}]}',
    ])
      assert.equal(fits(order, sample), true, sample);
  });

  it('says whether names are unique', () => {
    const asked = { properties: { a: { properties: { b: true } }, b: true, long: { type: 'array' } } };
    const names = (count: number): string =>
      `{${Array.from({ length: count }, (_, index) => `"name${index}":{}`).join()}}`;
    for (const [sample, expected] of [
      ['{"a":{"b":1,"c":2},"b":1,"c":{"c":{"c":1}},"cc":1,"long":[{"x":1},{"x":1}]}', 'unique'],
      ['{"c":{"d":1},"d":{"c":1},"e":[{"c":1,"d":2},{"d":1,"c":2}]}', 'unique'],
      ['{"a":1,"A":1,"ä":1,"ae":1,"":1}', 'unique'],
      ['{"a":1,"a":1}', 'fits'],
      ['{"a" :1,"b":1,"a": 1}', 'fits'],
      ['{"a":{"c":1,"c":1}}', 'fits'],
      ['{"b":[[{"ä":1,"b":2,"ä":1}]]}', 'fits'],
      ['{"":1,"":2}', 'fits'],
      ['{"x":{"y":1},"y":{"x":1},"x":1}', 'fits'],
      [names(16), 'unique'],
      // More are not held against each other.
      [names(17), 'fits'],
    ] as const)
      assert.equal(verdict(asked, sample), expected, sample);
  });

  it('says no to what does not fit', () => {
    const object = { required: ['a', 'b'], properties: { a: { type: 'integer' }, b: true, c: false } };
    for (const [asked, sample] of [
      [object, '{}'],
      [object, '{"a":1}'],
      [object, '{"b":1,"aa":1}'],
      [object, '{"a":"1","b":1}'],
      [object, '{"a":1,"b":1,"c":1}'],
      [object, '{"a":1,"b":1,"a":null}'],
      [{ additionalProperties: false }, '{"a":1}'],
      [{ maxProperties: 1 }, '{"a":1,"b":1}'],
      [{ items: { type: 'boolean' } }, '[true,null]'],
      [{ minItems: 1 }, '[]'],
      [{ minItems: 2 }, '[1]'],
      [{ maxItems: 1 }, '[1,2]'],
      [{ minLength: 2 }, '"a"'],
      [{ maxLength: 2 }, '"aaa"'],
      [{ enum: ['a', 'bb'] }, '"b"'],
      [{ type: 'string', format: 'email' }, '"a"'],
      [{ minimum: 1 }, '0.9'],
      [{ maximum: 1 }, '2'],
      [{ exclusiveMinimum: 1 }, '1'],
      [{ exclusiveMaximum: -1 }, '-1'],
      [false, 'null'],
    ] as const)
      assert.equal(fits(asked, sample), false, sample);
  });

  it('has doubts where the bytes alone do not tell', () => {
    for (const [asked, sample] of [
      [{ type: 'integer' }, '1.0'],
      [{ type: 'number' }, '1e2'],
      [true, '1e999'],
      [true, '1234567890123456'],
      [{ maxLength: 1 }, '"é"'],
      [{ maxLength: 1 }, '"\\n"'],
      [{ const: 'a' }, '"\\u0061"'],
      [{ properties: { a: true } }, '{"\\u0061":1}'],
      [true, `${'['.repeat(200)}${']'.repeat(200)}`],
    ] as const)
      assert.equal(fits(asked, sample), false, sample);
  });

  it('takes nothing of a document that lay there before', () => {
    const asked = { type: 'object', properties: { name: { enum: ['a name of some length'] }, state: true } };
    const sample = '{"name":"a name of some length","state":[true,false,null,12,"\\u00e9é"]}';
    const bytes = Buffer.from(sample);
    const walked = plain(asked);
    for (let length = 0; length < bytes.length; length += 1) {
      assert.equal(walk(walked, bytes), 'unique');
      assert.equal(walk(walked, bytes.subarray(0, length)), 'unsure', sample.slice(0, length));
    }
  });

  it('goes on after documents and schemas that take much memory', () => {
    const small = plain({ type: 'object', properties: { a: { type: 'integer' } } });
    const large = plain({ type: 'array', items: { enum: ['x'.repeat(100)] } });
    const items = JSON.stringify(Array.from({ length: 40_000 }, () => 'x'.repeat(100)));
    const names = Array.from({ length: 3000 }, (_, index) => `${index}`.repeat(300));
    for (let round = 0; round < 3; round += 1) {
      assert.equal(walk(large, Buffer.from(items)), 'unique');
      assert.equal(walk(small, Buffer.from('{"a":1}')), 'unique');
      assert.equal(walk(small, Buffer.from('{"a":"x"}')), 'unsure');
      const tables = [1, 2, 3].map((number) => plain({ enum: names.map((name) => `${number}${name}`) }));
      for (const [index, table] of tables.entries()) {
        assert.equal(walk(table, Buffer.from(JSON.stringify(`${index + 1}${names.at(-1)}`))), 'unique');
        assert.equal(walk(table, Buffer.from(JSON.stringify(`${index + 2}${names.at(-1)}`))), 'unsure');
      }
      assert.equal(walk(large, Buffer.from('["x"]')), 'unsure');
    }
  });

  it('does not say yes to what is no JSON', () => {
    for (const sample of [
      '',
      ' ',
      '{',
      '[',
      '[1,]',
      '[,1]',
      '{"a"}',
      '{"a":}',
      '{"a":1,}',
      '{,}',
      '"',
      '"a',
      '"\\',
      '"\\u00"',
      '"\\x"',
      '"\n"',
      '01',
      '-',
      '1.',
      '.5',
      '+1',
      'tru',
      'nul',
      '1 2',
      '{} x',
      '\ufeff{}',
      '\u00a01',
    ])
      assert.equal(fits(true, sample), false, JSON.stringify(sample));
    for (const bytes of [[0x22, 0xff, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22], [0x22, 0xc3], [0]])
      assert.equal(fits(true, Buffer.from(bytes)), false, bytes.join());
  });
});

describe('a schema', () => {
  it('has no tree when it says more than a tree does', () => {
    for (const asked of [
      { $ref: '#' },
      { allOf: [true] },
      { properties: { a: { not: false } } },
      { items: { patternProperties: { a: true } } },
      { uniqueItems: true },
      { multipleOf: 2 },
      { minProperties: 1 },
      { prefixItems: [true] },
      { enum: ['a', 1] },
      { const: null },
      { const: '\ud800' },
      { format: 'int32' },
      { required: ['a'] },
      { properties: { toString: { type: 'string' } } },
      { properties: Object.fromEntries(Array.from({ length: 32 }, (_, index) => [`a${index}`, true])) },
      { 'x-unknown': true },
    ])
      assert.equal(
        compilePlain(asked, (text) => compiler.compile(text)),
        null,
        JSON.stringify(asked),
      );
  });
});
