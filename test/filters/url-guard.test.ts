import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SPECIAL_NETWORKS } from '../../core/special-range.js';
import { CLOSED_SUFFIXES } from '../../core/url-allow-list.js';
import { SchemaStore } from '../../core/wasm/schemas/schema-store.js';
import { TestChain, type TestRequest } from '../../sdk/testing/index.js';
import { textOf } from '../house/source-tree.js';
import { dataViewOf } from '../support/data-view.js';
import { builtIn, chainOf, readmeExample, readmeFixtures, schemaFindings, undescribed } from './built-in.js';
import { ALLOW_TABLES, UNUSABLE_HOSTS } from './url-guard-allow.js';

const ALLOW = [{ hosts: ['hooks.example.com'] }];
const GOOD = 'https://hooks.example.com/in';
const EVIL = 'https://evil.example/';

const ALL_FIELDS = [{ query: 'url' }, { header: 'x-hook' }, { form: 'url' }, { json: '/hooks/*/url' }];

/** What came of a request: what reached the upstream, or status, code and place of the refusal. */
function outcome(chain: TestChain, request: TestRequest): string {
  const { upstream, client, failures } = chain.exchange(request);
  assert.deepEqual(failures, []);
  if (upstream !== null) return `passed ${upstream.target} ${upstream.text}`.trimEnd();
  const problem = JSON.parse(client!.text) as Record<string, string>;
  assert.equal(client!.headers.get('content-type'), 'application/problem+json');
  assert.equal(problem['status'], client!.status);
  assert.equal(client!.text.includes('evil'), false);
  return [client!.status, problem['code']!.replace('URL_GUARD_', ''), problem['in'], problem['field']]
    .filter((part) => part !== undefined)
    .join(' ');
}

function post(body: unknown, type = 'application/json'): TestRequest {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { method: 'POST', target: '/', headers: { 'content-type': type }, body: text };
}

const form = (body: string): TestRequest => post(body, 'application/x-www-form-urlencoded');

type Row = readonly [request: string | TestRequest, expected: string];

/** A text is a target of GET; `passed` in short is the request as it came. */
function table(what: string, config: object, rows: readonly Row[]): void {
  describe(`url-guard: ${what}`, () => {
    const chain = chainOf('url-guard', { allow: ALLOW, ...config });
    for (const [row, expected] of rows) {
      const request = typeof row === 'string' ? { target: row } : row;
      const { target, body = '' } = request;
      const shown = [target, JSON.stringify(request.headers) ?? '', body].join(' ').slice(0, 200);
      it(`${expected.split(' ').slice(0, 2).join(' ')}: ${shown}`, () => {
        const whole = expected === 'passed' ? `passed ${target} ${body as string}`.trimEnd() : expected;
        assert.equal(outcome(chain, request), whole);
      });
    }
  });
}

table('query parameters', { fields: [{ query: 'url' }, { query: 'back to' }] }, [
  ['/', 'passed'],
  ['/?other=x', 'passed'],
  [`/?other=${EVIL}`, 'passed'],
  [`/?url=${GOOD}`, 'passed'],
  [`/?a=1&url=${encodeURIComponent(GOOD)}&b`, 'passed'],
  [`/?%75rl=${GOOD}`, 'passed'],
  [`/?url=${EVIL}`, '400 NOT_ALLOWED query url'],
  [`/?%75rl=${EVIL}`, '400 NOT_ALLOWED query url'],
  [`/?back+to=${EVIL}`, '400 NOT_ALLOWED query back to'],
  [`/?back%20to=${GOOD}`, 'passed'],
  ['/?url', '400 INVALID query url'],
  ['/?url=', '400 INVALID query url'],
  ['/?url=%zz', '400 INVALID query url'],
  ['/?url=%ff', '400 INVALID query url'],
  [`/?url=https://hooks.example.com/%ff`, '400 INVALID query url'],
  [`/?url=${encodeURIComponent(encodeURIComponent(GOOD))}`, '400 INVALID query url'],
  [`/?url=${GOOD}+`, '400 SPELLING query url'],
  [`/?url=${GOOD}&url=${GOOD}`, '400 REPEATED query url'],
  [`/?url=${GOOD}&%75rl=${EVIL}`, '400 REPEATED query url'],
  [`/?url=${GOOD}&url`, '400 REPEATED query url'],
  [`/?url[]=${EVIL}`, '400 AMBIGUOUS query url[]'],
  [`/?url[0]=${GOOD}`, '400 AMBIGUOUS query url[0]'],
  [`/?url%5B%5D=${EVIL}`, '400 AMBIGUOUS query url[]'],
  [`/?URL=${EVIL}`, '400 AMBIGUOUS query URL'],
  [`/?+url=${EVIL}`, '400 AMBIGUOUS query  url'],
  [`/?url%00x=${EVIL}`, '400 AMBIGUOUS query url\0x'],
  [`/?back.to=${EVIL}`, '400 AMBIGUOUS query back.to'],
  [`/?back_to=${EVIL}`, '400 AMBIGUOUS query back_to'],
  [`/?u%zzrl=${EVIL}`, '400 AMBIGUOUS query'],
  [`/?%u0075rl=${EVIL}`, '400 AMBIGUOUS query'],
  [`/?a=1;url=${EVIL}`, '400 AMBIGUOUS query url'],
  [`/?a;b=2;URL=${EVIL}`, '400 AMBIGUOUS query URL'],
  [`/?a=1;b=2`, 'passed'],
  [`/?url=${GOOD};x=1`, 'passed'],
  [`/?url=${GOOD};url=${EVIL}`, '400 AMBIGUOUS query url'],
  [`/?curl=${EVIL}&urls=${EVIL}&my[url]=${EVIL}`, 'passed'],
  [post(`{"url":"${EVIL}"}`), 'passed'],
]);

table(
  'parameters with brackets',
  { fields: [{ query: 'user[url]' }, { form: 'hook.url' }, { form: 'urls[]' }, { form: 'a_b' }] },
  [
    [`/?user[url]=${GOOD}`, 'passed'],
    [`/?user[name]=x&user=y&url=z&my[user][url]=z`, 'passed'],
    [`/?user[url]=${EVIL}`, '400 NOT_ALLOWED query user[url]'],
    [`/?user%5Burl%5D=${EVIL}`, '400 NOT_ALLOWED query user[url]'],
    [`/?us%65r%5b%75rl]=${EVIL}`, '400 NOT_ALLOWED query user[url]'],
    [`/?user[url]=${GOOD}&user%5Burl%5D=${EVIL}`, '400 REPEATED query user[url]'],
    ...[
      'user.url',
      'user_url',
      'user[URL]',
      'user[url][]',
      'user[url][0]',
      'user[url][x]',
      'user[url].x',
      'user[url',
      'user][url]',
      'user[][url]',
      'user[ url ]',
      'user [url]',
      ' user[url]',
      '[user][url]',
      'user[url]x',
      'user.url[]',
      'user[url]\0x',
      'u\u017fer[url]',
    ].map((name): Row => [`/?${encodeURIComponent(name)}=${EVIL}`, `400 AMBIGUOUS query ${name}`]),
    [form(`hook.url=${GOOD}&hook.name=x&hook=y&a=1`), 'passed'],
    [form(`hook.url=${EVIL}`), '400 NOT_ALLOWED form hook.url'],
    [form(`hook[url]=${EVIL}`), '400 AMBIGUOUS form hook[url]'],
    [form(`hook[url][]=${EVIL}`), '400 AMBIGUOUS form hook[url][]'],
    [form(`urls[]=${GOOD}`), 'passed'],
    [form(`urls[]=${GOOD}&urls[]=${EVIL}`), '400 REPEATED form urls[]'],
    [form(`urls=${EVIL}`), '400 AMBIGUOUS form urls'],
    [form(`urls[1]=${EVIL}`), '400 AMBIGUOUS form urls[1]'],
    [form(`a[b=${EVIL}`), '400 AMBIGUOUS form a[b'],
    [form(`x=1;a.b=${EVIL}`), '400 AMBIGUOUS form a.b'],
  ],
);

table('headers', { fields: [{ header: 'X-Hook' }, { header: 'x-back-url', required: true }] }, [
  [{ target: '/', headers: { 'x-back-url': GOOD } }, 'passed'],
  [{ target: '/', headers: { 'x-back-url': GOOD, 'x-hook': GOOD } }, 'passed'],
  [{ target: '/', headers: { 'x-hook': GOOD } }, '400 MISSING header x-back-url'],
  [{ target: '/', headers: { 'x-back-url': EVIL } }, '400 NOT_ALLOWED header x-back-url'],
  [
    { target: '/', headers: { 'x-back-url': GOOD, 'x-hook': `${GOOD}, ${EVIL}` } },
    '400 SPELLING header x-hook',
  ],
  [{ target: '/', headers: { 'x-back-url': [GOOD, EVIL] } }, '400 REPEATED header x-back-url'],
  [{ target: '/', headers: { 'x-back-url': GOOD, x_hook: EVIL } }, '400 AMBIGUOUS header x_hook'],
  [{ target: '/', headers: { 'x-back-url': GOOD, 'x-back_url': EVIL } }, '400 AMBIGUOUS header x-back_url'],
  [{ target: '/', headers: { 'x-back-url': '' } }, '400 INVALID header x-back-url'],
]);

table('form fields', { fields: [{ form: 'url', required: true }, { form: 'logo' }] }, [
  [form(`url=${GOOD}`), 'passed'],
  [form(`a=b&url=${encodeURIComponent(GOOD)}&logo=${GOOD}`), 'passed'],
  [form('logo='), '400 INVALID form logo'],
  [form('a=b'), '400 MISSING form url'],
  ['/', '400 MISSING form url'],
  [form(`url=${EVIL}`), '400 NOT_ALLOWED form url'],
  [form(`url=${GOOD}&url=${EVIL}`), '400 REPEATED form url'],
  [form(`url=${GOOD}&logo[]=${EVIL}`), '400 AMBIGUOUS form logo[]'],
  [post({ url: EVIL }), '415 CONTENT_TYPE form'],
  [post(`url=${GOOD}`, 'multipart/form-data; boundary=x'), '415 CONTENT_TYPE form'],
  [post(`url=${GOOD}`, 'text/plain'), '415 CONTENT_TYPE form'],
  [post(`url=${GOOD}`, 'application/x-www-form-urlencoded; charset=utf-16'), '415 CONTENT_TYPE form'],
  [{ ...form(`url=${GOOD}`), headers: {} }, '415 CONTENT_TYPE form'],
]);

table(
  'JSON pointers',
  { fields: [{ json: '/hooks/*/url' }, { json: '/a~1b' }, { json: '/logo' }, { json: '/list/1' }] },
  [
    ['/', 'passed'],
    [post('{}'), 'passed'],
    [post('[]'), 'passed'],
    [post(`"${EVIL}"`), 'passed'],
    [post({ hooks: [], logo: null, other: EVIL, 'a/b': GOOD }), 'passed'],
    [post({ hooks: [{ url: GOOD }, { url: null }, {}, 5, 'x', null] }), 'passed'],
    [post({ hooks: { one: { url: GOOD } } }), 'passed'],
    [post(' {\n "hooks" : [ { "url" : "https:\\/\\/hooks.example.com\\/in" } ] } '), 'passed'],
    [post({ hooks: [{ url: GOOD }, { name: 'x', url: EVIL }] }), '400 NOT_ALLOWED json /hooks/1/url'],
    [post({ hooks: { one: { url: EVIL } } }), '400 NOT_ALLOWED json /hooks/one/url'],
    [post({ x: [{ y: [] }], hooks: [[], { url: EVIL }] }), '400 NOT_ALLOWED json /hooks/1/url'],
    [post('{"hooks":[{"\\u0075rl":"https://evil.example/"}]}'), '400 NOT_ALLOWED json /hooks/0/url'],
    [post('{"hooks":[{"url":"\\u0068ttps://evil.example/"}]}'), '400 NOT_ALLOWED json /hooks/0/url'],
    [post('{"hooks":[{"url":"https://hooks.example.com\\u005c@evil/"}]}'), '400 SPELLING json /hooks/0/url'],
    [post('{"hooks":[{"url":"https://hooks.example.com/\\ud800"}]}'), '400 INVALID json /hooks/0/url'],
    [post({ hooks: { 'a/b~c': { url: EVIL } } }), '400 NOT_ALLOWED json /hooks/a~1b~0c/url'],
    [post({ 'a/b': EVIL }), '400 NOT_ALLOWED json /a~1b'],
    [post({ list: [EVIL, EVIL] }), '400 NOT_ALLOWED json /list/1'],
    [post({ list: [EVIL, GOOD, EVIL] }), 'passed'],
    [post({ hooks: [{ url: 5 }] }), '400 NOT_STRING json /hooks/0/url'],
    [post({ hooks: [{ url: true }] }), '400 NOT_STRING json /hooks/0/url'],
    [post({ hooks: [{ url: [EVIL] }] }), '400 NOT_STRING json /hooks/0/url'],
    [post({ hooks: [{ url: [] }] }), '400 NOT_STRING json /hooks/0/url'],
    [post({ hooks: [{ url: { href: EVIL } }] }), '400 NOT_STRING json /hooks/0/url'],
    [post({ hooks: [{ url: '' }] }), '400 INVALID json /hooks/0/url'],
    [post({ hooks: [{ URL: EVIL }] }), '400 AMBIGUOUS json /hooks/0/URL'],
    [post({ Hooks: [{ url: EVIL }] }), '400 AMBIGUOUS json /Hooks/0/url'],
    [post({ 'hoo\u212As': [{ url: EVIL }] }), '400 AMBIGUOUS json /hoo\u212As/0/url'],
    [post({ 'hook\u017f': [{ url: EVIL }] }), '400 AMBIGUOUS json /hook\u017f/0/url'],
    [post({ hooks: [{ url: GOOD, Url: GOOD }] }), '400 AMBIGUOUS json /hooks/0/Url'],
    [post(`{"logo":"${GOOD}","logo":"${EVIL}"}`), '400 NOT_JSON json'],
    [post('{"logo":'), '400 NOT_JSON json'],
    [post(`\ufeff{"logo":"${EVIL}"}`), '400 NOT_JSON json'],
    [post({ logo: EVIL }, 'application/vnd.api+json; charset="UTF-8"'), '400 NOT_ALLOWED json /logo'],
    [post({ logo: EVIL }, 'text/plain'), '415 CONTENT_TYPE json'],
    [post({ logo: GOOD }, 'application/json; charset=utf-16'), '415 CONTENT_TYPE json'],
    [post({ logo: GOOD }, 'application/json; charset=utf-8; Charset=utf-7'), '415 CONTENT_TYPE json'],
    [form(`logo=${EVIL}`), '415 CONTENT_TYPE json'],
    [
      { ...post({ logo: GOOD }), headers: { 'content-type': ['application/json', 'text/plain'] } },
      '415 CONTENT_TYPE json',
    ],
    [
      {
        ...post({ logo: GOOD }),
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      },
      '415 CONTENT_TYPE json',
    ],
    [
      {
        ...post({ logo: EVIL }),
        headers: { 'content-type': 'application/json', 'content-encoding': 'identity' },
      },
      '400 NOT_ALLOWED json /logo',
    ],
  ],
);

table(
  'the root, and what is required',
  {
    fields: [
      { json: '', required: true },
      { query: 'a', required: true },
    ],
  },
  [
    [{ ...post(`"${GOOD}"`), target: `/?a=${GOOD}` }, 'passed'],
    [{ ...post(`"${EVIL}"`), target: `/?a=${GOOD}` }, '400 NOT_ALLOWED json'],
    [{ ...post('null'), target: `/?a=${GOOD}` }, '400 MISSING json'],
    [post(`"${GOOD}"`), '400 MISSING query a'],
    [`/?a=${GOOD}`, '400 MISSING json'],
  ],
);

table(
  'pointers that overlap, and names of all kinds',
  {
    fields: [
      { json: '/a' },
      { json: '/a/b' },
      { json: '/*/c' },
      { json: '/😀~0x/0' },
      { json: '/l/01' },
      { json: '/' },
    ],
  },
  [
    [post({ a: GOOD, b: { c: GOOD } }), 'passed'],
    [post({ a: { b: GOOD } }), '400 NOT_STRING json /a'],
    [post({ b: { c: EVIL } }), '400 NOT_ALLOWED json /b/c'],
    [post('{"\\ud83d\\ude00~x":["https://evil.example/"]}'), '400 NOT_ALLOWED json /😀~0x/0'],
    [post('{"😀~x":["x:y"]}'), '400 NOT_ALLOWED json /😀~0x/0'],
    [post('{"😀~x":{"0":"https://evil.example/"}}'), '400 NOT_ALLOWED json /😀~0x/0'],
    [post('{"\\ud83d":["https://evil.example/"],"\\ude00~x":["https://evil.example/"]}'), 'passed'],
    [post({ l: [EVIL, EVIL] }), 'passed'],
    [post({ l: { '01': EVIL, 1: EVIL } }), '400 NOT_ALLOWED json /l/01'],
    [post({ '': EVIL }), '400 NOT_ALLOWED json /'],
    [post({ 'a/b': EVIL, 'a~1b': EVIL }), 'passed'],
  ],
);

table('a required pointer', { fields: [{ json: '/hook/url', required: true }, { form: 'url' }] }, [
  [post({ hook: { url: GOOD } }), 'passed'],
  [post({ hook: { url: null } }), '400 MISSING json /hook/url'],
  [post({ hook: 5 }), '400 MISSING json /hook/url'],
  [form(`url=${GOOD}`), '400 MISSING json /hook/url'],
]);

const LOOK_LIKE = [
  ...[
    'https://evil.example/',
    'HTTP://evil.example',
    'http:evil.example',
    'https:/evil.example',
    'gopher://evil',
  ],
  ...['//evil.example/', '\\\\evil.example\\x', '/\\evil.example', '\\/evil.example', 'file:/etc/passwd'],
  ...[
    ' https://evil.example/',
    '\thttps://evil.example/',
    '\u00a0https://evil.example/',
    '\ufeffhttps://evil',
  ],
  ...[
    '\u3000//evil.example',
    'ht\ntps://evil.example/',
    'https:\n//evil.example/',
    '/\t/evil.example',
    'data:,evil',
  ],
  ...[
    'javascript:evil()',
    'jar:http://evil!/',
    'view-source:http://evil',
    'url:http://evil',
    'php://evil',
    'x-y+z.1:/evil',
  ],
  ...[
    'https%3A%2F%2Fevil.example',
    '%2f%2fevil.example',
    'https%253A%252F%252Fevil',
    'file:evil',
    'ldap:\\evil',
    'netdoc:evil',
  ],
];
const LOOK_UNLIKE = [
  ...[
    '',
    'a',
    '/',
    '/evil',
    './evil',
    'evil.example',
    'evil.example/path',
    'see https://evil.example/',
    'a//evil',
    ':',
  ],
  ...[
    'note: //evil',
    'Data: 5 evils',
    'url: evil',
    'file: evil',
    'http',
    'http:',
    '12:30',
    'C:evil',
    'mailto:evil@a.example',
  ],
  ...[
    'tel:+49',
    'urn:isbn:evil',
    '1http://evil',
    '://evil',
    '?https://evil',
    '100%',
    '%zz//evil',
    '%',
    'é://evil',
    '~/evil',
  ],
];

describe('url-guard: what looks like a URL', () => {
  const json = chainOf('url-guard', { scan: ['json'], allow: [] });
  const query = chainOf('url-guard', { scan: ['query', 'form'], allow: [] });
  const targets = (text: string): string[] => [`/?a=${encodeURIComponent(text)}`];
  for (const text of LOOK_LIKE) {
    it(`does ${JSON.stringify(text)}`, () => {
      assert.match(outcome(json, post({ a: [text] })), /^400 (?:NOT_ALLOWED|INVALID) json \/a\/0$/);
      for (const target of targets(text))
        assert.match(outcome(query, { target }), /^400 (?:NOT_ALLOWED|INVALID) query a$/);
      assert.match(
        outcome(query, form(`a=${encodeURIComponent(text)}`)),
        /^400 (?:NOT_ALLOWED|INVALID) form a$/,
      );
    });
  }
  for (const text of LOOK_UNLIKE) {
    it(`does not ${JSON.stringify(text)}`, () => {
      assert.match(outcome(json, post([{ a: text }])), /^passed/);
      for (const target of targets(text)) assert.match(outcome(query, { target }), /^passed/);
    });
  }
});

table('scanning', { scan: ['query', 'json', 'form'], fields: [{ json: '/hook' }] }, [
  ['/?a=1&b=x', 'passed'],
  [`/?a=${GOOD}`, 'passed'],
  [`/?a=${EVIL}`, '400 NOT_ALLOWED query a'],
  ['/?https://evil.example', '400 NOT_ALLOWED query'],
  [`/?a=1;b=${EVIL}`, '400 NOT_ALLOWED query b'],
  [`/?a=1;b=${GOOD}`, 'passed'],
  [`/?a=%zz${EVIL}`, 'passed'],
  ['/?a=https://%zz', '400 INVALID query a'],
  [post({ a: { b: [1, 'x', GOOD] }, hook: GOOD }), 'passed'],
  [post({ a: { b: [1, 'x', EVIL] } }), '400 NOT_ALLOWED json /a/b/2'],
  [post('{"a":"\\u002f\\/evil.example"}'), '400 INVALID json /a'],
  [post({ [EVIL]: 'x' }), 'passed'],
  [post({ hook: 'no url' }), '400 INVALID json /hook'],
  [form(`x=${EVIL}`), '400 NOT_ALLOWED form x'],
  [form(`x=${GOOD}`), 'passed'],
]);

table('rewriting', { fields: ALL_FIELDS, scan: ['json'], rewrite: true }, [
  [`/?url=${GOOD}`, `passed /?url=${encodeURIComponent(GOOD)}`],
  [
    '/?x=%5C&url=https:%5C%5CHooks.example.com%5Ca%5C..%5Cb+c&y',
    'passed /?x=%5C&url=https%3A%2F%2Fhooks.example.com%2Fb%2520c&y',
  ],
  [
    '/?url=https://hooks.example.com%5C@evil.example/',
    'passed /?url=https%3A%2F%2Fhooks.example.com%2F%40evil.example%2F',
  ],
  ['/?url=https:%5C%5Cevil.example', '400 NOT_ALLOWED query url'],
  ['/?url=https://u@hooks.example.com', '400 NOT_ALLOWED query url'],
  [form('a=1&url=https:hooks.example.com&b=2'), 'passed / a=1&url=https%3A%2F%2Fhooks.example.com%2F&b=2'],
  [post(`{"hooks":[{"url":"${GOOD}"}]}`), 'passed'],
  [
    post(
      '{ "hooks": [ {"url": "https:\\/\\/hooks.example.com\\/?\\"\\\\"} ], "logo" : "https:/HOOKS.example.com", "n": 1.50 }',
    ),
    'passed / { "hooks": [ {"url": "https://hooks.example.com/?%22\\\\"} ], "logo" : "https://hooks.example.com/", "n": 1.50 }',
  ],
  [
    post({ hooks: [{ url: 'https://ｈｏｏｋｓ.example.com' }] }),
    'passed / {"hooks":[{"url":"https://hooks.example.com/"}]}',
  ],
]);

describe('url-guard: rewriting', () => {
  const chain = chainOf('url-guard', { fields: ALL_FIELDS, allow: ALLOW, rewrite: true });

  it('puts the normalised URL into a header', () => {
    const headers = { 'x-hook': 'HTTPS:hooks.example.com\\a' };
    const { upstream } = chain.exchange({ target: '/', headers });
    assert.equal(upstream?.headers.get('x-hook'), 'https://hooks.example.com/a');
  });

  it('removes digests of a body that it changed, and of no other', () => {
    const send = (url: string): unknown => {
      const headers = {
        'content-type': 'application/json',
        'content-digest': 'sha-256=:x:',
        digest: 'x',
        'x-a': 'b',
      };
      const { upstream } = chain.exchange({ ...post({ hooks: [{ url }] }), headers });
      return ['content-digest', 'digest', 'x-a'].map((name) => upstream!.headers.get(name));
    };
    assert.deepEqual(send('https:hooks.example.com'), [undefined, undefined, 'b']);
    assert.deepEqual(send(GOOD), ['sha-256=:x:', 'x', 'b']);
  });
});

describe('url-guard: reporting', () => {
  const config = { fields: ALL_FIELDS, allow: ALLOW, rewrite: true };

  it('lets through as it came, logs and counts what it would refuse', () => {
    const chain = chainOf('url-guard', { ...config, mode: 'report' });
    const requests: [TestRequest, string | null][] = [
      [{ target: `/?url=${EVIL}` }, 'would answer 400 URL_GUARD_NOT_ALLOWED query url'],
      [{ target: '/?url=https:hooks.example.com' }, null],
      [post({ hooks: [{ url: 5 }] }), 'would answer 400 URL_GUARD_NOT_STRING json /hooks/0/url'],
      [post('x', 'text/plain'), 'would answer 415 URL_GUARD_CONTENT_TYPE json'],
      [{ target: '/', headers: { 'x-hook': EVIL } }, 'would answer 400 URL_GUARD_NOT_ALLOWED header x-hook'],
    ];
    for (const [request, line] of requests) {
      const { upstream, logs, failures } = chain.exchange(request);
      assert.deepEqual(failures, []);
      assert.equal(upstream?.target, request.target);
      assert.equal(upstream?.text, request.body ?? '');
      assert.deepEqual(
        logs.map(({ text }) => text),
        line === null ? [] : [line],
      );
    }
    assert.deepEqual(counted(chain), {
      reported_total: { URL_GUARD_NOT_STRING: 1, URL_GUARD_NOT_ALLOWED: 2, URL_GUARD_CONTENT_TYPE: 1 },
    });
  });

  it('needs the log and the metrics, and says so at load', () => {
    const module = builtIn('url-guard');
    for (const [grants, missing] of [
      [['idna', 'log'], 'metrics'],
      [['idna', 'metrics'], 'log'],
    ] as const) {
      const filter = { module, config: { ...config, mode: 'report' }, grants };
      assert.throws(() => new TestChain([filter]), { message: new RegExp(missing) });
    }
  });

  it('is the only mode that needs them', () => {
    const chain = new TestChain([{ module: builtIn('url-guard'), config, grants: ['idna'] }]);
    assert.equal(outcome(chain, { target: `/?url=${EVIL}` }), '400 NOT_ALLOWED query url');
    assert.match(outcome(chain, { target: `/?url=${GOOD}` }), /^passed/);
    assert.deepEqual(chain.metrics, []);
  });
});

/** Counters above 0, by name and code. */
function counted(chain: TestChain): Record<string, Record<string, number>> {
  const counts: Record<string, Record<string, number>> = {};
  for (const { name, labels, value } of chain.metrics) {
    if (value === 0) continue;
    counts[name] ??= {};
    counts[name][labels['code']!] = value;
  }
  return counts;
}

describe('url-guard: what is allowed', () => {
  it('has the names that are not public in common with JSON Schema', () => {
    const source = textOf('filters/url-guard/assembly/domain.ts');
    const names = [...source.matchAll(/^ {2}'([^']+)',/gm)].map((match) => match[1]!);
    assert.deepEqual([...CLOSED_SUFFIXES].sort(), names.sort());
  });

  it('has no address of special use in it, unless an entry lies in such a network', () => {
    const everywhere = chainOf('url-guard', {
      fields: [{ json: '/url' }],
      allow: [{ hosts: ['0.0.0.0/0', '::/0'] }],
    });
    const named = chainOf('url-guard', { fields: [{ json: '/url' }], allow: [{ hosts: SPECIAL_NETWORKS }] });
    for (const network of SPECIAL_NETWORKS) {
      const [address = ''] = network.split('/');
      const { hostname } = new URL(address.includes(':') ? `https://[${address}]` : `https://${address}`);
      const request = post({ url: `https://${hostname}/` });
      assert.equal(outcome(everywhere, request), '400 NOT_ALLOWED json /url', network);
      assert.match(outcome(named, request), /^passed/, network);
    }
  });

  for (const [what, allow, verdicts] of ALLOW_TABLES) {
    it(`is judged as JSON Schema does, with ${what}`, () => {
      const chain = chainOf('url-guard', { fields: [{ json: '/url' }], allow: [allow] });
      for (const [url, verdict] of verdicts) {
        const code = verdict.toUpperCase().replace('-', '_');
        const expected = verdict === 'allowed' ? /^passed/ : new RegExp(`^400 ${code} json /url$`);
        assert.match(outcome(chain, post({ url })), expected, url);
      }
    });
  }

  it('may be any of several entries, each of which fits whole', () => {
    const allow = [
      { schemes: ['http'], hosts: ['a.com'] },
      { hosts: ['b.com'], ports: [8443] },
    ];
    const chain = chainOf('url-guard', { fields: [{ query: 'url' }], allow });
    for (const url of ['http://a.com', 'https://b.com:8443'])
      assert.match(outcome(chain, { target: `/?url=${url}` }), /^passed/);
    for (const url of ['https://a.com', 'http://a.com:8443', 'https://b.com', 'http://b.com:8443'])
      assert.match(outcome(chain, { target: `/?url=${url}` }), /^400 NOT_ALLOWED/);
  });

  it('is nothing where the list is empty', () => {
    const chain = chainOf('url-guard', { fields: [{ query: 'url' }], allow: [] });
    assert.match(outcome(chain, { target: `/?url=${GOOD}` }), /^400 NOT_ALLOWED/);
    assert.match(outcome(chain, { target: '/' }), /^passed/);
  });
});

describe('url-guard: the config', () => {
  const fields = [{ query: 'url' }];
  const refused: readonly [name: string, config: object, message: RegExp][] = [
    ['nothing to guard', { allow: [] }, /expected fields or scan/],
    ['empty lists', { fields: [], scan: [], allow: [] }, /expected fields or scan/],
    ['no allow list', { fields }, /config\/allow: expected a list/],
    ['a rule without hosts', { fields, allow: [{}] }, /config\/allow\/0\/hosts: expected a list of hosts/],
    ['a field of nothing', { fields: [{ required: true }], allow: [] }, /config\/fields\/0: expected one of/],
    [
      'a field of two kinds',
      { fields: [{ query: 'a', form: 'a' }], allow: [] },
      /config\/fields\/0: expected one of/,
    ],
    [
      'a field of another kind',
      { fields: [{ cookie: 'a' }], allow: [] },
      /config\/fields\/0\/cookie: expected query/,
    ],
    [
      'a header that is none',
      { fields: [{ header: 'a b' }], allow: [] },
      /fields\/0\/header: not a header name/,
    ],
    [
      'a header of one hop',
      { fields: [{ header: 'Connection' }], allow: [] },
      /filters do not see this header/,
    ],
    [
      'a pointer that is none',
      { fields: [{ json: 'a' }], allow: [] },
      /fields\/0\/json: expected a JSON Pointer/,
    ],
    [
      'a broken pointer',
      { fields: [{ json: '/~2' }], allow: [] },
      /fields\/0\/json: expected a JSON Pointer/,
    ],
    [
      'a wild pointer that is required',
      { fields: [{ json: '/*/a', required: true }], allow: [] },
      /cannot be required/,
    ],
    [
      'another place to scan',
      { scan: ['headers'], allow: [] },
      /config\/scan\/0: expected query, form or json/,
    ],
    [
      'a scheme without hosts',
      { fields, allow: [{ hosts: [], schemes: ['data'] }] },
      /schemes\/0: expected https/,
    ],
    ['a port that is none', { fields, allow: [{ hosts: [], ports: [0] }] }, /ports\/0: expected a port/],
    [
      'a path that is no pattern',
      { fields, allow: [{ hosts: [], paths: ['/*/a'] }] },
      /paths\/0: a \* stands last/,
    ],
    [
      'a status that is no client error',
      { fields, allow: [], status: 200 },
      /config\/status: expected a status/,
    ],
  ];
  for (const [name, config, message] of refused) {
    it(`is refused with the place: ${name}`, () => {
      assert.throws(() => chainOf('url-guard', config), { code: 'SLUICE_FILTER_CONFIG', message });
    });
  }

  for (const [host, message] of UNUSABLE_HOSTS) {
    it(`takes no host ${JSON.stringify(host)}`, () => {
      const config = { fields, allow: [{ hosts: ['a.com', host] }] };
      assert.throws(() => chainOf('url-guard', config), { code: 'SLUICE_FILTER_CONFIG', message });
      assert.throws(() => chainOf('url-guard', config), { message: /config\/allow\/0\/hosts\/1/ });
    });
  }

  it('does not load without the capability idna', () => {
    const filter = {
      module: builtIn('url-guard'),
      config: { fields, allow: [] },
      grants: ['log', 'metrics'] as const,
    };
    assert.throws(() => new TestChain([filter]), { code: 'SLUICE_FILTER_LINK' });
  });

  it('may set the status of refusals, but for content types', () => {
    const chain = chainOf('url-guard', { fields: ALL_FIELDS, allow: ALLOW, status: 403 });
    assert.equal(outcome(chain, { target: `/?url=${EVIL}` }), '403 NOT_ALLOWED query url');
    assert.equal(outcome(chain, post('x', 'text/plain')), '415 CONTENT_TYPE json');
  });

  it('is described property by property in the manifest', () => {
    assert.deepEqual(undescribed('url-guard'), []);
  });

  it('has a schema that takes the example of the README and refuses unknown keys', () => {
    assert.deepEqual(schemaFindings('url-guard', readmeExample('url-guard')), []);
    assert.deepEqual(schemaFindings('url-guard', { allow: [], deny: [] }), ['']);
    assert.deepEqual(schemaFindings('url-guard', { allow: [{ hosts: [], schemes: ['file'] }] }), [
      '/allow/0/schemes/0',
    ]);
    assert.deepEqual(schemaFindings('url-guard', { allow: [], fields: [{}] }), ['/fields/0']);
  });
});

describe('url-guard: the README', () => {
  const chain = chainOf('url-guard', readmeExample('url-guard'));
  const rows = readmeFixtures('url-guard');

  it('has fixtures', () => assert.ok(rows.length > 20));

  for (const [request = '', headers = '', body = '', upstreamSees, clientSees] of rows) {
    it(`shows what becomes of ${request} ${headers} ${body}`, () => {
      const [method = '', target = ''] = request.split(' ');
      const fields =
        headers === '' ? [] : headers.split('\n').map((field) => field.split(': ') as [string, string]);
      const { upstream, client } = chain.exchange({
        method,
        target,
        headers: Object.fromEntries(fields),
        ...(body === '' ? {} : { body }),
      });
      assert.equal(
        upstream === null ? '-' : `${method} ${upstream.target} ${upstream.text}`.trimEnd(),
        upstreamSees,
      );
      const problem = upstream === null ? (JSON.parse(client!.text) as Record<string, string>) : {};
      const seen = [client!.status, problem['code'], problem['in'], problem['field']];
      assert.equal(seen.filter((part) => part !== undefined).join(' '), clientSees);
    });
  }

  it('shows a schema that does what it says', () => {
    const [, text = ''] = /```json schema\n([\s\S]*?)```/.exec(textOf('filters/url-guard/README.md'))!;
    const schema = new SchemaStore().compile(text, 0);
    const kind = (callback: unknown): string =>
      schema.check(dataViewOf(Buffer.from(JSON.stringify({ callback })))).kind;
    assert.equal(kind('https://hooks.example.com/in/1'), 'valid');
    assert.equal(kind('https://a.partners.example/in/'), 'valid');
    assert.equal(kind('https://hooks.example.com/out'), 'mismatch');
    assert.equal(kind('https://hooks.example.com\\in\\1'), 'mismatch');
    assert.equal(kind('https://127.0.0.1/in/'), 'mismatch');
    assert.equal(kind(5), 'mismatch');
  });
});

describe('url-guard: a body that is as large as the limits of a route allow by default', () => {
  const MIB = 1 << 20;
  const fill = (piece: string): string => piece.repeat(Math.floor((MIB - 64) / piece.length));
  const list = (item: string): string => `[${fill(`${item},`)}0]`;
  const members = (member: (index: number) => string): string => {
    let text = '{"a":0';
    for (let index = 0; text.length < MIB - 64; index++) text += `,${member(index)}`;
    return `${text}}`;
  };
  const json = chainOf('url-guard', {
    fields: [{ json: '/*/url' }, { json: '/*/*/*' }, { json: '/hook/url' }],
    scan: ['json', 'form', 'query'],
    allow: ALLOW,
    rewrite: true,
  });
  const documents: readonly [what: string, text: string, expected: RegExp][] = [
    ['short strings', list('"a"'), /^passed/],
    ['short strings with an escape', list('"\\n"'), /^passed/],
    ['short strings with a percent sign', list('"%2f"'), /^passed/],
    ['strings with a scheme', list('"a:b"'), /^passed/],
    ['objects', list('{"x":1}'), /^passed/],
    ['members', members((index) => `"${index}":{}`), /^passed/],
    ['members with escapes', members((index) => `"\\u0041${index}":{"\\u0042":[]}`), /^passed/],
    ['one long string', `["${fill('%')}"]`, /^passed/],
    ['one long string of escapes', `["${fill('\\u0020')}"]`, /^passed/],
    ['one long string, encoded many times', `["${fill('%2525')}"]`, /^passed/],
    ['one long name', `{"${fill('A\\n')}":{"url":null}}`, /^passed/],
    ['one long URL', `["https://${fill('a')}"]`, /^400 INVALID json/],
    ['long URLs', list(`"${GOOD}/${'é'.repeat(4000)}"`), /^passed/],
    ['allowed URLs', list(`"${GOOD}"`), /^400 TOO_MANY json \/1000$/],
    ['allowed URLs in odd spelling', list('"https:hooks.example.com\\\\a"'), /^400 TOO_MANY json \/1000$/],
    ['depth', `{"a":${'['.repeat(511) + ']'.repeat(511)}}`, /^400 NOT_STRING/],
    ['too much depth', fill('['), /^400 NOT_JSON json$/],
  ];
  for (const [what, text, expected] of documents) {
    it(`fits into the memory: JSON of ${what}`, () => assert.match(outcome(json, post(text)), expected));
  }
  const forms: readonly [what: string, text: string, expected: RegExp][] = [
    ['names', fill('a&'), /^400 TOO_MANY form$/],
    ['semicolons', `a=${fill(';')}`, /^400 TOO_MANY form$/],
    ['ampersands', fill('&'), /^passed/],
    ['one long value', `a=${fill('%2525')}`, /^passed/],
    ['one long name', fill('%41'), /^passed/],
    ['one URL', `url=${GOOD}/${fill('a')}`, /^400 INVALID form url$/],
  ];
  const form1 = chainOf('url-guard', {
    fields: [{ form: 'url' }],
    scan: ['form'],
    allow: ALLOW,
    rewrite: true,
  });
  for (const [what, text, expected] of forms) {
    it(`fits into the memory: a form of ${what}`, () => assert.match(outcome(form1, form(text)), expected));
  }

  it('is looked at for as many as 64 pointers', () => {
    const fields = Array.from({ length: 64 }, (_, index) => ({ json: `/${index}/url`, required: true }));
    const chain = chainOf('url-guard', { fields, allow: ALLOW });
    const urls = (last: string): TestRequest =>
      post(Array.from({ length: 64 }, (_, index) => ({ url: index === 63 ? last : GOOD })));
    assert.match(outcome(chain, urls(GOOD)), /^passed/);
    assert.equal(outcome(chain, urls(EVIL)), '400 NOT_ALLOWED json /63/url');
    assert.equal(outcome(chain, post([{ url: GOOD }])), '400 MISSING json /1/url');
  });

  it('may have a thousand URLs', () => {
    const urls = (count: number): TestRequest => post(Array.from({ length: count }, () => ({ url: GOOD })));
    const chain = chainOf('url-guard', { fields: [{ json: '/*/url' }], allow: ALLOW });
    assert.match(outcome(chain, urls(1000)), /^passed/);
    assert.equal(outcome(chain, urls(1001)), '400 TOO_MANY json /1000/url');
    assert.match(outcome(chain, urls(1000)), /^passed/);
  });
});
