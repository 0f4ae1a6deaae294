// What filters import from 'sluice', called from inside of a guest: every line of the guest is one question, and its
// answer comes back in the body.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { type TestCallout, TestChain, TestClock } from '../../sdk/testing/index.js';
import { buildInline, manifestOf } from './inline-filter.js';

/** AssemblyScript expression, and what it comes to as text. `s('…')` are the bytes of a text, `j('…')` a document. */
const QUESTIONS: readonly [
  group: string,
  rows: readonly (readonly [expression: string, answer: string])[],
][] = [
  [
    'Bytes',
    [
      ["s('abc').equals('abc')", 'true'],
      ["s('abc').equals('abd')", 'false'],
      ["s('abc').equals('ab')", 'false'],
      ["s('ab').equals('abc')", 'false'],
      ["s('é').equals('é')", 'true'],
      ["s('é').equals('ab')", 'false'],
      ["s('😀x').equals('😀x')", 'true'],
      ["s('').equals('')", 'true'],
      ["s('AbC').equalsIgnoreCase('aBc')", 'true'],
      ["s('[').equalsIgnoreCase('{')", 'false'],
      ["s('abc').startsWith('ab')", 'true'],
      ["s('abc').startsWith('abcd')", 'false'],
      ["s('éa').startsWith('é')", 'true'],
      ["s('abc').endsWith('bc')", 'true'],
      ["s('abc').endsWith('abcd')", 'false'],
      ["s('abcabc').indexOf('ca')", '2'],
      ["s('abcabc').indexOf('a', 1)", '3'],
      ["s('abc').indexOf('x')", '-1'],
      ["s('abc').indexOf('')", '0'],
      ["s('abc').indexOfByte(0x63)", '2'],
      ["s('abc').contains('bc')", 'true'],
      ["s('abcdef').slice(2, 4)", 'cd'],
      ["s('abc').slice(2, 99)", 'c'],
      ["s('abc').slice(-5, 1)", 'a'],
      ["s('abc').slice(2, 1).length", '0'],
      ["s(' \\t a b \\t').trim()", 'a b'],
      ["s('ÄbC').toLowerCase()", 'Äbc'],
      ["s('ab').at(1)", '98'],
      ["s('ab')[0]", '97'],
      ["s('größe 😀').length", '12'],
      ["s('größe 😀').toString().length", '8'],
      ["s('a').clone().equalsBytes(s('a'))", 'true'],
      ['ABSENT.exists', 'false'],
      ["s('').exists", 'true'],
    ],
  ],
  [
    'percentDecode',
    [
      ["percentDecode(s('a%20b%2Fc'))", 'a b/c'],
      ["percentDecode(s('a+b'))", 'a+b'],
      ["percentDecode(s('a+b'), true)", 'a b'],
      ["percentDecode(s('%C3%a9'))", 'é'],
      ["percentDecode(s('plain'))", 'plain'],
      ["percentDecode(s('a%4')).exists", 'false'],
      ["percentDecode(s('a%4g')).exists", 'false'],
      ["percentDecode(s('%')).exists", 'false'],
    ],
  ],
  [
    'the request',
    [
      ['request.method', 'POST'],
      ['request.scheme', 'http'],
      ['request.authority', 'api.example.com'],
      ['request.path', '/users/42'],
      ['request.query', 'a=1&b=%26x&a=2&c&=d'],
      ['request.client', '192.0.2.1'],
      ['request.route', 'test'],
      ["request.parameter('a')", '1'],
      ["request.parameter('b')", '&x'],
      ["request.parameter('c').exists", 'true'],
      ["request.parameter('c').length", '0'],
      ["request.parameter('d').exists", 'false'],
      ["request.params.get('id')", '42'],
      ["request.params.get('other').exists", 'false'],
      ['request.params.size', '1'],
      ["request.headers.get('x-one')", 'eins'],
      ["request.headers.get('x-on').exists", 'false'],
      ["request.headers.has('x-one')", 'true'],
      ['request.headers.size', '2'],
      ['request.headers.nameAt(1)', 'x-one'],
      ['request.headers.valueAt(0)', 'api.example.com'],
      ["request.headers.find('x-one')", '1'],
      ["request.headers.find('x-one', 2)", '-1'],
      ['request.body', '{"k": [1, "two"]}'],
      ["Json.parse(request.body).find('/k/1').text()", 'two'],
    ],
  ],
  [
    'media types',
    [
      ["mediaType(s(' Text/HTML ; charset=x'))", 'text/html'],
      ["mediaParameter(s('a/b; X=1; Charset=\"UTF-8\"'), 'charset')", 'UTF-8'],
      ["mediaParameter(s('a/b'), 'charset').exists", 'false'],
      ["isJsonMediaType(s('application/vnd.api+json'))", 'true'],
      ["isJsonMediaType(s('application/jsonp'))", 'false'],
    ],
  ],
  [
    'Json',
    [
      ["j('[1, 2, 3]').size", '3'],
      ["j('{}').size", '0'],
      ["j('{\"a\": {\"b\": true}}').get('a').get('b').bool()", 'true'],
      ['j(\'{"a": 1, "a": 2}\').get(\'a\').integer()', '2'],
      ["j('{\"\\\\u0061\": 7}').get('a').integer()", '7'],
      ["j('[-12.9]').at(0).integer()", '-12'],
      ["j('[1.5e3]').at(0).number()", '1500.0'],
      ["j('[1]').at(1).exists", 'false'],
      ["j('[1]').at(1).pointer", '/1'],
      ["j('{\"a/b\": [{\"~\": 1}]}').get('a/b').at(0).get('~').pointer", '/a~1b/0/~0'],
      ["j('{\"a\": 1}').get('b').get('c').pointer", '/b/c'],
      ['j(\'"a\\\\n\\\\ud83d\\\\ude00\\\\u00e9"\').text()', 'a\n😀é'],
      ["j('null').isNull", 'true'],
      ["j('[1').exists", 'false'],
      ["j(' [ ] ').raw", '[ ]'],
      ["j('5').text('other')", 'other'],
      ['j(\'"x"\').integer(3)', '3'],
      ["j('{\"a\":[10,20]}').find('/a/1').integer()", '20'],
    ],
  ],
  [
    'JsonWriter',
    [
      [
        'new JsonWriter().beginArray().integer(0).integer(i64.MIN_VALUE).integer(i64.MAX_VALUE).endArray().bytes',
        '[0,-9223372036854775808,9223372036854775807]',
      ],
      [
        "new JsonWriter().beginObject().name('a').integer(-5).name('b').beginArray().bool(true).nothing().endArray().endObject().bytes",
        '{"a":-5,"b":[true,null]}',
      ],
      ["new JsonWriter().text('q\" b\\\\ n\\n é 😀').bytes", '"q\\" b\\\\ n\\u000a é 😀"'],
      ["new JsonWriter().beginArray().raw(s('{}')).text('').endArray().bytes", '[{},""]'],
      ["new JsonWriter().textBytes(s('é').slice(0, 1)).bytes", '"\ufffd"'],
      ["new JsonWriter().text('x'.repeat(1000)).bytes.length", '1002'],
    ],
  ],
];

const rows = QUESTIONS.flatMap(([, group]) => group);

const SOURCE = `
import { ABSENT, Bytes, Decision, isJsonMediaType, Json, JsonWriter, mediaParameter, mediaType, percentDecode, Request, respond } from 'sluice';

function s(text: string): Bytes { return Bytes.from(text); }
function j(text: string): Json { return Json.parse(Bytes.from(text)); }
function show<T>(out: JsonWriter, value: T): void {
  if (isString<T>()) out.text(changetype<string>(value));
  else if (isReference<T>()) out.textBytes(changetype<Bytes>(value));
  else out.text(value.toString());
}

export function onRequest(request: Request): Decision {
  const out = new JsonWriter().beginArray();
${rows.map(([expression]) => `  show(out, ${expression});`).join('\n')}
  return respond(200).json(out.endArray().bytes);
}
`;

describe('the API of guests', () => {
  let answers: string[];
  before(async () => {
    const module = await buildInline(SOURCE, manifestOf({ phases: { request: { body: 'buffer' } } }));
    const { client, failures } = new TestChain([{ module }]).exchange({
      method: 'POST',
      target: '/users/42?a=1&b=%26x&a=2&c&=d',
      headers: { host: 'api.example.com', 'x-one': 'eins' },
      params: ['id', '42'],
      body: '{"k": [1, "two"]}',
    });
    assert.deepEqual(failures, []);
    answers = JSON.parse(client!.text) as string[];
  });

  let index = 0;
  for (const [group, questions] of QUESTIONS) {
    describe(group, () => {
      for (const [expression, expected] of questions) {
        const at = index++;
        it(`answers ${expression} with ${JSON.stringify(expected)}`, () =>
          assert.equal(answers[at], expected));
      }
    });
  }
});

describe('decisions', () => {
  const SOURCES = `
    import { Decision, next, Request, respond, Response } from 'sluice';
    export function onRequest(request: Request): Decision {
      const path = request.path;
      if (path.equals('/edits')) {
        request.headers.set('x-set', 1);
        request.headers.add('x-set', 'two');
        request.headers.remove('x-gone');
        for (let i = 0; i < 30; i++) request.headers.set('x-' + i.toString(), i);
        request.setPath('/new');
        request.setQuery('q=1');
        return next();
      }
      if (path.equals('/dropped')) {
        request.headers.set('x-request', 'edit');
        return respond(201).addHeader('set-cookie', 'a=1').addHeader('set-cookie', 'b=2').text('made');
      }
      if (path.equals('/forgotten')) respond(403);
      if (path.equals('/status')) return respond(99);
      if (path.equals('/late')) request.keep('late');
      return next();
    }
    export function onResponse(request: Request, response: Response): Decision {
      if (request.context.equals('late')) request.headers.set('x-late', 'yes');
      if (response.status == 404) response.setStatus(410);
      if (response.status == 418) return respond(200).text('no teapot');
      return next();
    }`;
  let chain: TestChain;
  before(async () => {
    const manifest = manifestOf({ phases: { request: { body: 'none' }, response: { body: 'none' } } });
    chain = new TestChain([{ module: await buildInline(SOURCES, manifest) }]);
  });

  it('carry edits of every kind', () => {
    const { upstream } = chain.exchange({ target: '/edits?old', headers: { 'x-gone': '1' } });
    assert.equal(upstream?.target, '/new?q=1');
    assert.deepEqual(upstream?.headers.getAll('x-set'), ['1', 'two']);
    assert.equal(upstream?.headers.has('x-gone'), false);
    assert.equal(upstream?.headers.get('x-29'), '29');
  });

  it('drop the edits of the request when they answer', () => {
    const { upstream, client } = chain.exchange({ target: '/dropped' });
    assert.equal(upstream, null);
    assert.deepEqual(client?.headers.flat, [
      ...['set-cookie', 'a=1', 'set-cookie', 'b=2', 'content-type', 'text/plain; charset=utf-8'],
    ]);
    assert.deepEqual([client?.status, client?.text], [201, 'made']);
  });

  it('change a status, or the whole response', () => {
    assert.equal(chain.exchange({ target: '/' }, { status: 404 }).client?.status, 410);
    const { client } = chain.exchange(
      { target: '/' },
      { status: 418, headers: { 'x-tea': '1' }, body: 'short' },
    );
    assert.deepEqual([client?.status, client?.text, client?.headers.has('x-tea')], [200, 'no teapot', false]);
  });

  const failures: readonly [target: string, message: RegExp][] = [
    ['/forgotten', /respond\(\) was called, but the phase returned next\(\)/],
    ['/status', /the status must be 200 to 599/],
    ['/late', /request headers cannot change in the response phase/],
  ];
  for (const [target, message] of failures) {
    it(`fail clearly when they are misused: ${target}`, () => {
      assert.match(chain.exchange({ target }).failures[0]?.message ?? '', message);
    });
  }
});

describe('sdk/README.md', () => {
  it('shows a filter that builds and does what it says', async () => {
    const text = readFileSync(new URL('../../../sdk/README.md', import.meta.url), 'utf8');
    const manifest = JSON.parse(/```json\n([\s\S]*?)```/.exec(text)![1]!) as Record<string, unknown>;
    const source = /```ts\n([\s\S]*?)```/.exec(text)![1]!;
    const chain = new TestChain([{ module: await buildInline(source, manifest), config: { until: 'noon' } }]);
    const { upstream, client } = chain.exchange({ method: 'POST', target: '/users', body: '{}' });
    assert.equal(upstream, null);
    assert.equal(client?.status, 503);
    assert.equal(JSON.parse(client!.text).detail, 'Back at noon.');
    assert.equal(chain.exchange({ target: '/users' }).upstream?.headers.get('x-maintenance'), 'noon');
  });

  it('shows a filter that checks a signature', async () => {
    const text = readFileSync(new URL('../../../sdk/README.md', import.meta.url), 'utf8');
    const source = /```ts signature\n([\s\S]*?)```/.exec(text)![1]!;
    const manifest = { phases: { request: { body: 'buffer' } }, capabilities: ['crypto', 'secrets'] };
    const module = await buildInline(source, manifestOf(manifest));
    const chain = new TestChain([{ module }], { secrets: { hook: 'key' } });
    const send = (body: string, signature?: string) => {
      const headers: Record<string, string> = signature === undefined ? {} : { 'x-signature': signature };
      return chain.exchange({ method: 'POST', target: '/', headers, body }).upstream !== null;
    };
    const code = createHmac('sha256', 'key').update('{"a":1}').digest('hex');
    assert.equal(send('{"a":1}', code), true);
    assert.deepEqual(
      [send('{"a":2}', code), send('{"a":1}'), send('{"a":1}', ''), send('{"a":1}', code.slice(1))],
      [false, false, false, false],
    );
  });

  it('shows a filter that asks an upstream before it decides', async () => {
    const text = readFileSync(new URL('../../../sdk/README.md', import.meta.url), 'utf8');
    const source = /```ts callout\n([\s\S]*?)```/.exec(text)![1]!;
    const module = await buildInline(source, manifestOf({ capabilities: ['callouts'] }));
    const asked: TestCallout[] = [];
    const chain = new TestChain([{ module, config: { upstream: 'authz' } }], {
      callouts: {
        authz: (callout) => {
          asked.push(callout);
          if (callout.headers.get('authorization') === 'slow') return 'timeout';
          return callout.headers.get('authorization') === 'good'
            ? { headers: { 'x-user': 'ada' } }
            : { status: 401 };
        },
      },
    });
    const send = (authorization: string) => chain.exchange({ target: '/', headers: { authorization } });
    assert.equal(send('good').upstream?.headers.get('x-user'), 'ada');
    assert.equal(send('bad').client?.status, 403);
    assert.equal(send('slow').client?.status, 503);
    assert.deepEqual([asked[0]!.method, asked[0]!.target], ['GET', '/check']);
  });

  it('shows a filter that limits the rate of a client', async () => {
    const text = readFileSync(new URL('../../../sdk/README.md', import.meta.url), 'utf8');
    const source = /```ts rate-limit\n([\s\S]*?)```/.exec(text)![1]!;
    const module = await buildInline(source, manifestOf({ capabilities: ['counters'] }));
    const clock = new TestClock();
    const chain = new TestChain([{ module, config: { perMinute: 2 } }], { clock });
    const status = (): number => chain.exchange({ target: '/' }).client!.status;
    assert.deepEqual([status(), status(), status()], [200, 200, 429]);
    clock.advance(60_000);
    assert.equal(status(), 429, 'two of the last minute still count');
    clock.advance(60_000);
    assert.equal(status(), 200);
  });
});
