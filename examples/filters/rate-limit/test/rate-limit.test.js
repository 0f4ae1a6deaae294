import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TestChain, TestClock } from '@sluice/sdk/testing';

const module = fileURLToPath(new URL('../build/rate-limit.wasm', import.meta.url));

function limiter() {
  const clock = new TestClock(1500);
  const chain = new TestChain([{ module, config: { limit: 2, windowSeconds: 10 } }], { clock });
  const ask = (client) => {
    const outcome = chain.exchange({ target: '/', client });
    assert.deepEqual(outcome.failures, []);
    return outcome.client;
  };
  return { clock, ask };
}

const fieldsOf = (message, ...names) => names.map((name) => message.headers.get(name));

describe('rate-limit', () => {
  it('says how many requests are left, and for how long', () => {
    const { ask } = limiter();
    const fields = () => fieldsOf(ask(), 'x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset');
    assert.deepEqual(fields(), ['2', '1', '9']);
    assert.deepEqual(fields(), ['2', '0', '9']);
    assert.deepEqual(fields(), ['2', '0', '9']);
  });

  it('refuses the third request until the window is over', () => {
    const { clock, ask } = limiter();
    assert.deepEqual([ask().status, ask().status], [200, 200]);
    const refused = ask();
    assert.equal(refused.status, 429);
    assert.deepEqual(fieldsOf(refused, 'retry-after'), ['9']);
    clock.advance(8499);
    assert.equal(ask().status, 429);
    clock.advance(1);
    assert.equal(ask().status, 200);
  });

  it('counts each client by itself, and all addresses of one IPv6 network as one', () => {
    const { ask } = limiter();
    for (const client of ['192.0.2.1', '192.0.2.2', '2001:db8::1', '2001:db8:0:1::1'])
      assert.deepEqual([ask(client).status, ask(client).status, ask(client).status], [200, 200, 429], client);
    assert.equal(ask('2001:db8::2').status, 429);
  });
});
