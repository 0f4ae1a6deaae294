import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { route, TestGateway } from '../support/gateway.js';
import { startHttpTarget } from '../support/upstream-servers.js';

const PATIENT = { deadlineMs: 2000 };

function limiter(limit: number, windowMs: number): Record<string, unknown> {
  return {
    module: './rate-limit.wasm',
    limits: PATIENT,
    grants: { counters: true, metrics: true },
    config: { limit, windowMs },
  };
}

describe('a rate limiter written as a filter', () => {
  it('counts exactly over all workers, and goes on counting when one of them is ended', async (test) => {
    const target = await startHttpTarget(test, (_, response) => response.end('{}'));
    const gateway = await TestGateway.start(
      test,
      {
        workers: { count: 3, spare: 1 },
        upstreams: { sample: { targets: [{ url: target.url }] } },
        filters: {
          limit: limiter(150, 0),
          loop: { module: './endless-loop.wasm', limits: { deadlineMs: 30 }, quarantine: { failures: 0 } },
        },
        routes: [route('good', '/good', ['limit']), route('loop', '/loop', ['loop'])],
      },
      ['rate-limit', 'endless-loop'],
    );
    const ask = async (client: string): Promise<number> => {
      const response = await fetch(gateway.url('/good'), { headers: { 'x-client': client } });
      await response.arrayBuffer();
      return response.status;
    };
    const first = await Promise.all(Array.from({ length: 100 }, () => ask('a')));
    assert.deepEqual(new Set(first), new Set([200]));
    for (let i = 0; i < 4; i += 1) {
      const { status } = await fetch(gateway.url('/loop'), { headers: { 'x-loop': 'request' } });
      assert.equal(status, 503);
    }
    const statuses = await Promise.all(Array.from({ length: 100 }, () => ask('a')));
    assert.equal(statuses.filter((status) => status === 200).length, 50);
    assert.equal(statuses.filter((status) => status === 429).length, 50);
    assert.equal(await ask('b'), 200);

    assert.equal(await gateway.metric('sluice_x_rate_limit_denied_total{filter="limit",reason="limit"}'), 50);
    assert.equal(await gateway.metric('sluice_x_rate_limit_count_bucket{le="10",filter="limit"}'), 11);
    assert.equal(await gateway.metric('sluice_x_rate_limit_count_count{filter="limit"}'), 201);
  });

  it('says when to come back', async (test) => {
    const target = await startHttpTarget(test, (_, response) => response.end('{}'));
    const gateway = await TestGateway.start(
      test,
      {
        upstreams: { sample: { targets: [{ url: target.url }] } },
        filters: {
          limit: limiter(1, 86_400_000),
        },
        routes: [route('good', '/good', ['limit'])],
      },
      ['rate-limit'],
    );
    assert.equal((await fetch(gateway.url('/good'))).status, 200);
    const refused = await fetch(gateway.url('/good'));
    assert.equal(refused.status, 429);
    const seconds = Number(refused.headers.get('retry-after'));
    assert.ok(seconds > 0 && seconds <= 86_400, `${seconds}`);
  });
});
