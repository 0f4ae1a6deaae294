import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestChain } from '../../sdk/testing/index.js';
import {
  builtIn,
  chainOf,
  inShort,
  readmeExample,
  readmeFixtures,
  schemaFindings,
  undescribed,
} from './built-in.js';

const SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'age'],
  properties: {
    name: { type: 'string', minLength: 2 },
    age: { type: 'integer', minimum: 0 },
    email: { type: 'string', format: 'email' },
    tags: { type: 'array', items: { enum: ['a', 'b'] } },
  },
};

interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly findings?: readonly { pointer: string; rule: string; message: string }[];
}

function post(
  chain: TestChain,
  body: string | Uint8Array | undefined,
  type = 'application/json',
  more: Record<string, string | string[]> = {},
) {
  const headers = { ...(type === '' ? {} : { 'content-type': type }), ...more };
  const request = { method: 'POST', target: '/', headers, ...(body !== undefined && { body }) };
  const { upstream, client, failures } = chain.exchange(request);
  assert.deepEqual(failures, []);
  if (upstream !== null) return { status: 'passed' as const, text: upstream.text };
  assert.equal(client!.headers.get('content-type'), 'application/problem+json');
  return { status: client!.status, problem: JSON.parse(client!.text) as Problem, text: client!.text };
}

describe('validate', () => {
  const chain = chainOf('validate', { schema: SCHEMA, maxBodyBytes: 2000 });
  const good = '{ "name": "Ann", "age": 3, "tags": ["a"] }';

  it('lets a body through that fits, byte by byte', () => {
    assert.deepEqual(post(chain, good), { status: 'passed', text: good });
  });

  it('takes parameters and any case of the content type', () => {
    for (const type of [
      'Application/JSON',
      'application/json; charset=utf-8',
      'application/json;charset="UTF-8"',
    ]) {
      assert.equal(post(chain, good, type).status, 'passed');
    }
  });

  it('refuses a body with a content coding, which others would read otherwise', () => {
    for (const coding of ['gzip', 'br', 'x-own', 'identity, deflate', ['identity', 'br']]) {
      const { status, problem } = post(chain, good, 'application/json', { 'content-encoding': coding });
      assert.deepEqual([status, problem?.code], [415, 'VALIDATE_CONTENT_TYPE'], String(coding));
    }
    assert.equal(post(chain, good, 'application/json', { 'content-encoding': 'Identity' }).status, 'passed');
  });

  const refused: readonly [
    name: string,
    body: string | Uint8Array | undefined,
    status: number,
    code: string,
    type?: string,
  ][] = [
    ['no body', undefined, 400, 'VALIDATE_EMPTY'],
    ['an empty body', '', 400, 'VALIDATE_EMPTY'],
    ['no content type', good, 415, 'VALIDATE_CONTENT_TYPE', ''],
    ['another content type', good, 415, 'VALIDATE_CONTENT_TYPE', 'text/plain'],
    ['a content type that only begins alike', good, 415, 'VALIDATE_CONTENT_TYPE', 'application/json5'],
    [
      'a content type that hides in a parameter',
      good,
      415,
      'VALIDATE_CONTENT_TYPE',
      'text/plain; x=application/json',
    ],
    ['another character set', good, 415, 'VALIDATE_CONTENT_TYPE', 'application/json; charset=utf-16'],
    ['a body that is too large', `{"name":"${'x'.repeat(2000)}","age":1}`, 413, 'VALIDATE_TOO_LARGE'],
    ['only spaces', '  ', 400, 'VALIDATE_NOT_JSON'],
    ['broken JSON', '{"name":', 400, 'VALIDATE_NOT_JSON'],
    ['text after the document', `${good} x`, 400, 'VALIDATE_NOT_JSON'],
    [
      'bytes that are not UTF-8',
      Buffer.from('{"name":"\xe9\xe9","age":1}', 'latin1'),
      400,
      'VALIDATE_NOT_JSON',
    ],
    ['a byte order mark', `\ufeff${good}`, 400, 'VALIDATE_NOT_JSON'],
    ['two members of one name', '{"name":"Ann","age":1,"name":"Bob"}', 400, 'VALIDATE_NOT_JSON'],
    [
      'two members of one name in two spellings',
      '{"name":"Ann","age":1,"n\\u0061me":"Bob"}',
      400,
      'VALIDATE_NOT_JSON',
    ],
    [
      'two members of one name deep inside',
      '{"name":"Ann","age":1,"tags":[{"a":{"b":1,"b":2}}]}',
      400,
      'VALIDATE_NOT_JSON',
    ],
    ['a missing member', '{"name":"Ann"}', 422, 'VALIDATE_MISMATCH'],
    ['another type', '[]', 422, 'VALIDATE_MISMATCH'],
    ['a format', '{"name":"Ann","age":1,"email":"nobody"}', 422, 'VALIDATE_MISMATCH'],
  ];
  for (const [name, body, status, code, type] of refused) {
    it(`refuses ${name} with ${status}`, () => {
      const answer = post(chain, body, type);
      assert.equal(answer.status, status);
      assert.equal(answer.problem?.code, code);
    });
  }

  it('names place and rule of each finding, never a value', () => {
    const { problem, text } = post(chain, '{"name":"§","age":-17,"tags":["a","hidden"],"extra":true}');
    const found = problem!.findings!.map(({ pointer, rule }) => `${pointer} ${rule}`);
    assert.deepEqual(found.sort(), [
      ' additionalProperties',
      '/age minimum',
      '/name minLength',
      '/tags/1 enum',
    ]);
    assert.doesNotMatch(text, /hidden|17|§/);
  });

  it('lists 20 findings at most', () => {
    const tags = Array.from({ length: 50 }, () => 'c');
    const { problem } = post(chain, JSON.stringify({ name: 'Ann', age: 1, tags }));
    assert.equal(problem!.findings!.length, 20);
  });

  it('says where a body stops being JSON, and shows none of it', () => {
    const { problem } = post(chain, '{"name": secret}');
    assert.equal(
      problem!.detail,
      'The request body is not JSON: a character stands where JSON does not allow it (byte 9).',
    );
  });

  it('says that a name stands twice', () => {
    assert.match(
      post(chain, '{"secret":1,"secret":2}').problem!.detail,
      /two members of the same name \(byte 22\)/,
    );
  });

  it('uses the content types and the status of the config', () => {
    const own = chainOf('validate', {
      schema: { type: 'object' },
      contentTypes: ['Application/Merge-Patch+JSON', 'application/json'],
      status: 400,
    });
    assert.equal(post(own, '{}', 'application/merge-patch+json').status, 'passed');
    assert.equal(post(own, '[]').status, 400);
    assert.equal(post(chainOf('validate', { schema: true, contentTypes: [] }), '{}').status, 415);
  });

  it('reads draft-07 and boolean schemas', () => {
    const draft07 = { $schema: 'http://json-schema.org/draft-07/schema#', items: [{ type: 'string' }] };
    assert.equal(post(chainOf('validate', { schema: draft07 }), '[1]').status, 422);
    assert.equal(post(chainOf('validate', { schema: false }), '1').status, 422);
    assert.equal(post(chainOf('validate', { schema: true }), '1').status, 'passed');
  });
});

describe('validate: many members', () => {
  const chain = chainOf('validate', { schema: true });
  const object = (names: readonly string[]): string =>
    `{${names.map((name) => `${JSON.stringify(name)}:0`).join(',')}}`;

  it('takes an object with 20 000 different names', () => {
    assert.equal(post(chain, object(Array.from({ length: 20_000 }, (_, i) => `name-${i}`))).status, 'passed');
  });

  it('finds the one name among 20 000 that stands twice', () => {
    for (const twin of [0, 1, 9_999, 19_999]) {
      const names = Array.from({ length: 20_000 }, (_, i) => `name-${i}`);
      assert.equal(post(chain, object([...names, `name-${twin}`])).status, 400);
    }
  });

  it('tells names apart that share a beginning, and objects from one another', () => {
    assert.equal(post(chain, '{"a":{"a":{"a":1}},"aa":[{"a":1},{"a":2}],"":{"":0}}').status, 'passed');
    assert.equal(post(chain, '[{"a":1,"b":{"c":1,"d":2},"e":3,"a":4}]').status, 400);
    assert.equal(post(chain, object(Array.from({ length: 13 }, (_, i) => 'x'.repeat(i)))).status, 'passed');
  });

  it('tells names of any length apart by any one byte, and finds the twin of each', () => {
    for (let length = 1; length <= 40; length += 1) {
      const names = Array.from({ length }, (_, at) => `${'n'.repeat(at)}x${'n'.repeat(length - at - 1)}`);
      assert.equal(post(chain, object(names)).status, 'passed', `${length} bytes`);
      for (const twin of names) assert.equal(post(chain, object([...names, twin])).status, 400, twin);
    }
  });

  it('tells lone surrogates apart', () => {
    assert.equal(post(chain, '{"\\ud800":1,"\\ud801":2}').status, 'passed');
    assert.equal(post(chain, '{"\\ud800":1,"\\uD800":2}').status, 400);
  });
});

describe('validate: config', () => {
  const refused: readonly [name: string, config: unknown, message: RegExp][] = [
    ['no schema', {}, /config\/schema: expected a JSON Schema/],
    ['a schema that is none', { schema: { type: 'objekt' } }, /config\/schema: /],
    ['a reference that leads nowhere', { schema: { $ref: '#/$defs/missing' } }, /config\/schema: .*missing/],
    [
      'a content type that is none',
      { schema: true, contentTypes: ['json'] },
      /config\/contentTypes\/0: expected a media type/,
    ],
    ['a status that is no client error', { schema: true, status: 500 }, /config\/status: expected a status/],
  ];
  for (const [name, config, message] of refused) {
    it(`is refused with the place: ${name}`, () => {
      assert.throws(() => chainOf('validate', config), { code: 'SLUICE_FILTER_CONFIG', message });
    });
  }

  it('does not load without the capability schemas', () => {
    assert.throws(
      () => new TestChain([{ module: builtIn('validate'), config: { schema: true }, grants: [] }]),
      /schema_/,
    );
  });

  it('is described property by property in the manifest', () => {
    assert.deepEqual(undescribed('validate'), []);
  });

  it('has a schema that takes the example of the README and refuses unknown keys', () => {
    assert.deepEqual(schemaFindings('validate', readmeExample('validate')), []);
    assert.deepEqual(schemaFindings('validate', { schema: true, maxBytes: 1 }), ['']);
  });
});

describe('validate: the fixtures of its README', () => {
  const chain = chainOf('validate', readmeExample('validate'));
  for (const row of readmeFixtures('validate')) {
    const [route = '', target = '', header = '', body = '', upstreamSees, answers = '', clientSees] = row;
    it(`${route}: ${target} ${header} ${body} ${answers}`, () => {
      const headers = header === '' ? {} : Object.fromEntries([header.split(': ')]);
      const params = ['id', target.replace(/^.*\/|\?.*$/g, '')];
      const request = { target, route, headers, params, ...(body !== '' && { body }) };
      const [status = '', ...text] = answers.split(' ');
      const type = { headers: { 'content-type': 'application/json' } };
      const response = { status: Number(status || 200), body: text.join(' '), ...(text.length > 0 && type) };
      const { upstream, client } = chain.exchange(request, response);
      const seen = upstream === null ? '-' : `${upstream.target} ${upstream.text}`.trim();
      assert.equal(seen, upstreamSees);
      assert.equal(inShort(client!.status, client!.headers.get('content-type'), client!.text), clientSees);
    });
  }
});

describe('validate: the URLs of its README', () => {
  const config = readmeExample('validate', 'urls') as Record<string, unknown>;
  const chain = chainOf('validate', config);
  for (const [query = '', body = '', clientSees] of readmeFixtures('validate', 'URLs')) {
    it(`${query} ${body}`, () => {
      const headers = { 'content-type': 'application/json' };
      const target = `/?${query}`;
      const { client } = chain.exchange({ method: 'POST', route: 'subscribe', target, headers, body });
      assert.equal(inShort(client!.status, client!.headers.get('content-type'), client!.text), clientSees);
    });
  }

  it('take the allowed set with the format', () => {
    assert.deepEqual(schemaFindings('validate', config), []);
    const refused: readonly [sluiceUrl: object | undefined, message: RegExp][] = [
      [undefined, /sluice/],
      [{}, /sluice/],
      [{ hosts: ['a.example/b'] }, /a\.example\/b/],
      [{ hosts: ['*'], paths: ['/a/../b'] }, /dot segments/],
    ];
    for (const [sluiceUrl, message] of refused) {
      const schema = { type: 'string', format: 'sluice-url', ...(sluiceUrl && { sluiceUrl }) };
      assert.throws(() => chainOf('validate', { schema }), { code: 'SLUICE_FILTER_CONFIG', message });
    }
  });
});
