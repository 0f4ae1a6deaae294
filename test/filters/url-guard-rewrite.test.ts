import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestChain, type TestRequest } from '../../sdk/testing/index.js';
import { builtIn, chainOf } from './built-in.js';
import { ALL_FIELDS, ALLOW, EVIL, form, GOOD, outcome, post, table } from './url-guarding.js';

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
