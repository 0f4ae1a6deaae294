import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestChain, TestClock } from '../../sdk/testing/index.js';
import { guestBytes } from '../support/test-guests.js';
import { buildInline, manifestOf } from './inline-filter.js';

describe('a test chain with a clock of its own', () => {
  it('begins the windows of counters when the test lets time pass', async () => {
    const clock = new TestClock(1_800_000_000_000);
    const chain = new TestChain(
      [{ module: await guestBytes('rate-limit'), config: { limit: 2, windowMs: 60_000 } }],
      { clock },
    );
    const status = (): number => chain.exchange({ target: '/' }).client!.status;
    assert.deepEqual([status(), status(), status()], [200, 200, 429]);
    clock.advance(59_999);
    assert.equal(status(), 429);
    clock.advance(1);
    assert.equal(status(), 200);
  });

  it('tells what filters recorded, by name and labels', async () => {
    const chain = new TestChain([
      { module: await guestBytes('rate-limit'), config: { limit: 1, windowMs: 0 } },
    ]);
    for (let i = 0; i < 12; i += 1) chain.exchange({ target: '/' });
    const [denied, count] = chain.metrics;
    assert.deepEqual(denied, {
      filter: 'rate-limit',
      name: 'denied_total',
      labels: { reason: 'limit' },
      value: 11,
      buckets: [],
    });
    assert.equal(count!.name, 'count');
    assert.equal(count!.value, 78);
    assert.deepEqual(count!.buckets, [1, 9, 2, 0]);
  });

  it('shows filters the time that it was set to, and no other', async () => {
    const source = `
      import { clock, Decision, next, Request } from 'sluice';
      export function onRequest(request: Request): Decision {
        request.headers.set('x-now', <i64>clock.now());
        request.headers.set('x-passed', <i64>clock.monotonic());
        return next();
      }`;
    const module = await buildInline(source, manifestOf({ capabilities: ['clock'] }));
    const clock = new TestClock(1000);
    const chain = new TestChain([{ module }], { clock });
    clock.advance(250);
    const { headers } = chain.exchange({ target: '/' }).upstream!;
    assert.deepEqual([headers.get('x-now'), headers.get('x-passed')], ['1250', '250']);
  });
});
