import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestChain, type TestRequest } from '../../sdk/testing/index.js';
import { builtIn, chainOf } from './built-in.js';

interface Finding {
  readonly in: string;
  readonly pointer: string;
  readonly rule: string;
}

/** `passed`, or status, code and findings in short: `422 VALIDATE_MISMATCH query/page type`. */
function send(chain: TestChain, request: TestRequest): string {
  const { upstream, client, failures } = chain.exchange(request);
  assert.deepEqual(failures, []);
  if (upstream !== null) return 'passed';
  const problem = JSON.parse(client!.text) as { code: string; findings?: readonly Finding[] };
  const found = (problem.findings ?? []).map(({ in: place, pointer, rule }) => `${place}${pointer} ${rule}`);
  return [`${client!.status} ${problem.code}`, ...found.sort()].join(' | ');
}

type Row = readonly [name: string, request: TestRequest, answer: string];

/** Requests of the route `op`. */
function table(what: string, config: unknown, rows: readonly Row[]): void {
  describe(`validate: ${what}`, () => {
    const chain = chainOf('validate', config);
    for (const [name, request, answer] of rows) {
      it(`${answer === 'passed' ? 'lets pass' : 'refuses'} ${name}`, () => {
        assert.equal(send(chain, { route: 'op', ...request }), answer);
      });
    }
  });
}

const one = (operation: unknown, more: object = {}) => ({ operations: { op: operation }, ...more });
const get = (query: string): TestRequest => ({ target: `/?${query}` });
const mismatch = (...found: string[]): string => ['422 VALIDATE_MISMATCH', ...found].join(' | ');

table('routes', one({}), [
  ['a request of a route that is named', { target: '/' }, 'passed'],
  ['a request of another route', { target: '/', route: 'other' }, '403 VALIDATE_UNKNOWN_ROUTE'],
  ['a body where none is documented', { target: '/', body: 'x' }, '400 VALIDATE_BODY'],
  ['an empty body where none is documented', { target: '/', body: '' }, 'passed'],
  ['a query where none is documented', get('a=1'), mismatch('query/a unknown')],
]);

table('routes that are not named, with unknown: pass', one({}, { unknown: 'pass' }), [
  ['a request of another route', { target: '/?a=1', route: 'other', body: 'x' }, 'passed'],
  ['a query on the one that is named', get('a=1'), mismatch('query/a unknown')],
]);

const QUERY = {
  page: { schema: { type: 'integer', minimum: 1 } },
  size: { schema: { type: 'number' } },
  deep: { schema: { type: 'boolean' } },
  sort: { required: true, schema: { enum: ['name', 'age'] } },
  tag: { schema: { type: 'array', items: { type: 'string', minLength: 2 }, maxItems: 2 } },
  ids: { explode: false, schema: { type: 'array', items: { type: 'integer' } } },
  none: { schema: { type: ['null', 'integer'] } },
  either: { schema: { anyOf: [{ type: 'integer' }, { type: 'string', pattern: '^[a-z]+$' }] } },
  where: { content: { 'application/json': { schema: { type: 'object', required: ['a'] } } } },
  any: { schema: true },
};

table('query', one({ query: QUERY }), [
  ['values of every type', get('sort=age&page=2&size=1.5e3&deep=true&none=null&any=%20'), 'passed'],
  ['a name that is encoded', get('s%6frt=age'), 'passed'],
  ['a missing parameter', get('page=1'), mismatch('query/sort required')],
  ['a parameter that is not named', get('sort=age&debug=1'), mismatch('query/debug unknown')],
  ['a value that its schema does not take', get('sort=size'), mismatch('query/sort enum')],
  ['a number below the least', get('sort=age&page=0'), mismatch('query/page minimum')],
  ['text for an integer', get('sort=age&page=two'), mismatch('query/page type')],
  ['an empty text for an integer', get('sort=age&page='), mismatch('query/page type')],
  ['a name without = for an integer', get('sort=age&page'), mismatch('query/page type')],
  ['an integer with a plus', get('sort=age&page=%2B1'), mismatch('query/page type')],
  ['an integer with a zero before it', get('sort=age&page=01'), mismatch('query/page type')],
  ['an integer with an exponent', get('sort=age&page=1e3'), mismatch('query/page type')],
  ['an integer with a space', get('sort=age&page=1+'), mismatch('query/page type')],
  ['a hexadecimal integer', get('sort=age&page=0x10'), mismatch('query/page type')],
  ['a fraction for an integer', get('sort=age&page=1.0'), mismatch('query/page type')],
  ['a number in the style of JSON only', get('sort=age&size=.5'), mismatch('query/size type')],
  ['what is no number but begins like one', get('sort=age&size=1,2'), mismatch('query/size type')],
  ['a number beyond all', get('sort=age&size=1e999'), mismatch('query/size type')],
  ['a boolean in upper case', get('sort=age&deep=TRUE'), mismatch('query/deep type')],
  ['1 for a boolean', get('sort=age&deep=1'), mismatch('query/deep type')],
  ['the string of two types', get('sort=age&either=abc'), 'passed'],
  ['the integer of two types', get('sort=age&either=12'), 'passed'],
  [
    'what is none of two types',
    get('sort=age&either=012'),
    mismatch('query/either anyOf', 'query/either pattern', 'query/either type'),
  ],
  ['a repeated parameter', get('sort=age&sort=age'), mismatch('query/sort repeated')],
  ['a repeated parameter in two spellings', get('sort=age&%73ort=age'), mismatch('query/sort repeated')],
  ['a repeated array', get('sort=age&tag=aa&tag=bb'), 'passed'],
  ['an array with one item', get('sort=age&tag=aa'), 'passed'],
  ['an array that is too long', get('sort=age&tag=aa&tag=bb&tag=cc'), mismatch('query/tag maxItems')],
  ['a bad item, with its index', get('sort=age&tag=aa&tag=b'), mismatch('query/tag/1 minLength')],
  ['an array with commas', get('sort=age&ids=1,2,3'), 'passed'],
  ['an array with commas that is repeated', get('sort=age&ids=1&ids=2'), mismatch('query/ids repeated')],
  ['a bad item between commas', get('sort=age&ids=1,,3'), mismatch('query/ids type')],
  ['an encoded comma between items', get('sort=age&ids=1%2C2'), mismatch('query/ids encoding')],
  ['JSON that fits', get('sort=age&where=%7B%22a%22:1%7D'), 'passed'],
  ['JSON that does not fit', get('sort=age&where=%7B%7D'), mismatch('query/where required')],
  ['broken JSON', get('sort=age&where=%7B'), mismatch('query/where json')],
  ['JSON with a name twice', get('sort=age&where=%7B%22a%22:1,%22a%22:2%7D'), mismatch('query/where json')],
  ['a broken escape', get('sort=age&any=%zz'), mismatch('query/any encoding')],
  ['a broken escape in a name', get('sort=age&%zz=1'), mismatch('query encoding')],
  ['bytes that are not UTF-8', get('sort=age&any=%ff'), mismatch('query/any type')],
  ['a bare semicolon', get('sort=age&any=1;x=2'), mismatch('query separator')],
  [
    'several faults, all of them told',
    get('page=0&x=1&tag=a'),
    mismatch('query/page minimum', 'query/sort required', 'query/tag/0 minLength', 'query/x unknown'),
  ],
]);

const at = (...params: string[]): TestRequest => ({ target: '/', params });

table(
  'path',
  one({
    path: {
      id: { schema: { type: 'integer', maximum: 99 } },
      names: { schema: { type: 'array', items: { enum: ['a', 'b'] } } },
    },
  }),
  [
    ['parameters that fit', at('id', '7', 'names', 'a,b', 'other', '?'), 'passed'],
    ['a parameter of another type', at('id', 'x', 'names', 'a'), mismatch('path/id type')],
    ['a parameter that its schema does not take', at('id', '100', 'names', 'a'), mismatch('path/id maximum')],
    ['a bad item', at('id', '1', 'names', 'a,c'), mismatch('path/names/1 enum')],
    ['a route without the parameter', at('id', '1'), mismatch('path/names required')],
    [
      'an encoded comma',
      { target: '/a%2cb', params: ['id', '1', 'names', 'a,b'] },
      mismatch('path/names encoding'),
    ],
  ],
);

const withHeaders = (headers: TestRequest['headers']): TestRequest => ({ target: '/', headers: headers! });

table(
  'headers and cookies',
  one({
    headers: {
      'X-Tenant': { required: true, schema: { type: 'string', pattern: '^[a-z]+$' } },
      'x-ids': { schema: { type: 'array', items: { type: 'integer' } } },
    },
    cookies: {
      sid: { required: true, schema: { type: 'string', minLength: 4 } },
      n: { schema: { type: 'integer' } },
      last_page: { schema: { type: 'integer' } },
    },
  }),
  [
    ['what fits', withHeaders({ 'x-tenant': 'acme', cookie: 'sid=abcd; n=1' }), 'passed'],
    ['others beside', withHeaders({ 'x-tenant': 'acme', 'x-y': '?', cookie: 'b=2; sid=abcd; c' }), 'passed'],
    ['nothing', { target: '/' }, mismatch('cookies/sid required', 'headers/X-Tenant required')],
    [
      'what does not fit',
      withHeaders({ 'x-tenant': 'ACME', cookie: 'sid=abc; n=x' }),
      mismatch('cookies/n type', 'cookies/sid minLength', 'headers/X-Tenant pattern'),
    ],
    [
      'a repeated header',
      withHeaders({ 'x-tenant': ['acme', 'acme'], cookie: 'sid=abcd' }),
      mismatch('headers/X-Tenant repeated'),
    ],
    [
      'a header that some servers take for one that is named',
      withHeaders({ 'x-tenant': 'acme', x_tenant: 'B', 'x_other-one': 'c', cookie: 'sid=abcd' }),
      mismatch('headers/X-Tenant spelling'),
    ],
    [
      'a repeated cookie, also over two lines',
      withHeaders({ 'x-tenant': 'acme', cookie: ['sid=abcd', 'sid=abcd'] }),
      mismatch('cookies/sid repeated'),
    ],
    [
      'a cookie that some servers take for one that is named',
      withHeaders({
        'x-tenant': 'acme',
        cookie: 'last.page=x; sid=abcd; sid[0]=a; sidx=1; lastpage=2; LAST_PAGE=3; n n=4',
      }),
      mismatch('cookies/last_page spelling', 'cookies/sid spelling'),
    ],
    [
      'a list over two lines',
      withHeaders({ 'x-tenant': 'acme', 'x-ids': ['1, 2', '3'], cookie: 'sid=abcd' }),
      'passed',
    ],
    [
      'a bad item in the second line of a list',
      withHeaders({ 'x-tenant': 'acme', 'x-ids': ['1, 2', 'x'], cookie: 'sid=abcd' }),
      mismatch('headers/x-ids type'),
    ],
  ],
);

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';
const post = (body: string | Uint8Array, type = JSON_TYPE, target = '/'): TestRequest => ({
  method: 'POST',
  target,
  headers: { 'content-type': type },
  body,
});
const PET = {
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  properties: { name: { type: 'string' }, age: { type: 'integer' } },
};

table(
  'bodies by content type',
  one({
    query: { dry: { schema: { type: 'boolean' } } },
    body: {
      required: true,
      contents: {
        'application/json': { schema: PET },
        'application/merge-patch+json': { schema: { type: 'object' } },
        'image/*': {},
        'text/plain': {},
      },
    },
  }),
  [
    ['JSON that fits', post('{"name":"Rex","age":3}', JSON_TYPE, '/?dry=true'), 'passed'],
    ['JSON of another schema', post('{"anything":1}', 'application/merge-patch+json'), 'passed'],
    ['a range', post('not looked at', 'image/png'), 'passed'],
    ['a type without a schema', post('{"name"', 'text/plain; charset=latin1'), 'passed'],
    ['a type that is not named', post('{}', 'text/html'), '415 VALIDATE_CONTENT_TYPE'],
    ['a type that only begins like a range', post('{}', 'imagery/png'), '415 VALIDATE_CONTENT_TYPE'],
    ['JSON in UTF-16', post('{}', 'application/json; charset=utf-16'), '415 VALIDATE_CONTENT_TYPE'],
    ['no body', { method: 'POST', target: '/' }, '400 VALIDATE_EMPTY'],
    ['no JSON', post('{'), '400 VALIDATE_NOT_JSON'],
    [
      'faults in body and query at once',
      post('{"age":"3","x":1}', JSON_TYPE, '/?dry=no'),
      mismatch('body additionalProperties', 'body required', 'body/age type', 'query/dry type'),
    ],
    [
      'a bad query with a body that may be anything',
      post('x', 'image/png', '/?dry=no'),
      mismatch('query/dry type'),
    ],
  ],
);

table('an optional body', one({ body: { contents: { 'application/json': { schema: PET } } } }), [
  ['none', { method: 'POST', target: '/' }, 'passed'],
  ['one that fits', post('{"name":"a"}'), 'passed'],
  ['one that does not', post('{}'), mismatch('body required')],
]);

table(
  'ranges',
  one({ body: { contents: { '*/*': {}, 'application/*': {}, 'application/json': { schema: PET } } } }),
  [
    ['the closest, which has a schema', post('{}'), mismatch('body required')],
    ['any other', post('{}', 'a/b'), 'passed'],
    ['capital letters', post('{}', 'APPLICATION/Json'), mismatch('body required')],
    ['parameters', post('{}', 'application/json ; a="b;c" ; charset="UTF-8"'), mismatch('body required')],
    ...[
      '',
      'json',
      'application/json, text/plain',
      'text/plain, application/json',
      'application/json/x',
      '/json',
      'application/',
      '"application/json"',
      'application /json',
      'application/json charset=utf-8',
      'text/plain; a=b, application/json',
      'application/json; charset=utf-8; charset=utf-16',
    ].map(
      (type): Row => [
        `a type that is spelled ${JSON.stringify(type)}`,
        post('{}', type),
        '415 VALIDATE_CONTENT_TYPE',
      ],
    ),
  ],
);

table(
  'forms',
  one(
    {
      body: {
        contents: {
          [FORM_TYPE]: {
            schema: {
              allOf: [{ $ref: '#/definitions/Person' }],
              required: ['name'],
              properties: { tags: { type: 'array', items: { type: 'string' }, maxItems: 2 } },
              unevaluatedProperties: false,
            },
          },
        },
      },
    },
    { definitions: { Person: { properties: { name: { type: 'string' }, age: { type: 'integer' } } } } },
  ),
  [
    ['fields of their types', post('name=Ann+B%C3%A9&age=3&tags=a&tags=b', FORM_TYPE), 'passed'],
    ['a missing field', post('age=3', FORM_TYPE), mismatch('body required')],
    ['a field of another type', post('name=a&age=three', FORM_TYPE), mismatch('body/age type')],
    [
      'a field that the schema does not take',
      post('name=a&x=1', FORM_TYPE),
      mismatch('body unevaluatedProperties'),
    ],
    ['a repeated field', post('name=a&name=b', FORM_TYPE), mismatch('body required', 'body/name repeated')],
    [
      'a list that is too long',
      post('name=a&tags=1&tags=2&tags=3', FORM_TYPE),
      mismatch('body/tags maxItems'),
    ],
    ['a broken escape', post('name=%', FORM_TYPE), mismatch('body required', 'body/name encoding')],
    ['another encoding', post('name=a', `${FORM_TYPE}; charset=latin1`), '415 VALIDATE_CONTENT_TYPE'],
  ],
);

table(
  'forms whose schema is open',
  one({ body: { contents: { [FORM_TYPE]: { schema: { type: 'object' } } } } }),
  [
    ['any field', post('a=1&b=2', FORM_TYPE), 'passed'],
    ['a field that comes twice', post('a=1&b=2&a=3', FORM_TYPE), mismatch('body repeated')],
    ['a field that is not UTF-8', post('a=%ff', FORM_TYPE), mismatch('body encoding')],
  ],
);

table(
  'limits',
  one(
    {
      query: { q: { content: { 'application/json': { schema: true } } } },
      body: {
        contents: { 'application/json': { schema: true }, [FORM_TYPE]: { schema: true }, 'text/plain': {} },
      },
    },
    { limits: { bodyBytes: 60, depth: 2, keys: 2, arrayLength: 3, stringLength: 8 } },
  ),
  [
    ['what is as large as it may be', post('{"12345678":[1,2,3],"b":[]}'), 'passed'],
    ['more bytes', post(' '.repeat(61)), '413 VALIDATE_TOO_LARGE'],
    ['more bytes of a type without a schema', post(' '.repeat(61), 'text/plain'), '413 VALIDATE_TOO_LARGE'],
    ['deeper nesting', post('[[[]]]'), '413 VALIDATE_LIMIT | body depth'],
    ['more members', post('{"a":1,"b":2,"c":3}'), '413 VALIDATE_LIMIT | body keys'],
    ['more items', post('[1,2,3,4]'), '413 VALIDATE_LIMIT | body arrayLength'],
    ['a longer string', post('["123456789"]'), '413 VALIDATE_LIMIT | body stringLength'],
    ['a longer name', post('{"123456789":1}'), '413 VALIDATE_LIMIT | body stringLength'],
    [
      'a string that is longer as it is spelled',
      post('["\\u00e9\\u00e9"]'),
      '413 VALIDATE_LIMIT | body stringLength',
    ],
    ['brackets and commas in strings', post('["[[[,","\\"[[,"]'), 'passed'],
    ['more fields of a form', post('a=1&b=2&c=3', FORM_TYPE), '413 VALIDATE_LIMIT | body keys'],
    ['a longer field of a form', post('a=123456789', FORM_TYPE), '413 VALIDATE_LIMIT | body stringLength'],
    ['a parameter in JSON that is too deep', get('q=[[[]]]'), mismatch('query/q depth')],
  ],
);

table(
  'limits of nothing',
  one(
    { body: { contents: { 'application/json': { schema: true } } } },
    { limits: { depth: 1, keys: 0, arrayLength: 0 } },
  ),
  [
    ['empty containers', post('[ ]'), 'passed'],
    ['one item', post('[1]'), '413 VALIDATE_LIMIT | body arrayLength'],
    ['one item after a space', post('[ \n1]'), '413 VALIDATE_LIMIT | body arrayLength'],
    ['one member', post('{"":1}'), '413 VALIDATE_LIMIT | body keys'],
  ],
);

describe('validate: mode report', () => {
  const config = one({ query: { page: { schema: { type: 'integer' } } } }, { mode: 'report' });
  const chain = chainOf('validate', config);

  it('lets pass what it would refuse, logs the place and counts it', () => {
    const outcome = chain.exchange({ target: '/?page=hidden', route: 'op' });
    assert.equal(outcome.upstream?.target, '/?page=hidden');
    assert.deepEqual(
      outcome.logs.map(({ text }) => text),
      [
        'would answer 422 VALIDATE_MISMATCH {"in":"query","pointer":"/page","rule":"type","message":"has a type that its schema does not allow"}',
      ],
    );
    const counted = chain.metrics.filter(({ value }) => value > 0);
    assert.deepEqual(
      counted.map(({ name, labels, value }) => [name, labels, value]),
      [['reported_total', { code: 'VALIDATE_MISMATCH' }, 1]],
    );
  });

  it('says nothing of what it would let pass', () => {
    const { upstream, logs } = chain.exchange({ target: '/?page=1', route: 'op' });
    assert.ok(upstream);
    assert.deepEqual(logs, []);
  });

  it('shows a long pointer only in part', () => {
    const { logs } = chain.exchange({ target: `/?${'%C3%A9'.repeat(1000)}=1`, route: 'op' });
    assert.ok(Buffer.byteLength(logs[0]!.text) < 600);
    assert.ok(!logs[0]!.text.includes('\ufffd'));
  });

  it('does not load without the capabilities log and metrics, which enforcing does not need', () => {
    const filter = { module: builtIn('validate'), grants: ['schemas'] } as const;
    assert.throws(() => new TestChain([{ ...filter, config }]), { code: 'SLUICE_FILTER_CAPABILITY' });
    assert.throws(() => new TestChain([{ ...filter, grants: ['schemas', 'log'], config }]), {
      code: 'SLUICE_FILTER_CAPABILITY',
    });
    assert.equal(
      send(new TestChain([{ ...filter, config: one({}) }]), { target: '/', route: 'op' }),
      'passed',
    );
  });
});
