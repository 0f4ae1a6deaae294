// What the built-in filter `sanitise` does to requests.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { TestChain, TestRequest } from '../../sdk/testing/index.js';
import { chainOf, readmeExample, readmeFixtures, schemaFindings } from './built-in.js';
import { ATTACKS, HARMLESS } from './sanitise-inputs.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };

function load(request: object, more: object = {}): TestChain {
  const config = { request, ...more };
  assert.deepEqual(schemaFindings('sanitise', config), []);
  return chainOf('sanitise', config);
}

/** What is refused, as `place field rule`; null when the request goes on. */
function refused(chain: TestChain, request: TestRequest): string | null {
  const { upstream, client, failures } = chain.exchange(request);
  assert.deepEqual(failures, []);
  if (upstream !== null) return null;
  assert.equal(client!.status, 400);
  const problem = JSON.parse(client!.text) as { code: string; in: string; field?: string; rule: string };
  assert.equal(problem.code, 'SANITISE_INPUT');
  return [problem.in, problem.field ?? '-', problem.rule].join(' ');
}

const query = (value: string): TestRequest => ({ target: `/?q=${encodeURIComponent(value)}` });
const json = (value: unknown): TestRequest => ({
  method: 'POST',
  target: '/',
  headers: JSON_TYPE,
  body: JSON.stringify(value),
});
const form = (value: string): TestRequest => ({
  method: 'POST',
  target: '/',
  headers: FORM_TYPE,
  body: `f=${encodeURIComponent(value)}`,
});

const queryOf = (target: string): string => target.split('?')[1] ?? '';

describe('sanitise: input that is meant for an interpreter', () => {
  const EVERYWHERE = { in: ['query'], bodies: ['json', 'form'], headers: ['x-note'] };
  for (const [set, attacks] of Object.entries(ATTACKS)) {
    const chain = load({ inputs: [{ sets: [set], ...EVERYWHERE }] });
    for (const attack of attacks) {
      it(`is found by ${set} wherever it stands: ${JSON.stringify(attack)}`, () => {
        assert.equal(refused(chain, query(attack)), `query q ${set}`);
        assert.equal(
          refused(chain, { target: `/?q=${encodeURIComponent(encodeURIComponent(attack))}` }),
          `query q ${set}`,
        );
        assert.equal(
          refused(chain, { target: `/?${encodeURIComponent(attack)}` })
            ?.split(' ')
            .at(-1),
          set,
        );
        assert.equal(refused(chain, form(attack)), `form f ${set}`);
        assert.equal(refused(chain, json({ a: [{ note: attack }] })), `json note ${set}`);
        assert.equal(refused(chain, json(['x', attack])), `json - ${set}`);
        const escaped = attack.replace(
          /[\s\S]/g,
          (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
        );
        assert.equal(refused(chain, { ...json(0), body: `["${escaped}"]` }), `json - ${set}`);
        if (!/[\0\n]/.test(attack))
          assert.equal(
            refused(chain, { target: '/', headers: { 'x-note': attack } }),
            `header x-note ${set}`,
          );
      });
    }
  }

  it('is not what people write', () => {
    const chain = load({ inputs: [{ sets: Object.keys(ATTACKS), ...EVERYWHERE }] });
    const wrong = HARMLESS.flatMap((text) => {
      const found = [query(text), form(text), json({ text })].map((request) => refused(chain, request));
      return found.some((one) => one !== null) ? [`${JSON.stringify(text)}: ${found.join(', ')}`] : [];
    });
    assert.deepEqual(wrong, []);
  });

  it('is looked for only where the config says, and by patterns of its own', () => {
    const chain = load({
      inputs: [{ patterns: [{ name: 'ticket', pattern: '^tkt-\\d+$' }], in: ['path'], headers: ['X-Ref'] }],
    });
    assert.equal(refused(chain, { target: '/TKT-1' }), null, 'the path begins with a slash');
    assert.equal(refused(chain, { target: '/', headers: { 'x-ref': 'TKT-1' } }), 'header x-ref ticket');
    assert.equal(refused(chain, query('tkt-1')), null);
    assert.equal(refused(chain, json(['tkt-1'])), null);
    const path = load({ inputs: [{ sets: ['xss'], in: ['path'], action: 'strip' }] });
    assert.equal(refused(path, { target: '/%3Cscript%3E' }), 'path - xss');
  });

  it('is taken out where the config says so', () => {
    const chain = load({ inputs: [{ sets: ['xss'], ...EVERYWHERE, action: 'strip' }] });
    const attack = encodeURIComponent('<script>');
    const { upstream } = chain.exchange({
      method: 'POST',
      target: `/?a=1&b=${attack}&${attack}=2&c=%20x`,
      headers: { ...JSON_TYPE, 'x-note': ['<svg/onload=x>', 'fine'] },
      body: '{"a": "<script>", "b":[1.0, "é", "<img src=x>"] }',
    });
    assert.equal(queryOf(upstream!.target), 'a=1&b=&c=%20x');
    assert.deepEqual(upstream!.headers.getAll('x-note'), ['fine']);
    assert.equal(upstream!.text, '{"a": "", "b":[1.0, "é", ""] }');
  });

  it('hides in nothing that cannot be read', () => {
    const chain = load({ inputs: [{ sets: ['xss'], ...EVERYWHERE }] });
    assert.equal(refused(chain, { target: '/?a=%zz' }), 'query a encoding');
    assert.equal(refused(chain, { ...json(0), body: '{"a":' }), 'json - not-json');
    assert.equal(refused(chain, { ...json(0), body: '{"a":"<script>"' }), 'json - not-json');
    const zipped = { ...json(0), headers: { ...JSON_TYPE, 'content-encoding': 'gzip' } };
    assert.equal(refused(chain, zipped), 'json - content-encoding');
    const twice = { ...json(['<script>']), headers: { 'content-type': ['text/plain', 'application/json'] } };
    assert.equal(refused(chain, twice), 'json - xss');
    for (const headers of [{}, { 'content-type': 'text/plain' }])
      assert.equal(refused(chain, { ...json(['<script>']), headers }), 'json - xss');
    assert.equal(
      refused(chain, { ...json(0), headers: { 'content-type': 'text/plain' }, body: '[not json' }),
      null,
    );
  });
});

describe('sanitise: control characters in requests', () => {
  const PLACES = { in: ['query', 'path', 'headers'], bodies: ['json', 'form'] };
  const CONTROLS = ['\0', '\x01', '\x1b', '\x7f', '\u0080', '\u009f', '\u202a', '\u202e', '\u2066', '\u2069'];

  it('are refused, with their place', () => {
    const chain = load({ controls: PLACES });
    for (const control of CONTROLS) {
      const text = `a${control}b`;
      assert.equal(refused(chain, query(text)), 'query q control-character');
      assert.equal(refused(chain, form(text)), 'form f control-character');
      assert.equal(refused(chain, json({ n: text })), 'json n control-character');
      assert.equal(refused(chain, { target: `/${encodeURIComponent(text)}` }), 'path - control-character');
      if (control >= '\x80') {
        const value = Buffer.from(text).toString('latin1');
        assert.equal(
          refused(chain, { target: '/', headers: { 'x-a': value } }),
          'header x-a control-character',
        );
      }
    }
  });

  it('are no line ends and tabs in bodies, and no letters beyond ASCII', () => {
    const chain = load({ controls: PLACES });
    for (const text of ['a\r\n\tb', 'é\u00a0\u200b\u2028😀', '\u2065\u206a\u2029']) {
      assert.equal(refused(chain, form(text)), null);
      assert.equal(refused(chain, json([text])), null);
    }
    assert.equal(refused(chain, query('a\nb')), 'query q control-character');
  });

  it('are taken out where the config says so, and JSON stays JSON', () => {
    const chain = load({ controls: { ...PLACES, action: 'strip' } });
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.array(fc.constantFrom(...CONTROLS, 'x', '"', '\\', 'é'), { maxLength: 9 }),
        (value, parts) => {
          const text = parts.join('');
          const { upstream } = chain.exchange(json({ text, value: JSON.stringify(value) }));
          const clean = text.replace(/[^x"\\é]/g, '');
          const out = JSON.parse(upstream!.text) as { text: string; value: string };
          assert.equal(out.text, clean);
          const fromQuery = queryOf(chain.exchange(query(text)).upstream!.target);
          assert.equal(new URLSearchParams(fromQuery).get('q') ?? '', clean);
        },
      ),
      { seed: 31, numRuns: 500 },
    );
  });
});

describe('sanitise: headers of requests', () => {
  const names = (chain: TestChain, headers: Record<string, string>): string[] =>
    [...new Set(chain.exchange({ target: '/', headers }).upstream!.headers.names())].sort();
  const SENT = { accept: '*/*', 'x-debug': '1', 'x-internal-role': 'admin', 'content-type': 'text/plain' };

  it('go no further when they are not expected', () => {
    assert.deepEqual(names(load({ headers: { allow: ['Accept'] } }), SENT), ['accept', 'content-type']);
    assert.deepEqual(names(load({ headers: { remove: ['x-internal-*'] } }), SENT), [
      'accept',
      'content-type',
      'x-debug',
    ]);
  });

  it('are refused where the config says so', () => {
    const chain = load({ headers: { allow: ['accept', 'x-debug'], unexpected: 'refuse' } });
    assert.equal(refused(chain, { target: '/', headers: SENT }), 'header x-internal-role unexpected');
    assert.equal(refused(chain, { target: '/', headers: { accept: '*/*', host: 'a' } }), null);
  });

  it('that are removed do not come back when rules rewrite others', () => {
    const request = {
      headers: { remove: ['x-debug'] },
      controls: { in: ['headers'], action: 'strip' },
      inputs: [{ sets: ['xss'], headers: ['x-debug', 'x-note'], action: 'strip' }],
    };
    const headers = { 'x-debug': '<script>\u00c2\u0080', 'x-note': ['a\u00c2\u0080b', '<svg >', 'c'] };
    const { upstream } = load(request).exchange({ target: '/', headers });
    assert.deepEqual(upstream!.headers.getAll('x-note'), ['ab', 'c']);
    assert.equal(upstream!.headers.has('x-debug'), false);
  });
});

describe('sanitise: the mode report, for requests', () => {
  it('lets them go as they are, and tells place and rule without the value', () => {
    const request = {
      headers: { remove: ['x-debug'] },
      inputs: [{ sets: ['sql'], in: ['query'] }],
    };
    const chain = load(request, { mode: 'report' });
    const { upstream, logs } = chain.exchange({ ...query("' or 1=1--"), headers: { 'x-debug': '1' } });
    assert.equal(upstream!.headers.has('x-debug'), true);
    assert.deepEqual(
      logs.map(({ text }) => text),
      ['would refuse a request: query q sql'],
    );
    assert.equal(chain.exchange({ target: '/', headers: { 'x-debug': '1' } }).logs.length, 1);
    assert.equal(chain.metrics.find(({ labels }) => labels['what'] === 'inputs')!.value, 2);
  });
});

describe('sanitise: the config for requests', () => {
  it('is as the README shows it', () => {
    const config = readmeExample('sanitise', 'request') as Record<string, unknown>;
    assert.deepEqual(schemaFindings('sanitise', config), []);
    const chain = chainOf('sanitise', config);
    assert.equal(refused(chain, query('<script>')), 'query q xss');
    assert.equal(refused(chain, json({ a: '../../etc/passwd' })), 'json a path-traversal');
    assert.equal(chain.exchange(json({ a: 'b\u202ec' })).upstream!.text, '{"a":"bc"}');
  });

  describe('does what the README says', () => {
    const chain = chainOf('sanitise', readmeExample('sanitise', 'request'));
    for (const [target = '', type = '', body = '', upstreamSees, clientSees] of readmeFixtures(
      'sanitise',
      'Fixtures of requests',
    )) {
      it([target, type, body].join(' '), () => {
        const { upstream, client } = chain.exchange({
          method: body === '' ? 'GET' : 'POST',
          target,
          ...(body !== '' && { headers: { 'content-type': type }, body }),
        });
        const seen = upstream === null ? '' : [upstream.target, upstream.text].join(' ').trim();
        assert.equal(seen, upstreamSees);
        const problem = upstream === null ? JSON.parse(client!.text) : {};
        const shown = [problem.status, problem.in, problem.field, problem.rule].filter(
          (one) => one !== undefined,
        );
        assert.equal(shown.join(' '), clientSees);
      });
    }
  });

  it('has a place to look at and something to look for', () => {
    const refusal = (request: object, pattern: RegExp): void => {
      assert.throws(() => chainOf('sanitise', { request }), pattern);
    };
    refusal({ controls: {} }, /\/request\/controls: expected a place to look at/);
    refusal({ inputs: [{ in: ['query'] }] }, /\/request\/inputs\/0: expected sets or patterns/);
    refusal({ inputs: [{ sets: ['xss'], headers: ['content-length'] }] }, /\/request\/inputs\/0\/headers\/0/);
    refusal(
      { inputs: [{ patterns: [{ name: 'x', pattern: 'a(?=b)' }], in: ['query'] }] },
      /\/request\/inputs\/0\/patterns\/0\/pattern: .*looking ahead/,
    );
  });

  it('keeps the host from holding bodies, and from asking about responses, without need', () => {
    const calls = (config: object, request: TestRequest): number =>
      chainOf('sanitise', config).exchange(request).calls.length;
    assert.equal(calls({ request: { headers: { remove: ['x'] } } }, json({})), 1);
    assert.equal(calls({ headers: { remove: ['x'] } }, json({})), 1);
    assert.equal(calls({ request: { headers: { remove: ['x'] } }, headers: { remove: ['x'] } }, json({})), 2);
  });
});
