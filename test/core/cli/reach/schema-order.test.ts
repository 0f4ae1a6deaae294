import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compareSchemas, compareTextSchemas } from '../../../../core/cli/reach/schema-order.js';
import { nameOf } from '../../../../core/cli/reach/verdict.js';
import { compileJsonSchema } from '../../../../core/json-schema.js';

const compare = (before: unknown, after: unknown, roots = { before, after }) =>
  nameOf(compareSchemas(before, after, roots));
const opposite: Record<string, string> = {
  wider: 'narrower',
  narrower: 'wider',
  same: 'same',
  changed: 'changed',
};

const closed = (properties: object) => ({ type: 'object', additionalProperties: false, properties });

describe('a schema next to another', () => {
  const cases: readonly [what: string, before: unknown, after: unknown, verdict: string][] = [
    [
      'with other remarks is the same',
      { type: 'string', title: 'a' },
      { description: 'b', type: 'string' },
      'same',
    ],
    ['that is true is one that says nothing', true, {}, 'same'],
    ['that refuses everything is narrower', {}, false, 'narrower'],
    ['with one more type is wider', { type: 'string' }, { type: ['string', 'null'] }, 'wider'],
    ['with numbers for integers is wider', { type: 'integer' }, { type: 'number' }, 'wider'],
    ['with another type is changed', { type: 'string' }, { type: 'integer' }, 'changed'],
    ['with one more value is wider', { enum: [1, 2] }, { enum: [2, 3, 1] }, 'wider'],
    ['with a longer text is wider', { maxLength: 2 }, { maxLength: 3 }, 'wider'],
    ['with a lower bound that is lower is wider', { minimum: 2 }, { minimum: 1 }, 'wider'],
    ['with a bound more is narrower', {}, { minLength: 1 }, 'narrower'],
    ['with another pattern is changed', { pattern: 'a' }, { pattern: 'b' }, 'changed'],
    ['without a required member is wider', { required: ['a', 'b'] }, { required: ['a'] }, 'wider'],
    [
      'with one more member of a closed object is wider',
      closed({ a: {} }),
      closed({ a: {}, b: {} }),
      'wider',
    ],
    [
      'with one more rule for an open object is narrower',
      { properties: {} },
      { properties: { a: { type: 'string' } } },
      'narrower',
    ],
    [
      'that is closed is narrower',
      { properties: { a: {} } },
      { properties: { a: {} }, additionalProperties: false },
      'narrower',
    ],
    [
      'is wider deep inside',
      closed({ a: { items: closed({ b: { maximum: 1 } }) } }),
      closed({ a: { items: closed({ b: { maximum: 2 } }) } }),
      'wider',
    ],
    [
      'with one more choice is wider',
      { anyOf: [{ type: 'string' }] },
      { anyOf: [{ type: 'string' }, { type: 'null' }] },
      'wider',
    ],
    ['with one more condition is narrower', { allOf: [{}] }, { allOf: [{}, { type: 'string' }] }, 'narrower'],
    [
      'with one more of which one must fit is changed',
      { oneOf: [{ type: 'string' }] },
      { oneOf: [{ type: 'string' }, {}] },
      'changed',
    ],
    ['with less that must not fit is wider', { not: { maximum: 5 } }, { not: { maximum: 4 } }, 'wider'],
    ['with both more and less is changed', { minimum: 1, maximum: 5 }, { minimum: 0, maximum: 4 }, 'changed'],
    [
      'that is closed around its parts is wider with a member of a part',
      { allOf: [{ properties: { a: {} } }], unevaluatedProperties: false },
      { allOf: [{ properties: { a: {}, b: {} } }], unevaluatedProperties: false },
      'wider',
    ],
    [
      'that lets a part name members, which it did not, is changed',
      { additionalProperties: { type: 'integer' }, allOf: [{ properties: { a: {} } }] },
      { unevaluatedProperties: false, allOf: [{ properties: { a: {} } }] },
      'changed',
    ],
    ['with a keyword that nobody knows is changed', { custom: 1 }, { custom: 2 }, 'changed'],
  ];
  for (const [what, before, after, verdict] of cases) {
    it(what, () => {
      assert.equal(compare(before, after), verdict);
      assert.equal(compare(after, before), opposite[verdict], 'the other way round');
      assert.equal(compare(before, before), 'same');
    });
  }

  it('is followed through its references, also to itself', () => {
    const tree = (leaf: object) => ({
      definitions: { T: closed({ left: { $ref: '#/definitions/T' }, leaf }) },
    });
    const root = { $ref: '#/definitions/T' };
    const judge = (a: object, b: object) => compare(root, root, { before: tree(a), after: tree(b) });
    assert.equal(judge({ maximum: 1 }, { maximum: 1 }), 'same');
    assert.equal(judge({ maximum: 1 }, { maximum: 2 }), 'wider');
    assert.equal(judge({ maximum: 1 }, {}), 'wider');
    assert.equal(compare({ $ref: '#/no' }, { $ref: '#/no' }), 'changed');
  });

  it('of a text is changed when it is read by fewer types', () => {
    const before = { type: ['integer', 'string'], minimum: 10 };
    const after = { type: 'string', minimum: 10 };
    assert.equal(compare(before, after), 'narrower');
    // "5" was a number below 10, and is a string.
    assert.equal(nameOf(compareTextSchemas(before, after, { before, after })), 'changed');
  });

  it('never calls it the same or narrower when a document fits that did not', () => {
    const leaf = fc.oneof(
      fc.record({ type: fc.constantFrom('string', 'integer', 'number', 'null', 'object') }),
      fc.record({ type: fc.constant('integer'), minimum: fc.integer({ min: 0, max: 3 }) }),
      fc.record({ enum: fc.uniqueArray(fc.constantFrom(0, 1, 'a', null), { minLength: 1 }) }),
      fc.record({ maxLength: fc.integer({ min: 0, max: 2 }) }),
      fc.constantFrom<unknown>(true, false, {}),
    );
    const names = ['a', 'b', 'c'];
    const { schema } = fc.letrec((tie) => ({
      schema: fc.oneof({ maxDepth: 3, depthSize: 'small' }, leaf, tie('object'), tie('composed')),
      object: fc.record(
        {
          properties: fc.dictionary(fc.constantFrom(...names), tie('schema'), { maxKeys: 2 }),
          required: fc.subarray(names, { maxLength: 1 }),
          additionalProperties: tie('schema'),
          unevaluatedProperties: fc.boolean(),
          $ref: fc.constant('#/definitions/R'),
        },
        { requiredKeys: ['properties'] },
      ),
      composed: fc.record(
        {
          allOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }),
          anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }),
          oneOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }),
          not: tie('schema'),
          unevaluatedProperties: fc.boolean(),
        },
        { requiredKeys: [] },
      ),
    }));
    const value = fc.oneof(
      fc.constantFrom<unknown>(0, 1, 2.5, 'a', 'abc', null),
      fc.dictionary(
        fc.constantFrom(...names),
        fc.oneof(
          fc.constantFrom<unknown>(0, 1, 'a', null),
          fc.dictionary(fc.constantFrom(...names), fc.constantFrom(0, 'a'), { maxKeys: 1 }),
        ),
        { maxKeys: 2 },
      ),
    );
    const definition = fc.record({
      properties: fc.dictionary(fc.constantFrom(...names), leaf, { maxKeys: 2 }),
    });
    // Mostly one schema and a mutation of it: two of their own are hardly ever comparable.
    const pair = fc.oneof(
      fc.tuple(schema, schema),
      fc
        .tuple(schema, schema, fc.nat())
        .map(([one, other, seed]) => [one, mutated(one, other, seed)] as const),
    );
    let told = 0;
    fc.assert(
      fc.property(
        pair,
        definition,
        definition,
        fc.array(value, { minLength: 20, maxLength: 20 }),
        ([a, b], r, s, values) => {
          const roots = { before: { definitions: { R: r } }, after: { definitions: { R: s } } };
          const verdict = compare(a, b, roots);
          if (verdict === 'changed' || verdict === 'wider') return;
          const was = compileJsonSchema({ ...roots.before, allOf: [a] }, { strict: false, logger: false });
          const is = compileJsonSchema({ ...roots.after, allOf: [b] }, { strict: false, logger: false });
          told += 1;
          for (const one of values) assert.ok(was(one) || !is(one), `${verdict}: ${JSON.stringify(one)}`);
        },
      ),
      { numRuns: 1000 },
    );
    assert.ok(told > 30, `only ${told} verdicts`);
  });
});

/** A schema with one place of it replaced by another schema. */
function mutated(schema: unknown, by: unknown, seed: number): unknown {
  if (typeof schema !== 'object' || schema === null || seed % 3 === 0) return by;
  const keys = Object.keys(schema);
  if (keys.length === 0) return by;
  const key = keys[seed % keys.length]!;
  const inner = (schema as Record<string, unknown>)[key];
  const rest = Math.floor(seed / 3);
  if (key === 'properties') {
    const [name = 'a'] = Object.keys(inner as object);
    return { ...schema, properties: { ...(inner as object), [name]: by } };
  }
  if (Array.isArray(inner) && key !== 'required' && key !== 'enum')
    return { ...schema, [key]: [mutated(inner[0], by, rest), ...inner.slice(1)] };
  if (key === 'additionalProperties' || key === 'not') return { ...schema, [key]: mutated(inner, by, rest) };
  const { [key]: _, ...without } = schema as Record<string, unknown>;
  return without;
}
