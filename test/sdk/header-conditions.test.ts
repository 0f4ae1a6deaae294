import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { isHopByHop } from '../../core/headers.js';
import { TestChain, type TestHeaders } from '../../sdk/testing/index.js';
import { buildInline, manifestOf } from './inline-filter.js';

let module: Uint8Array;
before(async () => {
  const source = `
    import { Decision, HeaderConditions, Json, Request, respond } from 'sluice';
    let conditions = new HeaderConditions();
    export function configure(config: Json): void { conditions = HeaderConditions.read(config.get('headers')); }
    export function onRequest(request: Request): Decision {
      if (conditions.isDoubtful(request.headers)) return respond(conditions.fits(request.headers) ? 500 : 400);
      return respond(conditions.fits(request.headers) ? 200 : 403);
    }`;
  module = await buildInline(source, manifestOf({ optional: ['patterns'] }));
});

function chainOf(headers: unknown): TestChain {
  return new TestChain([{ module, config: headers === undefined ? {} : { headers } }]);
}

/** 200 when they fit, 403 when they do not, 400 when they are doubtful. */
function status(conditions: unknown, headers: TestHeaders): number {
  const { client, failures } = chainOf(conditions).exchange({ target: '/', headers });
  assert.deepEqual(failures, []);
  return client!.status;
}

describe('HeaderConditions', () => {
  const rows: readonly (readonly [conditions: unknown, headers: TestHeaders, status: number])[] = [
    [undefined, { a: '1' }, 200],
    [{}, {}, 200],
    [{ 'X-Role': 'admin' }, { 'x-role': 'admin' }, 200],
    [{ 'x-role': 'admin' }, { 'x-role': 'Admin' }, 403],
    [{ 'x-role': 'admin' }, {}, 403],
    [{ 'x-role': 'admin' }, { 'x-role': ['admin', 'admin'] }, 200],
    [{ 'x-role': 'admin' }, { 'x-role': ['admin', 'user'] }, 403],
    [{ a: { equals: '' } }, { a: '' }, 200],
    [{ a: { equals: '1', present: true } }, { a: '1' }, 200],
    [{ a: { oneOf: ['1', '2'] } }, { a: '2' }, 200],
    [{ a: { oneOf: ['1', '2'] } }, { a: ['2', '1'] }, 200],
    [{ a: { oneOf: ['1', '2'] } }, { a: '1, 2' }, 403],
    [{ a: { oneOf: ['1', '2'] } }, {}, 403],
    [{ a: { prefix: 'Bearer ' } }, { a: 'Bearer t' }, 200],
    [{ a: { prefix: 'Bearer ' } }, { a: 'bearer t' }, 403],
    [{ a: { matches: 'v[0-9]+' } }, { a: 'v12' }, 200],
    [{ a: { matches: 'v[0-9]+' } }, { a: 'v12x' }, 403],
    [{ a: { matches: 'v[0-9]+' } }, { a: 'xv12' }, 403],
    [{ a: { matches: 'v[0-9]+' } }, {}, 403],
    [{ a: { matches: 'v.*', prefix: 'v1' } }, { a: 'v12' }, 200],
    [{ a: { matches: 'v.*', prefix: 'v1' } }, { a: 'v2' }, 403],
    [{ a: { present: true } }, { a: '' }, 200],
    [{ a: { present: true } }, {}, 403],
    [{ a: { present: false } }, {}, 200],
    [{ a: { present: false } }, { a: '' }, 403],
    [{ a: '1', b: '2' }, { a: '1', b: '2' }, 200],
    [{ a: '1', b: '2' }, { a: '1', b: '3' }, 403],
    [{ host: 'a.example' }, { host: 'a.example' }, 200],
    [{ 'x-debug': { present: false } }, { x_debug: '1' }, 400],
    [{ 'x-debug': { present: false } }, { 'x.debug': '1' }, 400],
    [{ x_debug: { present: false } }, { 'x-debug': '1' }, 400],
    [{ 'x-role': 'admin' }, { 'x-role': 'admin', x_role: 'admin' }, 400],
    [{ 'x-role': 'admin' }, { x_role: 'user' }, 400],
    [{ 'x-role': { present: true } }, { 'x-roles': '1', 'x-role': '1' }, 200],
    [{ 'x-1': '1' }, { 'x-1': '1', 'x-2': '1', xa1: '1' }, 200],
  ];
  for (const [conditions, headers, expected] of rows) {
    it(`answers ${expected} to ${JSON.stringify(headers)} with ${JSON.stringify(conditions)}`, () => {
      assert.equal(status(conditions, headers), expected);
    });
  }

  const refused: readonly (readonly [conditions: unknown, message: RegExp])[] = [
    ['a', /config\/headers: expected conditions by header name/],
    [[], /config\/headers: expected conditions by header name/],
    [{ 'a b': '1' }, /config\/headers\/a b: not a header name/],
    [{ a: 1 }, /config\/headers\/a: expected a text or a condition/],
    [{ a: {} }, /config\/headers\/a: expected a text or a condition/],
    [{ a: { present: false, equals: '1' } }, /config\/headers\/a: a header that must be absent/],
    [{ a: { present: false, matches: '1' } }, /config\/headers\/a: a header that must be absent/],
    [{ a: { oneOf: [] } }, /config\/headers\/a\/oneOf: expected a list with a text/],
    [{ a: { oneOf: [1] } }, /config\/headers\/a\/oneOf\/0: expected a text/],
    [{ a: { oneOf: ['1'], equals: '1' } }, /config\/headers\/a\/oneOf: expected either equals or oneOf/],
    [{ a: { matches: '(' } }, /config\/headers\/a\/matches: pattern 0 /],
    [{ a: '1', A: '1' }, /config\/headers\/A: the same header as another condition/],
    [{ 'a-b': '1', a_b: '1' }, /config\/headers\/a_b: the same header as another condition/],
    ...['Connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization']
      .concat(['TE', 'trailer', 'transfer-encoding', 'upgrade'])
      .map((name) => [{ [name]: { present: false } }, /no filter sees this header/] as const),
  ];
  for (const [conditions, message] of refused) {
    it(`refuses ${JSON.stringify(conditions)}`, () => {
      assert.throws(() => chainOf(conditions), { code: 'SLUICE_FILTER_CONFIG', message });
    });
  }

  it('refuses headers that end at the gateway, and none that filters see', () => {
    const names = [
      'connection',
      'te',
      'upgrade',
      'host',
      'content-length',
      'content-type',
      'cookie',
      'expect',
      'forwarded',
    ];
    for (const name of names) {
      const load = (): unknown => chainOf({ [name]: { present: true } });
      if (isHopByHop(name)) assert.throws(load, { code: 'SLUICE_FILTER_CONFIG' }, name);
      else assert.ok(load(), name);
    }
  });

  it('needs the capability patterns for a pattern only', () => {
    const withMatches = { headers: { a: { matches: '1' } } };
    assert.throws(() => new TestChain([{ module, grants: [], config: withMatches }]), {
      code: 'SLUICE_FILTER_CAPABILITY',
    });
    const chain = new TestChain([{ module, grants: [], config: { headers: { a: '1' } } }]);
    assert.equal(chain.exchange({ target: '/', headers: { a: '1' } }).client!.status, 200);
  });
});
