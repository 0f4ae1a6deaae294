import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { SchemaStore, type SchemaVerdict } from '../../../../core/wasm/schemas/schema-store.js';

const OWNER = 1;

function check(schema: unknown, document: string | Uint8Array): SchemaVerdict {
  const compiled = new SchemaStore().compile(JSON.stringify(schema), OWNER);
  return compiled.check(typeof document === 'string' ? Buffer.from(document) : document);
}

function findings(verdict: SchemaVerdict): { pointer: string; rule: string; message: string }[] {
  assert.ok(verdict.kind === 'mismatch', verdict.kind);
  return JSON.parse(verdict.findings);
}

/** A thread with a small heap that checks a document; see schema-store-thread.ts. */
function schemaThread(workerData: { schema: string; document: string }): Worker {
  return new Worker(new URL('./schema-store-thread.js', import.meta.url), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: 64 },
  });
}

async function verdictOf(worker: Worker): Promise<SchemaVerdict> {
  const exit = once(worker, 'exit');
  const [verdict] = (await once(worker, 'message')) as [SchemaVerdict];
  await exit;
  return verdict;
}

describe('a schema', () => {
  it('is read as 2020-12 unless it says otherwise', () => {
    const tuple = { prefixItems: [{ type: 'string' }], items: false };
    assert.equal(check(tuple, '["a"]').kind, 'valid');
    assert.equal(check(tuple, '["a", 1]').kind, 'mismatch');
    const named = { $schema: 'https://json-schema.org/draft/2020-12/schema', ...tuple };
    assert.equal(check(named, '["a", 1]').kind, 'mismatch');
  });

  it('is read as draft-07 when it says so', () => {
    for (const $schema of [
      'http://json-schema.org/draft-07/schema#',
      'http://json-schema.org/draft-07/schema',
    ]) {
      const tuple = { $schema, items: [{ type: 'string' }], additionalItems: false };
      assert.equal(check(tuple, '["a"]').kind, 'valid');
      assert.equal(check(tuple, '["a", 1]').kind, 'mismatch');
    }
  });

  it('may be true or false', () => {
    assert.equal(check(true, '5').kind, 'valid');
    assert.equal(check(false, '5').kind, 'mismatch');
  });

  it('has formats', () => {
    assert.equal(check({ format: 'email' }, '"a@b.example"').kind, 'valid');
    assert.equal(check({ format: 'email' }, '"nobody"').kind, 'mismatch');
  });

  it('judges texts and names by patterns in time that no text can stretch', () => {
    const slow = `${'a'.repeat(50_000)}!`;
    const schema = { pattern: '^(a+)+$', patternProperties: { '^(a|a)*$': false } };
    assert.deepEqual(
      findings(check(schema, JSON.stringify(slow))).map(({ rule }) => rule),
      ['pattern'],
    );
    assert.equal(check(schema, JSON.stringify({ [slow]: 1 })).kind, 'valid');
    assert.equal(check({ type: 'string', ...schema }, JSON.stringify(slow)).kind, 'mismatch');
    assert.equal(check(schema, '{"aa":1}').kind, 'mismatch');
    assert.equal(
      check({ propertyNames: { pattern: '(a*)*b' } }, JSON.stringify({ [slow]: 1 })).kind,
      'mismatch',
    );
  });

  it('follows references only so often for each byte of a document', () => {
    const part = (name: string) => ({
      properties: { [name]: { const: 1 }, of: { $ref: '#' } },
      required: [name],
    });
    const nested = (depth: number): string => `${'{"of":'.repeat(depth)}{"a":1}${'}'.repeat(depth)}`;
    for (const choice of ['oneOf', 'anyOf']) {
      const schema = { type: 'object', [choice]: [part('a'), part('b'), part('c')] };
      assert.equal(check(schema, '{"b":1,"of":{"c":1}}').kind, 'valid');
      assert.deepEqual(findings(check(schema, nested(90))), [
        { pointer: '', rule: 'cost', message: 'makes its schema refer to itself too often to be checked' },
      ]);
    }
    const many = { $defs: { n: { type: 'integer' } }, items: { $ref: '#/$defs/n' } };
    assert.equal(check(many, `[${'1,'.repeat(50_000)}1]`).kind, 'valid');
    const dynamic = {
      $dynamicAnchor: 'me',
      allOf: [{ properties: { of: { $dynamicRef: '#me' } } }, { properties: { of: { $dynamicRef: '#me' } } }],
    };
    assert.equal(findings(check(dynamic, nested(90)))[0]!.rule, 'cost');
  });

  it('compares the items of an array in one pass', () => {
    const unique = { uniqueItems: true };
    const rows = Array.from({ length: 60_000 }, (_, id) => ({ id }));
    assert.equal(check(unique, JSON.stringify(rows)).kind, 'valid');
    assert.equal(check(unique, JSON.stringify([...rows, { id: 0 }])).kind, 'mismatch');
    const alike = [
      '[1,1.0]',
      '[0,-0]',
      '[{"a":1,"b":[2]},{"b":[2],"a":1}]',
      '["a","\\u0061"]',
      '[[],[]]',
      '[null,null]',
    ];
    for (const text of alike)
      assert.deepEqual(
        findings(check(unique, text)).map(({ rule }) => rule),
        ['uniqueItems'],
        text,
      );
    const others = [
      '[]',
      '[1,"1"]',
      '[[1],1]',
      '[{},[]]',
      '[null,"null"]',
      '["a,b","a","b"]',
      '[{"a":"b"},{"a":{"b":1}}]',
      '[true,"true"]',
    ];
    for (const text of others) assert.equal(check(unique, text).kind, 'valid', text);
    assert.equal(check({ uniqueItems: false }, '[1,1]').kind, 'valid');
  });

  it('has no format that is slow', () => {
    assert.equal(check({ format: 'url' }, '"https://a.example/b"').kind, 'valid');
    assert.equal(
      check({ format: 'url' }, JSON.stringify(`http://${':'.repeat(1_000_000)}!`)).kind,
      'mismatch',
    );
  });

  it('judges an object by its own members, whatever they are called', () => {
    for (const name of [
      'constructor',
      'toString',
      'hasOwnProperty',
      'valueOf',
      '__proto__',
      '__defineGetter__',
    ]) {
      const own = `{${JSON.stringify(name)}: 1}`;
      const required = { type: 'object', required: [name] };
      assert.deepEqual(
        findings(check(required, '{}')).map(({ rule }) => rule),
        ['required'],
        name,
      );
      assert.equal(check(required, own).kind, 'valid', name);
      assert.equal(check({ additionalProperties: false }, own).kind, 'mismatch', name);
      assert.equal(check({ maxProperties: 0 }, own).kind, 'mismatch', name);
      assert.equal(check({ propertyNames: { maxLength: 3 } }, own).kind, 'mismatch', name);
      assert.equal(check({ not: { required: [name] } }, '{}').kind, 'valid', name);
      assert.equal(check({ dependentRequired: { a: [name] } }, '{"a":1}').kind, 'mismatch', name);
      if (name === '__proto__') continue;
      const named = { properties: { [name]: { type: 'string' } }, additionalProperties: false };
      assert.equal(check(named, '{}').kind, 'valid', name);
      assert.equal(check(named, own).kind, 'mismatch', name);
      assert.equal(check({ dependentRequired: { [name]: ['a'] } }, '{}').kind, 'valid', name);
      assert.equal(
        check({ properties: { [name]: {} }, unevaluatedProperties: false }, own).kind,
        'valid',
        name,
      );
    }
  });

  it('names the place of a pattern that no automaton can judge', () => {
    const refusedAt = (schema: unknown, place: string, reason: RegExp): void => {
      assert.throws(
        () => new SchemaStore().compile(JSON.stringify(schema), OWNER),
        ({ message }: Error) => message.includes(` at "${place}" is refused: `) && reason.test(message),
        place,
      );
    };
    refusedAt({ properties: { 'a/b': { pattern: '(a)\\1' } } }, '/properties/a~1b/pattern', /back-reference/);
    refusedAt(
      { items: [{ pattern: 'x(?<=x)' }], $schema: 'http://json-schema.org/draft-07/schema#' },
      '/items/0/pattern',
      /looking behind/,
    );
    refusedAt({ patternProperties: { 'a(?=b)': false } }, '/patternProperties/a(?=b)', /looking ahead/);
    refusedAt({ pattern: '(a|b)*a(a|b){20}' }, '/pattern', /too large/);
  });

  const broken: readonly [string, RegExp][] = [
    ['', /JSON/],
    ['{', /JSON/],
    ['5', /object or a boolean/],
    ['null', /object or a boolean/],
    ['[]', /object or a boolean/],
    ['{"type":"strin"}', /type/],
    ['{"pattern":"("}', /pattern|regular/i],
    ['{"$ref":"#/$defs/none"}', /can't resolve/],
    ['{"$ref":"https://elsewhere.example/schema"}', /can't resolve/],
    ['{"$schema":"http://json-schema.org/draft-04/schema#"}', /no schema with key/],
    ['{"$async":true,"type":"string"}', /\$async/],
    ['{"properties":{"__proto__":false}}', /"\/properties\/__proto__" cannot be checked/],
    ['{"anyOf":[{"patternProperties":{"__proto__":false}}]}', /"\/anyOf\/0\/patternProperties\/__proto__"/],
    ['{"dependentRequired":{"__proto__":["a"]}}', /"\/dependentRequired\/__proto__"/],
  ];
  for (const [text, message] of broken) {
    it(`is refused when it is ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => new SchemaStore().compile(text, OWNER),
        (error) => {
          assert.ok(error instanceof Error);
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }

  it('is compiled once for each text, whoever asks', () => {
    const store = new SchemaStore();
    const first = store.compile('{"type":"string"}', 1);
    assert.equal(store.compile('{"type":"string"}', 2), first);
    assert.notEqual(store.compile('{"type": "string"}', 1), first);
  });

  it('that a walk can follow is compiled for the first document that the walk is not sure of', () => {
    let compiled = 0;
    const store = new SchemaStore(undefined, (work) => {
      compiled += 1;
      return work();
    });
    const kindOf = (schema: object, document: string): string =>
      store.compile(JSON.stringify(schema), OWNER).check(Buffer.from(document)).kind;
    const plain = { properties: { a: { type: 'string', format: 'email', pattern: 'example$' } } };
    assert.equal(kindOf(plain, '{"a":"b@c.example"}'), 'valid');
    assert.equal(compiled, 0);
    const large = JSON.stringify({ b: 'x'.repeat(20_000), a: 1 });
    for (const wrong of ['{"a":"b"}', large, '{"a":"b@c.org"}'])
      assert.equal(kindOf(plain, wrong), 'mismatch');
    assert.equal(compiled, 1);
    for (const other of [{ not: { type: 'string' } }, { enum: ['a'], title: 'x'.repeat(5000) }])
      assert.equal(kindOf(other, '"b"'), 'mismatch');
    assert.equal(compiled, 1);
  });

  it('is refused at once, compiled or not, where parts of it share a name', () => {
    const text = '{"properties":{"a":{"\\u0024id":"urn:x"},"b":{"\\u0024id":"urn:x"}}}';
    assert.throws(() => new SchemaStore().compile(text, OWNER), /more than one schema/);
  });

  it('is kept as long as one filter uses it', () => {
    const store = new SchemaStore();
    const text = '{"type":"string"}';
    const first = store.compile(text, 1);
    store.compile(text, 2);
    store.release(1);
    assert.equal(store.compile(text, 2), first);
    assert.equal(store.size, 1);
    store.release(2);
    assert.equal(store.size, 0);
    assert.notEqual(store.compile(text, 1), first);
  });

  it('that is too large for the heap, alone or with the others, is refused before it is compiled', () => {
    const store = new SchemaStore(1 << 20);
    const sized = (length: number, letter: string): string => `{"title":"${letter.repeat(length - 12)}"}`;
    const small = { message: /a schema of 1025 characters is too large: .* 1024 in one and for \d+ beside/ };
    assert.throws(() => store.compile(sized(1025, 'a'), 1), small);
    for (const letter of 'abcdefg') store.compile(sized(1024, letter), 1);
    assert.throws(() => store.compile(sized(1024, 'h'), 1), /for 800 beside the schemas of all filters/);
    store.compile(sized(1024, 'a'), 2);
    store.release(1);
    assert.equal(store.size, 1);
    store.compile(sized(1024, 'i'), 1);
  });

  it('that is nested too deeply is refused before it is compiled', () => {
    const nested = (depth: number): string => `${'{"not":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`;
    const store = new SchemaStore();
    assert.throws(() => store.compile(nested(101), 1), /nested at most 100 levels deep/);
    assert.equal(store.compile(nested(100), 1).check(Buffer.from('1')).kind, 'mismatch');
  });

  it('that refers four hundred times to a list of four hundred is compiled once, not four hundred times', async () => {
    const list = (count: number, item: string): string => `[${`${item},`.repeat(count - 1)}${item}]`;
    const many = list(400, 'false');
    const schema = `{"$defs":{"a":{"prefixItems":${many}}},"prefixItems":${list(400, '{"$ref":"#/$defs/a"}')}}`;
    const worker = schemaThread({ schema, document: '[[]]' });
    assert.deepEqual(await verdictOf(worker), { kind: 'valid', unique: false });
  });

  it('may share its $id with another one', () => {
    const store = new SchemaStore();
    const $id = 'https://a.example/schema';
    const text = store.compile(JSON.stringify({ $id, type: 'string' }), 1);
    const number = store.compile(JSON.stringify({ $id, type: 'number' }), 1);
    assert.equal(text.check(Buffer.from('1')).kind, 'mismatch');
    assert.equal(number.check(Buffer.from('1')).kind, 'valid');
  });

  it('writes nothing to the console, whatever is in it', (context) => {
    const methods = (['log', 'warn', 'error'] as const).map((name) =>
      context.mock.method(console, name, () => {}),
    );
    check({ format: 'of-my-own', 'x-keyword': true, type: ['string', 'null'] }, '"a"');
    for (const method of methods) assert.equal(method.mock.callCount(), 0);
  });
});

describe('a document', () => {
  it('that does not fit is described by pointer, rule and message', () => {
    const schema = {
      type: 'object',
      required: ['name'],
      properties: { 'a/b': { type: 'array', items: { type: 'integer' } } },
    };
    const found = findings(check(schema, '{"a/b":[1,"2"]}'));
    assert.deepEqual(
      found.sort((a, b) => a.pointer.localeCompare(b.pointer)),
      [
        { pointer: '', rule: 'required', message: "must have required property 'name'" },
        { pointer: '/a~1b/1', rule: 'type', message: 'must be integer' },
      ],
    );
  });

  it('is described without one of its values', () => {
    const secret = 's3cr3t-value';
    const schemas = [
      { type: 'integer' },
      { const: 'other' },
      { enum: ['one', 'two'] },
      { pattern: '^[a-f]+$' },
      { format: 'uuid' },
      { maxLength: 3 },
      { not: {} },
      { oneOf: [{ type: 'null' }, { minLength: 90 }] },
      { if: true, else: true, not: {} },
    ];
    for (const schema of schemas) {
      const verdict = check(
        { properties: { p: schema, list: { contains: schema } } },
        JSON.stringify({ p: secret, list: [secret] }),
      );
      assert.ok(verdict.kind === 'mismatch', JSON.stringify(schema));
      assert.equal(verdict.findings.includes('s3cr3t'), false, verdict.findings);
    }
  });

  it('has twenty findings at most', () => {
    const document = `[${'1,'.repeat(99)}1]`;
    assert.equal(findings(check({ items: { type: 'string' } }, document)).length, 20);
  });

  it('of many faults costs no more than its first one when it is large', () => {
    const document = Buffer.from(`[${'1,'.repeat(20_000)}1]`);
    assert.equal(findings(check({ items: { type: 'string' } }, document)).length, 1);
  });

  it('that is nested too deeply to be checked does not fit, instead of breaking the filter', () => {
    const tree = { $id: 'https://a.example/tree', type: 'array', items: { $ref: '#' } };
    assert.equal(check(tree, '[[[]]]').kind, 'valid');
    const depth = 200_000;
    const [finding] = findings(check(tree, `${'['.repeat(depth)}${']'.repeat(depth)}`));
    assert.deepEqual(finding, { pointer: '', rule: 'depth', message: 'is nested too deeply to be checked' });
  });

  it('that would fill the heap of its thread does not fit, instead of ending the process', async () => {
    for (const unit of ['[]', '{}', '{"a":[]}']) {
      const document = `[${`${unit},`.repeat((1 << 24) / (unit.length + 1))}${unit}]`;
      assert.deepEqual(findings(await verdictOf(schemaThread({ schema: 'true', document }))), [
        { pointer: '', rule: 'size', message: 'is too large to be checked' },
      ]);
    }
  });

  it('may be large when it is made of text', () => {
    const store = new SchemaStore(32 << 20);
    const schema = store.compile('{"type":"string"}', OWNER);
    assert.equal(schema.check(Buffer.from(`"${'x'.repeat(8 << 20)}"`)).kind, 'valid');
  });

  for (const text of ['', ' ', '{', '{"a":}', "{'a':1}", '1 2', 'NaN', '\ufeff{}', '\0']) {
    it(`is not JSON when it is ${JSON.stringify(text)}`, () =>
      assert.equal(check(true, text).kind, 'not-json'));
  }

  it('is not JSON when it is not UTF-8', () => {
    assert.equal(check(true, Buffer.from('"caf\xe9"', 'latin1')).kind, 'not-json');
    assert.equal(check(true, Buffer.from('"café"', 'utf8')).kind, 'valid');
  });

  it('may be a part of a larger memory', () => {
    const memory = Buffer.from('xx"a"yy');
    assert.equal(check({ const: 'a' }, memory.subarray(2, 5)).kind, 'valid');
  });
});
