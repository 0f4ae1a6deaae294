import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TestChain } from '@sluice/sdk/testing';

const module = fileURLToPath(new URL('../build/filter-name.wasm', import.meta.url));

describe('filter-name', () => {
  const chain = new TestChain([{ module, config: { header: 'x-tenant' } }]);

  it('hands the header on in lower case', () => {
    const { upstream } = chain.exchange({ target: '/', headers: { 'x-tenant': ' Acme ' } });
    assert.equal(upstream?.headers.get('x-tenant'), 'acme');
  });

  it('refuses a request without the header', () => {
    const { upstream, client } = chain.exchange({ target: '/' });
    assert.equal(upstream, null);
    assert.equal(client?.status, 400);
  });
});
