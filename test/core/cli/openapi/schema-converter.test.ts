import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Findings } from '../../../../core/cli/openapi/findings.js';
import { type ConverterOptions, SchemaConverter } from '../../../../core/cli/openapi/schema-converter.js';
import { SpecDocument } from '../../../../core/cli/openapi/spec-document.js';
import { compileJsonSchema } from '../../../../core/json-schema.js';

type Schemas = Record<string, unknown>;

/** Converts `#/components/schemas/It`; the findings are `effect place: message` with the place below the schemas. */
function convert(schemas: Schemas, version = '3.1.0', options: Partial<ConverterOptions> = {}) {
  const spec = new SpecDocument({ openapi: version, components: { schemas } });
  const findings = new Findings();
  const converter = new SchemaConverter(spec, findings, { direction: 'request', strict: false, ...options });
  const schema = converter.convert(spec.find('#/components/schemas/It')!);
  const definitions = converter.definitions();
  const said = findings
    .sorted()
    .map(
      ({ effect, place, message }) => `${effect} ${place.replace('#/components/schemas/', '')}: ${message}`,
    );
  return { schema, definitions, said };
}

/** `then` in a literal looks as if the object could be awaited. */
const CONDITION = JSON.parse('{"if":{},"then":{},"else":{}}') as Schemas;

/** A validator of what was converted, as the filter's host compiles it. */
function validator(converted: { schema: unknown; definitions: unknown }) {
  const whole = { definitions: converted.definitions, allOf: [converted.schema] };
  return compileJsonSchema(whole, { strict: false, inlineRefs: false, logger: false });
}

describe('a schema of OpenAPI 3.0', () => {
  const cases: readonly [what: string, from: unknown, to: unknown, ...said: string[]][] = [
    [
      'keeps what it checks',
      { type: 'string', maxLength: 3, minLength: 1 },
      { type: 'string', minLength: 1, maxLength: 3 },
    ],
    [
      'loses what it remarks',
      { type: 'integer', title: 't', example: 1, default: 2, deprecated: true, xml: {}, 'x-a': 1 },
      { type: 'integer' },
    ],
    ['allows null where it is nullable', { type: 'string', nullable: true }, { type: ['null', 'string'] }],
    [
      'allows null beside its values',
      { type: 'string', nullable: true, enum: ['a'] },
      { type: ['null', 'string'], enum: ['a', null] },
    ],
    ['is not nullable by false', { type: 'string', nullable: false }, { type: 'string' }],
    [
      'allows null beside a composition',
      { nullable: true, allOf: [{ type: 'string' }] },
      { anyOf: [{ allOf: [{ type: 'string' }] }, { type: 'null' }] },
    ],
    [
      'has exclusive bounds as numbers',
      { minimum: 1, exclusiveMinimum: true, maximum: 9, exclusiveMaximum: true },
      { exclusiveMinimum: 1, exclusiveMaximum: 9 },
    ],
    ['keeps bounds that are not exclusive', { minimum: 1, exclusiveMinimum: false }, { minimum: 1 }],
    [
      'keeps a format that is known',
      { type: 'string', format: 'date-time' },
      { type: 'string', format: 'date-time' },
    ],
    [
      'loses a format that is not',
      { type: 'string', format: 'iban' },
      { type: 'string' },
      'wider It/format: the format "iban" is not checked',
    ],
    [
      'loses a pattern of another engine',
      { pattern: '(?i)x' },
      {},
      'wider It/pattern: is not checked: expected a regular expression of ECMAScript that an automaton can judge, without back-references and looking around',
    ],
    [
      'loses a type that is none',
      { type: 'file' },
      {},
      'wider It/type: is not checked: expected a type of JSON Schema, found "file"',
    ],
    [
      'loses keywords that are malformed',
      { required: true, enum: [], maxLength: -1 },
      {},
      'wider It/enum: is not checked: expected a list with at least one value',
      'wider It/maxLength: is not checked: expected a whole number',
      'wider It/required: is not checked: expected a list of names',
    ],
    [
      'has members and names in order',
      { type: 'object', required: ['b', 'a', 'b'], properties: { b: {}, a: {} } },
      { type: 'object', required: ['a', 'b'], properties: { a: {}, b: {} } },
    ],
    [
      'keeps objects as open as they are',
      { properties: { a: {} }, additionalProperties: { type: 'string' } },
      { properties: { a: {} }, additionalProperties: { type: 'string' } },
    ],
    [
      'does not ask requests for what only responses have',
      { required: ['id', 'name'], properties: { id: { readOnly: true }, name: {} } },
      { required: ['name'], properties: { id: {}, name: {} } },
    ],
    [
      'nor in what it is composed of',
      { allOf: [{ properties: { id: { readOnly: true } } }, { required: ['id'] }] },
      { allOf: [{ properties: { id: {} } }, {}] },
    ],
    [
      'refuses everything for a reference that leads nowhere',
      { $ref: '#/components/schemas/No' },
      false,
      'narrower It: "#/components/schemas/No" leads nowhere in this document: nothing fits it',
    ],
    [
      'refuses everything for a reference to another document',
      { items: { $ref: 'other.yaml#/A' } },
      { items: false },
      'narrower It/items: "other.yaml#/A" leads nowhere in this document: nothing fits it',
    ],
    [
      'says when a discriminator alone would choose',
      { type: 'object', discriminator: { propertyName: 'a' } },
      { type: 'object' },
      'wider It/discriminator: chooses no schema without oneOf or anyOf: what it would choose is not checked',
    ],
    [
      'takes a discriminator with a choice as the choice',
      { oneOf: [{ type: 'string' }], discriminator: { propertyName: 'a' } },
      { oneOf: [{ type: 'string' }] },
    ],
    [
      'does not read what stands beside a reference',
      { $ref: '#/components/schemas/It', type: 'string' },
      { $ref: '#/definitions/It' },
      'note It: refers to itself about the same value: any value fits there',
    ],
  ];
  for (const [what, from, to, ...said] of cases) {
    it(what, () => {
      const found = convert({ It: from }, '3.0.3');
      assert.deepEqual(found.schema, to);
      assert.deepEqual(found.said, said);
      validator(found);
    });
  }
});

describe('a schema of OpenAPI 3.1', () => {
  const cases: readonly [what: string, from: unknown, to: unknown, ...said: string[]][] = [
    ['may be true', true, true],
    ['may be false', false, false],
    ['keeps lists of types', { type: ['string', 'null'] }, { type: ['null', 'string'] }],
    ['does not know nullable', { type: 'string', nullable: true }, { type: 'string' }],
    [
      'keeps what stands beside a reference',
      { items: { $ref: '#/components/schemas/It', minItems: 1 } },
      { items: { $ref: '#/definitions/It', minItems: 1 } },
    ],
    [
      'keeps the keywords of 2020-12',
      {
        const: 1,
        prefixItems: [true],
        contains: {},
        minContains: 1,
        propertyNames: {},
        dependentRequired: { a: ['b'] },
        ...CONDITION,
      },
      {
        const: 1,
        minContains: 1,
        dependentRequired: { a: ['b'] },
        propertyNames: {},
        prefixItems: [true],
        contains: {},
        ...CONDITION,
      },
    ],
    [
      'says what no definition can do',
      { $dynamicRef: '#x', $anchor: 'x' },
      {},
      'wider It/$anchor: $anchor is not supported',
      'wider It/$dynamicRef: $dynamicRef is not supported',
    ],
    [
      'drops a member pattern of another engine',
      { patternProperties: { '(?i)a': {}, b: {} } },
      { patternProperties: { b: {} } },
      'wider It/patternProperties: "(?i)a" is not checked: expected a regular expression of ECMAScript that an automaton can judge, without back-references and looking around',
    ],
  ];
  for (const [what, from, to, ...said] of cases) {
    it(what, () => {
      const found = convert({ It: from });
      assert.deepEqual(found.schema, to);
      assert.deepEqual(found.said, said);
    });
  }
});

describe('strict schemas', () => {
  it('close an object that names its members', () => {
    const { schema } = convert({ It: { properties: { a: { properties: { b: {} } } } } }, '3.1.0', {
      strict: true,
    });
    assert.deepEqual(schema, {
      additionalProperties: false,
      properties: { a: { additionalProperties: false, properties: { b: {} } } },
    });
  });

  it('leave alone what says whether it is open, and what names no member', () => {
    const open = { properties: { a: {} }, additionalProperties: true };
    assert.deepEqual(convert({ It: open }, '3.1.0', { strict: true }).schema, open);
    assert.deepEqual(convert({ It: { type: 'object' } }, '3.1.0', { strict: true }).schema, {
      type: 'object',
    });
  });

  it('close a composition around all of its parts', () => {
    const schemas = {
      It: { allOf: [{ $ref: '#/components/schemas/Base' }, { properties: { b: {} } }] },
      Base: { properties: { a: {} } },
    };
    const fits = validator(convert(schemas, '3.0.0', { strict: true }));
    assert.equal(fits({ a: 1, b: 2 }), true);
    assert.equal(fits({ a: 1, c: 2 }), false);
  });

  it('refuse in requests what only responses have', () => {
    const schemas = { It: { properties: { id: { readOnly: true, type: 'integer' }, name: {} } } };
    assert.equal(validator(convert(schemas, '3.0.0', { strict: true }))({ id: 1 }), false);
    const response = convert(schemas, '3.0.0', { strict: true, direction: 'response' });
    assert.equal(validator(response)({ id: 1 }), true);
  });

  it('ask of responses nothing that only requests have, and refuse it when they are strict', () => {
    const Secret = { type: 'string', writeOnly: true };
    const schemas = {
      It: {
        allOf: [
          { properties: { key: { $ref: '#/components/schemas/Secret' }, id: {} } },
          { required: ['id', 'key'] },
        ],
      },
      Secret,
    };
    const open = validator(convert(schemas, '3.0.0', { direction: 'response' }));
    assert.equal(open({ id: 1 }), true);
    assert.equal(open({ key: 'a' }), false);
    const strict = validator(convert(schemas, '3.0.0', { direction: 'response', strict: true }));
    assert.equal(strict({ id: 1 }), true);
    assert.equal(strict({ id: 1, key: 'a' }), false);
    const request = validator(convert(schemas, '3.0.0', { strict: true }));
    assert.equal(request({ id: 1 }), false);
    assert.equal(request({ id: 1, key: 'a' }), true);
  });
});

describe('shared definitions', () => {
  it('are named after the schemas of the specification, once each', () => {
    const Pet = { type: 'object', properties: { friends: { items: { $ref: '#/components/schemas/Pet' } } } };
    const { schema, definitions } = convert({ It: { items: { $ref: '#/components/schemas/Pet' } }, Pet });
    assert.deepEqual(schema, { items: { $ref: '#/definitions/Pet' } });
    assert.deepEqual(definitions, {
      Pet: { type: 'object', properties: { friends: { items: { $ref: '#/definitions/Pet' } } } },
    });
  });

  it('have names that tell places apart, and do not take the name of a schema', () => {
    const place = '#/components/schemas/It/properties/a';
    const schemas = { It: { properties: { a: { type: 'string' }, b: { $ref: place } } } };
    const [derived] = Object.keys(convert(schemas).definitions);
    assert.match(derived!, /^components-schemas-It-properties-a\.[0-9a-f]{10}$/);
    const [other] = Object.keys(convert({ ...schemas, [derived!]: {} }).definitions);
    assert.match(other!, /^components-schemas-It-properties-a\.[0-9a-f]{64}$/);
  });

  it('take what is nested deeply', () => {
    let deep: unknown = { type: 'string', enum: ['bottom'] };
    for (let level = 0; level < 200; level += 1)
      deep = { type: 'object', required: ['x'], properties: { x: deep } };
    const found = convert({ It: deep });
    assert.ok(Object.keys(found.definitions).length > 10);
    let value: unknown = 'bottom';
    for (let level = 0; level < 200; level += 1) value = { x: value };
    const fits = validator(found);
    assert.equal(fits(value), true);
    assert.equal(fits(JSON.parse(JSON.stringify(value).replace('bottom', 'other'))), false);
  });
});

describe('a schema that speaks of itself about the same value', () => {
  const family = {
    It: { $ref: '#/components/schemas/Pet' },
    Pet: {
      type: 'object',
      required: ['kind'],
      properties: { kind: { type: 'string' } },
      oneOf: [{ $ref: '#/components/schemas/Cat' }, { $ref: '#/components/schemas/Dog' }],
    },
    Cat: { allOf: [{ $ref: '#/components/schemas/Pet' }, { required: ['lives'] }] },
    Dog: { allOf: [{ $ref: '#/components/schemas/Pet' }, { required: ['bark'] }] },
  };

  it('is checked to the end where children refer to the parent that chooses among them', () => {
    const found = convert(family, '3.0.0');
    const fits = validator(found);
    assert.equal(fits({ kind: 'cat', lives: 9 }), true);
    assert.equal(fits({ kind: 'dog', bark: true }), true);
    assert.equal(fits({ kind: 'cow' }), false);
    assert.equal(fits({ lives: 9 }), false);
    assert.deepEqual(
      found.said.map((line) => line.split(':')[0]),
      ['note Cat'],
    );
  });

  const cases: readonly [what: string, schemas: Schemas, effect: string, good: unknown, bad: unknown][] = [
    [
      'as a condition',
      { It: { type: 'string', allOf: [{ $ref: '#/components/schemas/It' }] } },
      'note',
      'x',
      1,
    ],
    [
      'as a choice',
      { It: { anyOf: [{ type: 'string' }, { $ref: '#/components/schemas/It' }] } },
      'note',
      'x',
      1,
    ],
    [
      'by way of another condition',
      {
        It: { type: 'string', allOf: [{ $ref: '#/components/schemas/B' }] },
        B: { maxLength: 1, allOf: [{ $ref: '#/components/schemas/It' }] },
      },
      'wider',
      'x',
      1,
    ],
    [
      'in an exception',
      { It: { type: 'string', not: { $ref: '#/components/schemas/It' } } },
      'wider',
      undefined,
      1,
    ],
  ];
  for (const [what, schemas, effect, good, bad] of cases) {
    it(`is cut ${what}`, () => {
      const found = convert({
        ...schemas,
        It: { items: { $ref: '#/components/schemas/It' }, ...(schemas['It'] as object) },
      });
      assert.ok(
        found.said.some((line) => line.startsWith(effect)),
        found.said.join('\n'),
      );
      const fits = validator(found);
      if (good !== undefined) assert.equal(fits(good), true);
      assert.equal(fits(bad), false);
    });
  }
});
