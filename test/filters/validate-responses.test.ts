import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestChain, type TestRequest, type TestResponse } from '../../sdk/testing/index.js';
import { builtIn, chainOf, schemaFindings } from './built-in.js';

interface Finding {
  readonly in: string;
  readonly pointer: string;
  readonly rule: string;
}

const JSON_TYPE = 'application/json';
const json = (schema: unknown) => ({ contents: { [JSON_TYPE]: { schema } } });
const USER = {
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: { name: { type: 'string' }, age: { type: 'integer' } },
};
const answer = (status: number, body = '', type = body === '' ? '' : JSON_TYPE): TestResponse => ({
  status,
  body,
  headers: type === '' ? {} : { 'content-type': type },
});

/** What the client gets: status and body, or status, code and findings. */
function receive(chain: TestChain, response: TestResponse, request: Partial<TestRequest> = {}): string {
  const { client, failures } = chain.exchange({ target: '/', route: 'op', ...request }, response);
  assert.deepEqual(failures, []);
  if (client!.headers.get('content-type') !== 'application/problem+json') {
    return `${client!.status} ${client!.text}`.trim();
  }
  const { code, findings } = JSON.parse(client!.text) as { code: string; findings: readonly Finding[] };
  const found = findings.map(({ in: place, pointer, rule }) => `${place}${pointer} ${rule}`);
  return [`${client!.status} ${code}`, ...found].join(' | ');
}

describe('validate: responses', () => {
  const responses = {
    '200': json({ $ref: '#/definitions/User' }),
    '201': {},
    '204': {},
    '4XX': { contents: { 'application/problem+json': { schema: { required: ['code'] } }, 'text/*': {} } },
    '404': {},
  };
  const config = { operations: { op: { responses }, free: {} }, definitions: { User: USER } };
  const chain = chainOf('validate', config);
  const rows: readonly (readonly [
    name: string,
    response: TestResponse,
    seen: string,
    request?: Partial<TestRequest>,
  ])[] = [
    ['what fits, byte by byte', answer(200, '{ "name":"Ann" }'), '200 { "name":"Ann" }'],
    [
      'a type that is not documented',
      answer(200, '<p>', 'text/html'),
      '502 VALIDATE_RESPONSE | headers/content-type unknown',
    ],
    ['no type', answer(200, '{"name":"Ann"}', ''), '502 VALIDATE_RESPONSE | headers/content-type unknown'],
    ['what does not fit', answer(200, '{"name":1}'), '502 VALIDATE_RESPONSE | body/name type'],
    [
      'a member too many',
      answer(200, '{"name":"","hash":"x"}'),
      '502 VALIDATE_RESPONSE | body additionalProperties',
    ],
    ['no JSON', answer(200, '{"name":'), '502 VALIDATE_RESPONSE | body json'],
    ['a name twice', answer(200, '{"name":"a","name":"b"}'), '502 VALIDATE_RESPONSE | body json'],
    ['no body where there is to be one', answer(200), '502 VALIDATE_RESPONSE | body required'],
    ['no body in answer to HEAD', answer(200), '200', { method: 'HEAD' }],
    ['no body where there is to be none', answer(204), '204'],
    ['a body where there is to be none', answer(201, '{}'), '502 VALIDATE_RESPONSE | body unknown'],
    ['a status of a class', answer(400, 'no', 'text/plain'), '400 no'],
    [
      'a status that has a rule of its own in a class',
      answer(404, 'no', 'text/plain'),
      '502 VALIDATE_RESPONSE | body unknown',
    ],
    [
      'a status that is not documented',
      answer(500, 'at db.ts:12', 'text/plain'),
      '502 VALIDATE_RESPONSE | status unknown',
    ],
    ['anything of an operation without responses', answer(500, '{', JSON_TYPE), '500 {', { route: 'free' }],
  ];
  for (const [name, response, seen, request] of rows) {
    it(`answers ${seen.slice(0, 3)} for ${name}`, () =>
      assert.equal(receive(chain, response, request), seen));
  }

  it('takes nothing of what it replaces along', () => {
    const response = { ...answer(500, 'secret'), headers: { 'x-secret': 'secret', 'set-cookie': 'secret' } };
    const { client } = chain.exchange({ target: '/', route: 'op' }, response);
    assert.doesNotMatch(client!.text + client!.headers.flat.join(), /secret/);
  });

  it('answers default for what nothing else is documented', () => {
    const all = chainOf('validate', {
      operations: { op: { responses: { default: json({ type: 'array' }) } } },
    });
    assert.equal(receive(all, answer(503, '[]')), '503 []');
    assert.equal(receive(all, answer(200, '{}')), '502 VALIDATE_RESPONSE | body type');
  });

  it('does not see responses when no operation documents them', () => {
    const none = chainOf('validate', { operations: { op: {} } });
    const { calls } = none.exchange({ target: '/', route: 'op' }, answer(200, '{}'));
    assert.equal(calls.length, 1);
    assert.equal(chain.exchange({ target: '/', route: 'op' }, answer(200, '{}')).calls.length, 2);
  });

  it('lets pass and reports with responseMode: report, which mode: report is short for', () => {
    for (const mode of [{ responseMode: 'report' }, { mode: 'report' }]) {
      const reports = chainOf('validate', { ...config, ...mode });
      const outcome = reports.exchange({ target: '/', route: 'op' }, answer(200, '{"name":1}'));
      assert.equal(outcome.client!.text, '{"name":1}');
      assert.match(
        outcome.logs[0]!.text,
        /^would answer 502 VALIDATE_RESPONSE \{"in":"body","pointer":"\/name"/,
      );
      const counted = reports.metrics.filter(({ value }) => value > 0);
      assert.deepEqual(counted[0]!.labels, { code: 'VALIDATE_RESPONSE' });
    }
    const half = chainOf('validate', { ...config, mode: 'report', responseMode: 'enforce' });
    assert.equal(receive(half, answer(200, '{"name":1}')), '502 VALIDATE_RESPONSE | body/name type');
    assert.ok(half.exchange({ target: '/?a=1', route: 'op' }, answer(204)).upstream);
  });

  it('refuses a config that it cannot hold responses to', () => {
    const form = { contents: { 'application/x-www-form-urlencoded': { schema: true } } };
    for (const [key, rule] of [
      ['200', form],
      ['2xx', {}],
      ['ok', {}],
    ] as const) {
      const bad = { operations: { op: { responses: { [key]: rule } } } };
      assert.throws(() => chainOf('validate', bad), { code: 'SLUICE_FILTER_CONFIG' });
    }
    assert.deepEqual(schemaFindings('validate', config), []);
    assert.deepEqual(schemaFindings('validate', { operations: { op: { responses: { '2xx': {} } } } }), [
      '/operations/op/responses',
      '/operations/op/responses',
    ]);
  });
});

/** A response of this schema, projected. */
function projected(schema: unknown, body: string, definitions: object = {}): string {
  const operations = { op: { responses: { '200': { ...json(schema), project: true } } } };
  return receive(chainOf('validate', { operations, definitions }), answer(200, body)).slice(4);
}

describe('validate: project', () => {
  const rows: readonly (readonly [name: string, schema: unknown, body: string, seen: string])[] = [
    [
      'takes out what is not named',
      USER,
      '{"name":"a","hash":{"x":[1]},"age":1,"y":"}"}',
      '{"name":"a","age":1}',
    ],
    ['leaves a body alone that has nothing else', USER, ' { "name" : "a" } ', '{ "name" : "a" }'],
    ['compares names decoded', USER, '{"n\\u0061me":"a","x":1}', '{"n\\u0061me":"a"}'],
    [
      'keeps the spelling of what it keeps',
      USER,
      '{"x":1,"name":"\\u00e9","age":1e0}',
      '{"name":"\\u00e9","age":1e0}',
    ],
    ['takes out all', { type: 'object' }, '{"a":1,"b":[2]}', '{}'],
    ['takes nothing out where anything may be', {}, '{"a":1}', '{"a":1}'],
    [
      'takes nothing out of a value that anything may be',
      { properties: { a: true } },
      '{"a":{"b":1},"c":1}',
      '{"a":{"b":1}}',
    ],
    [
      'goes into items',
      { items: USER },
      '[ {"name":"a","x":1} , {"name":"b"} ]',
      '[{"name":"a"},{"name":"b"}]',
    ],
    [
      'keeps items that nobody described',
      { properties: { a: { type: 'array' } } },
      '{"a":[{"b":1}],"c":1}',
      '{"a":[{"b":1}]}',
    ],
    [
      'goes into other members where these are described',
      { additionalProperties: USER },
      '{"k":{"name":"a","x":1}}',
      '{"k":{"name":"a"}}',
    ],
    [
      'keeps other members that may be anything',
      { properties: { a: USER }, additionalProperties: true },
      '{"a":{"name":"a","x":1},"b":{"c":1}}',
      '{"a":{"name":"a"},"b":{"c":1}}',
    ],
    [
      'keeps members of an object with patterns',
      { patternProperties: { '^x-': true }, properties: { a: USER } },
      '{"x-b":1,"c":2,"a":{"name":"a","d":1}}',
      '{"x-b":1,"c":2,"a":{"name":"a"}}',
    ],
    [
      'puts together what several schemas name',
      {
        allOf: [
          { properties: { a: { properties: { b: {} } } } },
          { properties: { a: { properties: { c: {} } } } },
        ],
        properties: { d: {} },
      },
      '{"a":{"b":1,"c":2,"x":3},"d":4,"y":5}',
      '{"a":{"b":1,"c":2},"d":4}',
    ],
    [
      'keeps what one of several branches names',
      {
        oneOf: [
          { type: 'object', required: ['a'], properties: { a: {} } },
          { type: 'object', required: ['b'], properties: { b: {} } },
        ],
      },
      '{"b":1,"c":2}',
      '{"b":1}',
    ],
    ['leaves values of other types alone', USER.properties, '"text"', '"text"'],
    [
      'keeps empty containers',
      { properties: { a: { items: {} }, b: { type: 'object' } } },
      '{"a":[],"b":{},"c":1}',
      '{"a":[],"b":{}}',
    ],
    ['keeps the last and the first', { properties: { b: {} } }, '{"a":1,"b":2,"c":3}', '{"b":2}'],
  ];
  for (const [name, schema, body, seen] of rows) {
    it(name, () => assert.equal(projected(schema, body).trim(), seen));
  }

  it('follows schemas that refer to themselves', () => {
    const Tree = {
      type: 'object',
      properties: { v: {}, kids: { type: 'array', items: { $ref: '#/definitions/Tree' } } },
    };
    const body = '{"v":1,"x":0,"kids":[{"v":2,"x":0,"kids":[{"x":0,"v":3}]}]}';
    const seen = '{"v":1,"kids":[{"v":2,"kids":[{"v":3}]}]}';
    assert.equal(projected({ $ref: '#/definitions/Tree' }, body, { Tree }), seen);
    assert.equal(
      projected(
        { properties: { t: { $ref: '#/definitions/Tree/properties/kids/items' } } },
        `{"t":${body},"u":1}`,
        { Tree },
      ),
      `{"t":${seen}}`,
    );
  });

  it('does so before the schema judges', () => {
    assert.equal(projected(USER, '{"x":1}'), 'VALIDATE_RESPONSE | body required');
  });

  it('leaves only what a reference in JavaScript leaves, of documents of any shape', () => {
    const Node = {
      type: 'object',
      properties: {
        a: {},
        b: { $ref: '#/definitions/Node' },
        l: { type: 'array', items: { $ref: '#/definitions/Node' } },
      },
    };
    const chain = chainOf('validate', {
      operations: {
        op: { responses: { '200': { ...json({ $ref: '#/definitions/Node' }), project: true } } },
      },
      definitions: { Node },
    });
    let seed = 7;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
      return (seed >>> 8) % below;
    };
    const text = (): string => ['', '"', '\\', '{', '}]', 'é😀', ',:', 'x'.repeat(random(40))][random(8)]!;
    const any = (depth: number): unknown => {
      const kind = random(depth > 3 ? 4 : 6);
      if (kind < 4) return [null, random(9) - 4.5, text(), true][kind];
      return kind === 4 ? Array.from({ length: random(4) }, () => any(depth + 1)) : node(depth + 1);
    };
    const node = (depth: number): Record<string, unknown> => {
      const made: Record<string, unknown> = {};
      for (let i = random(5); i > 0; i -= 1) {
        const name = ['a', 'b', 'l', 'x', text()][random(5)]!;
        if (name === 'b') made[name] = depth > 3 ? {} : node(depth + 1);
        else if (name === 'l')
          made[name] = Array.from({ length: depth > 3 ? 0 : random(4) }, () => node(depth + 1));
        else made[name] = any(depth);
      }
      return made;
    };
    const kept = (value: Record<string, unknown>): Record<string, unknown> =>
      Object.fromEntries(
        Object.entries(value)
          .filter(([name]) => 'abl'.includes(name) && name !== '')
          .map(([name, inner]) => {
            if (name === 'b') return [name, kept(inner as Record<string, unknown>)];
            return [name, name === 'l' ? (inner as Record<string, unknown>[]).map(kept) : inner];
          }),
      );
    for (let i = 0; i < 500; i += 1) {
      const value = node(0);
      const body = JSON.stringify(value, null, random(2));
      const { client, failures } = chain.exchange({ target: '/', route: 'op' }, answer(200, body));
      assert.deepEqual(failures, []);
      assert.deepEqual(JSON.parse(client!.text), kept(value), body);
    }
  });
});

/** What the upstream gets of a body; or the findings. */
function sent(body: object, text: string, more: object = {}): string {
  const chain = chainOf('validate', { operations: { op: { body } }, ...more });
  const headers = { 'content-type': JSON_TYPE };
  const { upstream, client } = chain.exchange({
    method: 'POST',
    target: '/',
    route: 'op',
    headers,
    body: text,
  });
  return upstream === null
    ? client!.text.replace(/.*"pointer":"(.*?)","rule":"(.*?)".*/, '$1 $2')
    : upstream.text;
}

describe('validate: stripUnknown and coerce', () => {
  it('stripUnknown hands on what the schema names', () => {
    const body = { ...json(USER), stripUnknown: true };
    assert.equal(sent(body, '{"name":"a","role":"admin"}'), '{"name":"a"}');
    assert.equal(sent(body, '{ "name":"a" }'), '{ "name":"a" }');
    assert.equal(sent(body, '{"role":"admin"}'), ' required');
    assert.equal(sent(json(USER), '{"name":"a","role":"admin"}'), ' additionalProperties');
  });

  it('coerce makes the values that are asked for of strings', () => {
    const schema = {
      properties: {
        n: { type: 'integer' },
        f: { type: ['number', 'null'] },
        b: { type: 'boolean' },
        s: { type: ['string', 'integer'] },
        l: { items: { $ref: '#/definitions/N' } },
      },
    };
    const body = { ...json(schema), coerce: true };
    const more = { definitions: { N: { type: 'integer', maximum: 9 } } };
    assert.equal(
      sent(body, '{"n":"12","f":"1.5","b":"true","s":"1","l":["1",2,"\\u0033"],"x":"1"}', more),
      '{"n":12,"f":1.5,"b":true,"s":"1","l":[1,2,3],"x":"1"}',
    );
    assert.equal(sent(body, '{"f":"null"}', more), '{"f":null}');
    assert.equal(sent(body, '{"n":"1x"}', more), '/n type');
    assert.equal(sent(body, '{"n":"01"}', more), '/n type');
    assert.equal(sent(body, '{"l":["10"]}', more), '/l/0 maximum');
    assert.equal(sent(json(schema), '{"n":"12"}', more), '/n type');
  });

  it('both at once', () => {
    const body = { ...json(USER), stripUnknown: true, coerce: true };
    assert.equal(sent(body, '{"name":"7","age":"7","x":"7"}'), '{"name":"7","age":7}');
  });

  it('changes nothing with mode: report', () => {
    const body = { ...json(USER), stripUnknown: true };
    assert.equal(sent(body, '{"name":"a","x":1}', { mode: 'report' }), '{"name":"a","x":1}');
  });

  it('leaves digests of the old body behind', () => {
    const operations = { op: { body: { ...json(USER), stripUnknown: true } } };
    const chain = new TestChain([{ module: builtIn('validate'), config: { operations } }]);
    const headers = { 'content-type': JSON_TYPE, 'content-length': '18', 'content-md5': 'x' };
    const request = { method: 'POST', target: '/', route: 'op', headers, body: '{"name":"a","x":1}' };
    const { upstream } = chain.exchange(request);
    assert.equal(upstream!.text, '{"name":"a"}');
    assert.equal(upstream!.headers.get('content-md5'), undefined);
  });
});
