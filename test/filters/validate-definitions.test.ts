import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { compileSchema } from '../../core/config/filter-schema.js';
import { loadModule } from '../../core/wasm/module.js';
import { SchemaStore } from '../../core/wasm/schemas/schema-store.js';
import { TestChain, type TestRequest } from '../../sdk/testing/index.js';
import { builtIn, chainOf, schemaFindings } from './built-in.js';

const JSON_TYPE = 'application/json';
const body = (schema: unknown) => ({ body: { contents: { [JSON_TYPE]: { schema } } } });
const json = (route: string, value: unknown): TestRequest => ({
  method: 'POST',
  target: '/',
  route,
  headers: { 'content-type': JSON_TYPE },
  body: JSON.stringify(value),
});

/** `passed`, or the findings in short. */
function send(chain: TestChain, request: TestRequest): string {
  const { upstream, client, failures } = chain.exchange(request);
  assert.deepEqual(failures, []);
  if (upstream !== null) return 'passed';
  const { findings } = JSON.parse(client!.text) as {
    findings: { in: string; pointer: string; rule: string }[];
  };
  return findings.map(({ in: place, pointer, rule }) => `${place}${pointer} ${rule}`).join(' | ');
}

const TREE = {
  type: 'object',
  required: ['value'],
  properties: {
    value: { $ref: '#/definitions/a~1b%20c' },
    children: { type: 'array', items: { $ref: '#/definitions/Tree' } },
  },
};

describe('validate: definitions', () => {
  const chain = chainOf('validate', {
    operations: {
      tree: body({ $ref: '#/definitions/Tree' }),
      list: body({ type: 'array', items: { $ref: '#/definitions/Tree' } }),
      inside: body({ $ref: '#/definitions/Tree/properties/value' }),
      get: { query: { n: { schema: { $ref: '#/definitions/a~1b%20c' } } } },
    },
    definitions: { Tree: TREE, 'a/b c': { type: 'integer' } },
  });

  it('may refer to themselves and to one another', () => {
    assert.equal(send(chain, json('tree', { value: 1, children: [{ value: 2, children: [] }] })), 'passed');
    assert.equal(
      send(chain, json('tree', { value: 1, children: [{ value: 2, children: [{ value: 'x' }] }] })),
      'body/children/0/children/0/value type',
    );
  });

  it('serve several operations', () => {
    assert.equal(send(chain, json('list', [{ value: 1 }, {}])), 'body/1 required');
  });

  it('may be referred to at a place inside', () => {
    assert.equal(send(chain, json('inside', 1)), 'passed');
    assert.equal(send(chain, json('inside', 'x')), 'body type');
  });

  it('say the type of a parameter', () => {
    assert.equal(send(chain, { target: '/?n=5', route: 'get' }), 'passed');
    assert.equal(send(chain, { target: '/?n=x', route: 'get' }), 'query/n type');
  });

  it('are in the dialect of the config', () => {
    const operations = { op: body({ items: [{ type: 'string' }] }) };
    const chain07 = chainOf('validate', { operations, dialect: 'draft-07' });
    assert.equal(send(chain07, json('op', ['a', 1])), 'passed');
    assert.equal(send(chain07, json('op', [1])), 'body/0 type');
  });
});

describe('validate: many operations', () => {
  const COUNT = 700;
  const operations = Object.fromEntries(
    Array.from({ length: COUNT }, (_, i) => [
      `op-${i}`,
      {
        query: { n: { schema: { type: 'integer', maximum: i } } },
        ...body({ type: 'object', properties: { id: { const: i }, tree: { $ref: '#/definitions/Tree' } } }),
      },
    ]),
  );
  const definitions = { Tree: TREE, 'a/b c': { type: 'integer' } };
  const chain = chainOf('validate', { operations, definitions });

  it('each judge by their own schemas', () => {
    for (let i = 0; i < COUNT; i += 1) {
      const route = `op-${i}`;
      assert.equal(
        send(chain, { ...json(route, { id: i, tree: { value: 1 } }), target: `/?n=${i}` }),
        'passed',
        route,
      );
      assert.equal(
        send(chain, { ...json(route, { id: i + 1, tree: {} }), target: `/?n=${i + 1}` }),
        'query/n maximum | body/id const | body/tree required',
        route,
      );
    }
  });

  it('are compiled in pieces as large as a worker has room for', (t) => {
    const compile = t.mock.method(SchemaStore.prototype, 'compile');
    chainOf('validate', { operations, definitions });
    assert.ok(compile.mock.callCount() < 100, `${compile.mock.callCount()} calls`);
  });
});

describe('validate: a config of operations', () => {
  const refused: readonly [name: string, config: object, message: RegExp][] = [
    [
      'a schema that is none',
      { operations: { a: body(true), b: body({ type: 'objekt' }), c: body(true) } },
      /config\/operations\/b\/body\/contents\/application~1json\/schema: .*type/,
    ],
    [
      'a parameter whose schema is none',
      { operations: { a: { query: { n: { schema: { minimum: 'x' } } } } } },
      /config\/operations\/a: .*minimum/,
    ],
    [
      'a definition that is none',
      { operations: { a: body({ $ref: '#/definitions/A' }) }, definitions: { A: { type: 'objekt' } } },
      /config\/operations\/a\/body.*type/,
    ],
    [
      'a reference that leads nowhere',
      { operations: { a: body({ $ref: '#/definitions/B' }) }, definitions: { A: true } },
      /config\/operations\/a\/.*schema: a \$ref names #\/definitions\/B, which definitions does not have/,
    ],
    [
      'a reference that leads nowhere from a definition',
      { operations: {}, definitions: { A: { not: { $ref: '#/definitions/B' } } } },
      /config\/definitions\/A: a \$ref names #\/definitions\/B/,
    ],
    [
      'a reference to the root',
      { operations: { a: body({ items: { $ref: '#' } }) } },
      /a \$ref leads to #\/definitions/,
    ],
    [
      'an object parameter',
      { operations: { a: { query: { o: { schema: { type: 'object' } } } } } },
      /config\/operations\/a\/query\/o\/schema: objects, .* give them as content/,
    ],
    [
      'an array of arrays',
      { operations: { a: { query: { o: { schema: { type: 'array', items: { type: 'array' } } } } } } },
      /config\/operations\/a\/query\/o\/schema: objects, and arrays/,
    ],
    [
      'a schema for what is neither JSON nor a form',
      { operations: { a: { body: { contents: { 'text/xml': { schema: true } } } } } },
      /config\/operations\/a\/body\/contents\/text~1xml: only JSON/,
    ],
    [
      'schema beside operations',
      { operations: {}, schema: true },
      /config\/schema: expected schema or operations/,
    ],
  ];
  for (const [name, config, message] of refused) {
    it(`is refused with the place: ${name}`, () => {
      assert.throws(() => chainOf('validate', config), { code: 'SLUICE_FILTER_CONFIG', message });
    });
  }

  it('takes text that looks like a reference', () => {
    chainOf('validate', {
      operations: { a: body({ enum: ['"$ref":"#/x"', '$ref'], properties: { $ref: {} } }) },
    });
  });

  it('is held to the schema of the manifest, which the gateway can use', () => {
    const { manifest } = loadModule(readFileSync(builtIn('validate')), 'validate');
    assert.deepEqual(compileSchema(manifest.config)({ operations: { a: {} } }), []);
  });

  it('has no keys that the schema of the manifest does not know', () => {
    const places = (operation: object): string[] => [
      ...new Set(schemaFindings('validate', { operations: { a: operation } })),
    ];
    assert.deepEqual(places({}), []);
    assert.deepEqual(places({ responses: { '200': {}, '4XX': {}, default: {} } }), []);
    assert.deepEqual(places({ boddy: {} }), ['/operations/a']);
    assert.deepEqual(places({ responses: { ok: {} } }), ['/operations/a/responses']);
    assert.deepEqual(places({ query: { n: { schema: true, style: 'deepObject' } } }), [
      '/operations/a/query/n/style',
    ]);
    assert.deepEqual(places({ body: {} }), ['/operations/a/body']);
  });
});

describe('validate: memory', () => {
  it('stays what it was over many exchanges', () => {
    const chain = new TestChain([
      { module: builtIn('validate'), config: { operations: { a: body({ type: 'object' }) } } },
    ]);
    const request = { ...json('a', { x: 'y'.repeat(10_000) }), target: '/?a=1&b=2' };
    send(chain, request);
    const before = chain.memoryBytes;
    for (let i = 0; i < 500; i += 1) send(chain, request);
    assert.equal(chain.memoryBytes, before);
  });
});
