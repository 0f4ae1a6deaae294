// MemoryListener: the contract, and what only it has.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeaderList } from '../../../core/headers.js';
import { MemoryListener } from '../../../core/listener/memory-listener.js';
import { type ContractRequest, testListener } from '../../contract/listener.contract.js';

testListener('MemoryListener', () => {
  const listener = new MemoryListener('memory');
  return {
    listener,
    request: async ({ body, ...request }: ContractRequest) => {
      const injected = body === undefined ? request : { ...request, body: Buffer.from(body, 'latin1') };
      const response = await listener.inject(injected);
      return {
        status: response.status,
        headers: response.headers.flat,
        body: Buffer.from(response.body).toString('latin1'),
        complete: response.outcome === 'sent',
        closed: response.closed,
      };
    },
  };
});

describe('MemoryListener', () => {
  it('rejects an injection before it listens and after it was drained', async () => {
    const listener = new MemoryListener();
    await assert.rejects(listener.inject({ target: '/' }), /does not accept/);
    await listener.listen((_exchange, reply) => void reply.send(200, new HeaderList(), null));
    assert.equal((await listener.inject({ target: '/' })).status, 200);
    listener.drain();
    await assert.rejects(listener.inject({ target: '/' }), /does not accept/);
  });

  it('fails the upload of a client that leaves', async () => {
    const listener = new MemoryListener();
    const leaving = new AbortController();
    let code: string | undefined;
    await listener.listen((exchange) => {
      exchange.requestBody?.read({
        chunk() {},
        end() {},
        fail(error) {
          code = error.code;
        },
      });
      setImmediate(() => leaving.abort());
    });
    const silent = { length: null, read() {}, pause() {}, resume() {}, cancel() {} };
    const response = await listener.inject({
      method: 'POST',
      target: '/',
      body: silent,
      signal: leaving.signal,
    });
    assert.equal(response.outcome, 'aborted');
    assert.equal(code, 'SLUICE_LISTEN_ABORTED');
  });

  it('refuses a value that has characters beyond one byte', async () => {
    const listener = new MemoryListener();
    await listener.listen((_exchange, reply, refusal) => {
      void reply.send(refusal?.status ?? 200, new HeaderList(), null);
    });
    assert.equal((await listener.inject({ target: '/', headers: ['x', '\u20ac'] })).status, 400);
    assert.equal((await listener.inject({ target: '/', headers: ['x', '\xe9'] })).status, 200);
  });
});
