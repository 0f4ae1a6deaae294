import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TestChain } from '@sluice/sdk/testing';

const module = fileURLToPath(new URL('../build/api-key.wasm', import.meta.url));

describe('api-key', () => {
  const chain = new TestChain([{ module, config: { consumers: { ada: 'ada-key', brian: 'brian-key' } } }], {
    secrets: { 'ada-key': 'open-sesame', 'brian-key': 'abracadabra' },
  });

  it('names the consumer, whatever the client says, and keeps the key back', () => {
    const headers = { 'x-api-key': 'abracadabra', 'x-consumer': 'root' };
    const { upstream } = chain.exchange({ target: '/', headers });
    assert.deepEqual(upstream?.headers.getAll('x-consumer'), ['brian']);
    assert.equal(upstream?.headers.has('x-api-key'), false);
  });

  for (const [what, headers] of Object.entries({
    'no key': {},
    'an empty key': { 'x-api-key': '' },
    'another key': { 'x-api-key': 'open-sesamf' },
    'a part of a key': { 'x-api-key': 'open' },
    'a known key behind another': { 'x-api-key': ['x', 'open-sesame'] },
  })) {
    it(`refuses ${what}`, () => {
      const { upstream, client, failures } = chain.exchange({ target: '/', headers });
      assert.deepEqual(failures, []);
      assert.equal(upstream, null);
      assert.equal(client?.status, 401);
      assert.equal(client?.headers.get('www-authenticate'), 'ApiKey header="x-api-key"');
    });
  }
});
