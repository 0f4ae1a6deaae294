import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TestChain, TestRequest } from '../../sdk/testing/index.js';
import { chainOf, inShort, readmeExample, readmeFixtures, schemaFindings, undescribed } from './built-in.js';

function verdict(chain: TestChain, request: TestRequest): 'allowed' | number {
  const { upstream, client, failures } = chain.exchange(request);
  assert.deepEqual(failures, []);
  return upstream === null ? client!.status : 'allowed';
}

type Row = readonly [name: string, request: string | TestRequest, allowed: boolean];

/** `GET /path` in short. */
function table(what: string, config: unknown, rows: readonly Row[]): void {
  describe(`policy: ${what}`, () => {
    const chain = chainOf('policy', config);
    for (const [name, row, allowed] of rows) {
      it(`${allowed ? 'allows' : 'denies'} ${name}`, () => {
        const [method, target] = typeof row === 'string' ? row.split(' ') : [];
        const request = typeof row === 'string' ? { method: method!, target: target! } : row;
        assert.equal(verdict(chain, request), allowed ? 'allowed' : 403);
      });
    }
  });
}

table('no rules', { rules: [] }, [['everything', 'GET /', false]]);

table(
  'methods',
  {
    rules: [
      { methods: ['GET', 'PURGE'], path: '/a' },
      { methods: [], path: '/b' },
    ],
  },
  [
    ['a method of the list', 'GET /a', true],
    ['an unusual method of the list', 'PURGE /a', true],
    ['a method that is not in the list', 'POST /a', false],
    ['HEAD where only GET is listed', 'HEAD /a', false],
    ['a method in another case', 'get /a', false],
    ['everything where the list is empty', 'GET /b', false],
  ],
);

const PATHS = ['/', '/users/:id', '/files/*', '/a/b/', '/caf%C3%A9', '/größe', '/x/:y/z/*', '/v1/a+b'];
table('paths', { rules: PATHS.map((path) => ({ methods: ['GET'], path })) }, [
  ['the root', 'GET /', true],
  ['a parameter', 'GET /users/42', true],
  ['an encoded parameter', 'GET /users/%E2%82%AC%20', true],
  ['a parameter that looks like a pattern', 'GET /users/:id', true],
  ['a missing parameter', 'GET /users/', false],
  ['a missing segment', 'GET /users', false],
  ['a segment too many', 'GET /users/42/admin', false],
  ['a slash too many', 'GET /users/42/', false],
  ['a literal in another case', 'GET /Users/42', false],
  ['a literal that only begins alike', 'GET /users2/42', false],
  ['a wildcard of one segment', 'GET /files/a', true],
  ['a wildcard of several segments', 'GET /files/a/b/c.txt', true],
  ['a wildcard of nothing', 'GET /files/', true],
  ['a wildcard without its slash', 'GET /files', false],
  ['a last slash that the pattern has', 'GET /a/b/', true],
  ['a last slash that is missing', 'GET /a/b', false],
  ['a literal beyond ASCII, encoded', 'GET /caf%C3%A9', true],
  ['a literal that is encoded in the request only', 'GET /gr%C3%B6%C3%9Fe', true],
  ['a literal whose letters are encoded', 'GET /user%73/1', true],
  ['a plus sign, which is no space in a path', 'GET /v1/a+b', true],
  ['a space where a plus sign is written', 'GET /v1/a%20b', false],
  ['a parameter in the middle and a wildcard', 'GET /x/1/z/2', true],
  ['another literal after a parameter', 'GET /x/1/y/2', false],
  ['a broken escape', 'GET /users/%zz', false],
  ['an escape that is cut', 'GET /users/a%4', false],
  ['a dot segment', 'GET /files/../secret', false],
  ['a dot segment with a parameter', 'GET /files/..;/secret', false],
  ['a dot segment with a named parameter', 'GET /files/..;a=b/secret', false],
  ['a single dot', 'GET /users/.', false],
  ['an encoded dot segment', 'GET /files/%2e%2E/secret', false],
  ['a dot segment behind an encoded slash', 'GET /files/a%2f..%2f..%2fsecret', false],
  ['a dot segment behind an encoded backslash', 'GET /files/a%5c..%5csecret', false],
  ['an encoded slash that hides nothing', 'GET /users/group%2fproject', true],
  ['dots inside a name', 'GET /files/..a/b..c/...', true],
  ['a dot segment that is encoded twice', 'GET /files/%252e%252e/secret', false],
  ['a dot segment of which one dot is encoded twice', 'GET /files/.%252e/secret', false],
  ['a dot segment that is encoded three times', 'GET /files/%25252e%25252e/secret', false],
  ['a dot segment that is encoded twice, digit by digit', 'GET /files/%25%32%65%25%32%65/secret', false],
  ['a slash that is encoded twice', 'GET /files/a%252fb', false],
  ['a backslash that is encoded twice', 'GET /users/a%255cb', false],
  ['a NUL that is encoded twice', 'GET /users/a%2500', false],
  ['a NUL', 'GET /users/a%00', false],
  ['a line end', 'GET /users/a%0d%0ab', false],
  ['dots in more bytes than UTF-8 has for them', 'GET /files/%c0%ae%c0%ae/secret', false],
  ['an escape of an escape that hides nothing', 'GET /users/100%2525', true],
  ['a percent sign', 'GET /users/100%25', true],
]);

const HEADERS = {
  'X-Role': { equals: 'admin' },
  authorization: { prefix: 'Bearer ' },
  'x-debug': { present: false },
  'x-tenant': { present: true },
  'x-api': 'v1',
};
const GOOD = { 'x-role': 'admin', authorization: 'Bearer abc', 'x-tenant': 't', 'x-api': 'v1' };
const withHeaders = (changes: Record<string, string | undefined>): TestRequest => {
  const entries = Object.entries({ ...GOOD, ...changes }).filter((entry) => entry[1] !== undefined);
  return { target: '/a', headers: Object.fromEntries(entries) as Record<string, string> };
};
table('headers', { rules: [{ methods: ['GET'], path: '/a', headers: HEADERS }] }, [
  ['a request that fits all conditions', withHeaders({}), true],
  ['another value', withHeaders({ 'x-role': 'user' }), false],
  ['a value in another case', withHeaders({ 'x-role': 'Admin' }), false],
  ['a value that only begins alike', withHeaders({ 'x-role': 'administrator' }), false],
  ['a missing header that has to equal', withHeaders({ 'x-role': undefined }), false],
  ['another prefix', withHeaders({ authorization: 'Basic abc' }), false],
  ['a value shorter than the prefix', withHeaders({ authorization: 'Bear' }), false],
  ['a header that must be absent', withHeaders({ 'x-debug': '' }), false],
  ['a missing header that must be present', withHeaders({ 'x-tenant': undefined }), false],
  ['an empty header that must be present', withHeaders({ 'x-tenant': '' }), true],
  ['another value of the short form', withHeaders({ 'x-api': 'v2' }), false],
  ['an absent header that is there with an underscore', withHeaders({ x_debug: '1' }), false],
  ['a header that is there with an underscore as well', withHeaders({ x_role: 'admin' }), false],
  [
    'a header that is there with an underscore only',
    withHeaders({ 'x-role': undefined, x_role: 'admin' }),
    false,
  ],
]);

const VALUES = { 'x-plan': { oneOf: ['pro', 'team'] }, 'x-version': { matches: 'v[1-3](\\.[0-9]+)?' } };
const withValues = (plan: string, version: string): TestRequest => ({
  target: '/a',
  headers: { 'x-plan': plan, 'x-version': version },
});
table('values of headers', { rules: [{ methods: ['GET'], path: '/a', headers: VALUES }] }, [
  ['one of the values, and what the pattern matches', withValues('team', 'v2.14'), true],
  ['none of the values', withValues('free', 'v2'), false],
  ['a value that the pattern matches in part', withValues('pro', 'v2.'), false],
]);

const QUERY = { allow: ['page', 'tag', 'sort by', 'é', ''], require: ['page'], repeat: ['tag'] };
table(
  'query',
  {
    rules: [
      { methods: ['GET'], path: '/a', query: QUERY },
      { methods: ['GET'], path: '/none', query: { allow: [] } },
      { methods: ['GET'], path: '/any' },
    ],
  },
  [
    ['allowed parameters', 'GET /a?page=1&tag=x', true],
    ['a parameter that is not allowed', 'GET /a?page=1&admin=1', false],
    ['a name in another case', 'GET /a?Page=1', false],
    ['a required parameter that is missing', 'GET /a?tag=x', false],
    ['a required parameter without a value', 'GET /a?page', true],
    ['no query where a parameter is required', 'GET /a', false],
    ['an allowed name that is encoded', 'GET /a?%70age=1', true],
    ['a name with a space, as + and as %20', 'GET /a?page=1&sort+by=a', true],
    ['a name beyond ASCII', 'GET /a?page=1&%C3%A9=1', true],
    ['a name in another encoding', 'GET /a?page=1&%E9=1', false],
    ['a forbidden name that is encoded', 'GET /a?page=1&%61dmin=1', false],
    ['a name with a broken escape', 'GET /a?page=1&a%=1', false],
    ['a repeated parameter', 'GET /a?page=1&page=2', false],
    ['a repeated parameter in two spellings', 'GET /a?page=1&p%61ge=2', false],
    ['a repeated parameter that may repeat', 'GET /a?page=1&tag=a&tag=b&tag=c', true],
    ['empty pieces', 'GET /a?&page=1&&', true],
    ['an empty name that is allowed', 'GET /a?page=1&=x', true],
    ['an ampersand inside a value', 'GET /a?page=a%26admin=1', true],
    ['a second equals sign', 'GET /a?page=a=b', true],
    ['a semicolon, which some servers split at', 'GET /a?page=1;admin=1', false],
    ['an encoded semicolon', 'GET /a?page=1%3Badmin=1', true],
    ['brackets that make another name', 'GET /a?page[]=1', false],
    ['no query where none is allowed', 'GET /none', true],
    ['any query where none is allowed', 'GET /none?a', false],
    ['any query where the rule says nothing of it', 'GET /any?a=b;c&d', true],
  ],
);

table(
  'order of rules',
  {
    rules: [
      { methods: ['GET'], path: '/a/*', headers: { 'x-k': '1' } },
      { methods: ['GET'], path: '/a/b' },
    ],
  },
  [
    ['what a later rule fits', 'GET /a/b', true],
    ['what no rule fits as a whole', 'GET /a/c', false],
  ],
);

describe('policy: repeated headers', () => {
  it('denies when one of several fields does not fit', async () => {
    // The harness takes one value a name, so the second field comes from a filter in front.
    const { TestChain } = await import('../../sdk/testing/index.js');
    const { buildInline } = await import('../sdk/inline-filter.js');
    const { builtIn } = await import('./built-in.js');
    const front = await buildInline(`
      import { Decision, next, Request } from 'sluice';
      export function onRequest(request: Request): Decision {
        request.headers.add('x-role', request.query);
        return next();
      }`);
    const config = { rules: [{ methods: ['GET'], path: '/a', headers: { 'x-role': 'admin' } }] };
    const chain = new TestChain([{ module: front }, { module: builtIn('policy'), config }]);
    const headers = { 'x-role': 'admin' };
    assert.equal(chain.exchange({ target: '/a?admin', headers }).client?.status, 200);
    assert.equal(chain.exchange({ target: '/a?user', headers }).client?.status, 403);
  });
});

describe('policy: the answer to a denied request', () => {
  it('is a problem document that tells nothing of the rules', () => {
    const chain = chainOf('policy', { rules: [{ methods: ['GET'], path: '/secret-place' }] });
    const { client } = chain.exchange({ target: '/other' });
    assert.equal(client!.status, 403);
    assert.equal(client!.headers.get('content-type'), 'application/problem+json');
    assert.deepEqual(JSON.parse(client!.text), {
      type: 'urn:sluice:filter:POLICY_DENIED',
      title: 'POLICY_DENIED',
      status: 403,
      detail: 'This request is not allowed.',
      code: 'POLICY_DENIED',
      requestId: 'test-1',
    });
  });

  it('has status and sentence of the config', () => {
    const chain = chainOf('policy', { rules: [], deny: { status: 404, detail: 'Nothing "here"\n.' } });
    const { client } = chain.exchange({ target: '/' });
    assert.equal(client!.status, 404);
    assert.equal(JSON.parse(client!.text).detail, 'Nothing "here"\n.');
  });
});

describe('policy: config', () => {
  const rule = (changes: object): unknown => ({ rules: [{ methods: ['GET'], path: '/', ...changes }] });
  const refused: readonly [name: string, config: unknown, message: RegExp][] = [
    ['no rules', {}, /config\/rules: expected a list/],
    ['no methods', rule({ methods: undefined }), /config\/rules\/0\/methods: expected a list/],
    ['a path without a slash', rule({ path: 'a' }), /config\/rules\/0\/path: a path begins with \//],
    ['a wildcard that is not last', rule({ path: '/*/a' }), /config\/rules\/0\/path: a \* stands last/],
    [
      'a wildcard inside a segment',
      rule({ path: '/a*' }),
      /config\/rules\/0\/path: a \* fills a whole segment/,
    ],
    ['a parameter without a name', rule({ path: '/:' }), /config\/rules\/0\/path: a parameter has a name/],
    ['a broken escape in a path', rule({ path: '/%4' }), /config\/rules\/0\/path: a % is followed/],
    ['a dot segment in a path', rule({ path: '/a/../b' }), /config\/rules\/0\/path: dot segments/],
    [
      'a header name that is none',
      rule({ headers: { 'a b': 'c' } }),
      /config\/rules\/0\/headers\/a b: not a header name/,
    ],
    [
      'a value for an absent header',
      rule({ headers: { a: { present: false, equals: 'b' } } }),
      /config\/rules\/0\/headers\/a: a header that must be absent/,
    ],
    [
      'a header that ends at the gateway',
      rule({ headers: { te: { present: false } } }),
      /config\/rules\/0\/headers\/te: no filter sees this header/,
    ],
    [
      'one header in two spellings',
      rule({ headers: { 'x-a': 'b', x_a: 'b' } }),
      /config\/rules\/0\/headers\/x_a: the same header as another/,
    ],
    ['an empty condition', rule({ headers: { a: {} } }), /config\/rules\/0\/headers\/a: expected a text/],
    [
      'a required parameter that is not allowed',
      rule({ query: { allow: ['a'], require: ['b'] } }),
      /config\/rules\/0\/query\/require\/0: expected a name that is in allow/,
    ],
    ['a query without allow', rule({ query: {} }), /config\/rules\/0\/query\/allow: expected a list/],
    [
      'a status that is no client error',
      { rules: [], deny: { status: 200 } },
      /config\/deny\/status: expected a status/,
    ],
  ];
  for (const [name, config, message] of refused) {
    it(`is refused with the place: ${name}`, () => {
      assert.throws(() => chainOf('policy', config), { code: 'SLUICE_FILTER_CONFIG', message });
    });
  }

  it('is described property by property in the manifest', () => {
    assert.deepEqual(undescribed('policy'), []);
  });

  it('has a schema that takes the example of the README and refuses unknown keys', () => {
    assert.deepEqual(schemaFindings('policy', readmeExample('policy')), []);
    assert.deepEqual(schemaFindings('policy', { rules: [], default: 'allow' }), ['']);
    assert.deepEqual(schemaFindings('policy', rule({ method: 'GET' })), ['/rules/0']);
    assert.deepEqual(schemaFindings('policy', rule({ headers: VALUES })), []);
  });
});

describe('policy: the fixtures of its README', () => {
  const chain = chainOf('policy', readmeExample('policy'));
  for (const [line = '', fields = '', upstreamSees, clientSees] of readmeFixtures('policy')) {
    it(`${line} ${fields.replaceAll('\n', ', ')}`, () => {
      const [method = '', target = ''] = line.split(' ');
      const headers = Object.fromEntries(
        fields
          .split('\n')
          .filter(Boolean)
          .map((field) => field.split(': ')),
      );
      const { upstream, client } = chain.exchange({ method, target, headers });
      assert.equal(upstream === null ? '-' : `${method} ${upstream.target}`, upstreamSees);
      assert.equal(inShort(client!.status, client!.headers.get('content-type'), client!.text), clientSees);
    });
  }
});
