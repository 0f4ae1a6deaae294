// Modules that were built by SDKs of before, kept as they were: a gateway that says it runs their ABI must run them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TestChain } from '../../sdk/testing/index.js';

const FIXTURES = fileURLToPath(new URL('../../../test/fixtures/', import.meta.url));

describe('a module of ABI 1', () => {
  it('built by the SDK of November 2026 reads its config and marks responses', () => {
    const chain = new TestChain([
      { module: `${FIXTURES}abi-1/mark-response.wasm`, config: { name: 'x-mark' } },
    ]);
    const { client, failures } = chain.exchange({ target: '/users/7' }, { status: 201, body: 'kept' });
    assert.deepEqual(failures, []);
    assert.equal(client!.headers.get('x-mark'), 'seen 201');
    assert.equal(client!.status, 201);
    assert.equal(client!.text, 'kept');
  });

  it('passes over what it does not know of: the certificate of a client', () => {
    const module = `${FIXTURES}abi-1/mark-response.wasm`;
    const chain = new TestChain([
      { module, config: { name: 'x-mark' } },
      { module, config: { name: 'x-mark-2' } },
    ]);
    const certificate = { dnsNames: ['a.example'], uris: ['urn:a'] };
    const { client, failures } = chain.exchange({ target: '/users/7', certificate }, { status: 201 });
    assert.deepEqual(failures, []);
    assert.equal(client!.headers.get('x-mark'), 'seen 201');
    assert.equal(client!.headers.get('x-mark-2'), 'seen 201');
  });
});
