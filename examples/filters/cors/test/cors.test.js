import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TestChain } from '@sluice/sdk/testing';

const module = fileURLToPath(new URL('../build/cors.wasm', import.meta.url));
const APP = 'https://app.example.com';
const FIELDS = ['origin', 'credentials', 'methods', 'headers', 'expose-headers'];

/** What a browser is told. */
const told = ({ client }) =>
  Object.fromEntries(
    FIELDS.map((field) => `access-control-${field === 'expose-headers' ? field : `allow-${field}`}`)
      .filter((name) => client.headers.has(name))
      .map((name) => [name, client.headers.get(name)]),
  );

describe('cors', () => {
  const config = {
    origins: [APP],
    methods: ['PUT', 'DELETE'],
    requestHeaders: ['content-type'],
    responseHeaders: ['x-request-id'],
    credentials: true,
  };
  const chain = new TestChain([{ module, config }]);
  const preflight = (origin, more = {}) =>
    chain.exchange({
      method: 'OPTIONS',
      target: '/',
      headers: { origin, 'access-control-request-method': 'PUT', ...more },
    });
  const request = (origin, headers = {}) => chain.exchange({ target: '/', headers: { origin } }, { headers });

  it('answers the preflight of an origin that may', () => {
    const outcome = preflight(APP);
    assert.equal(outcome.upstream, null);
    assert.equal(outcome.client?.status, 204);
    assert.equal(outcome.client?.headers.get('vary'), 'origin');
    assert.equal(outcome.client?.headers.get('access-control-max-age'), '600');
    assert.deepEqual(told(outcome), {
      'access-control-allow-origin': APP,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'PUT, DELETE',
      'access-control-allow-headers': 'content-type',
    });
  });

  it('says yes in the response to an origin that may, with what scripts may read', () => {
    assert.deepEqual(told(request(APP)), {
      'access-control-allow-origin': APP,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'x-request-id',
    });
  });

  for (const origin of [
    'https://evil.example',
    'null',
    `${APP}.evil.example`,
    'HTTPS://APP.EXAMPLE.COM',
    '',
  ]) {
    it(`says yes to nobody else: ${origin || 'an empty one'}`, () => {
      assert.deepEqual(told(preflight(origin)), {});
      const generous = { 'access-control-allow-origin': '*', 'access-control-allow-credentials': 'true' };
      assert.deepEqual(told(request(origin, generous)), {});
    });
  }

  it('lets through what is no preflight, and tells caches that origins differ', () => {
    const { upstream, client } = chain.exchange(
      { method: 'OPTIONS', target: '/' },
      { headers: { vary: 'accept' } },
    );
    assert.notEqual(upstream, null);
    assert.deepEqual(client?.headers.getAll('vary'), ['accept', 'origin']);
  });

  it('is refused with an origin that is none', () => {
    for (const origin of ['*', 'null', 'https://app.example.com/'])
      assert.throws(() => new TestChain([{ module, config: { origins: [origin] } }]));
  });
});
