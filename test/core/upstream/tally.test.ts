import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Cancellation } from '../../../core/exchange.js';
import { TargetTally, UpstreamTally } from '../../../core/upstream/tally.js';
import type { TargetState, Upstream, UpstreamOptions } from '../../../core/upstream/upstream.js';
import {
  CountingConsumer,
  clientLeft,
  collect,
  startUpstream as startUpstreamOn,
  upstreamRequest,
} from '../../support/upstream-client.js';
import { ENGINES } from '../../support/upstream-engines.js';
import { closedOrigin, startSaturatedTarget, until } from '../../support/upstream-servers.js';

const ORIGIN = 'http://127.0.0.1:1';

/** How often each outcome was counted, of those that were. */
function outcomesOf({ tally }: TargetState): Record<string, number> {
  const classes = tally.statuses.flatMap((count, digit) => (count > 0 ? [[`${digit}xx`, count]] : []));
  return Object.fromEntries([...classes, ...(tally.failures ?? [])]);
}

describe('the tally of an upstream', () => {
  it('goes on where an upstream of the name had the target, and begins for others', () => {
    const before = new UpstreamTally([ORIGIN, 'http://127.0.0.1:2']);
    before.of(ORIGIN)!.answered(204);
    before.waits.observe(3);
    const after = new UpstreamTally([ORIGIN, 'http://127.0.0.1:3'], before);
    assert.equal(after.of(ORIGIN), before.of(ORIGIN));
    assert.deepEqual(after.of('http://127.0.0.1:3'), new TargetTally());
    assert.equal(after.of('http://127.0.0.1:2'), undefined);
    assert.equal(after.waits, before.waits);
  });

  it('has a place for what is no status of HTTP', () => {
    const tally = new TargetTally();
    for (const status of [99, 100, 599, 600, 999]) tally.answered(status);
    assert.deepEqual(tally.statuses, [3, 1, 0, 0, 0, 1]);
  });

  it('puts times into the bucket whose bound they do not exceed', () => {
    const { waits } = new UpstreamTally([]);
    for (const ms of [0, 0.5, 0.6, 30_000, 30_001]) waits.observe(ms);
    assert.deepEqual([waits.counts[0], waits.counts[1]], [2, 1]);
    assert.deepEqual([...waits.counts.slice(-2)], [1, 1]);
    assert.equal(waits.sumMs, 60_002.1);
  });
});

for (const [engine, { build, startHttpTarget, multiplexes }] of Object.entries(ENGINES)) {
  const startUpstream = (
    ...[t, urls, changes = {}]: [Parameters<typeof startUpstreamOn>[0], string[], Partial<UpstreamOptions>?]
  ): Upstream => startUpstreamOn(t, urls, changes, build);

  describe(`What is counted over ${engine}`, { timeout: 30_000 }, () => {
    it('is each answer by the class of its status, the time until it came, and the connections', async (t) => {
      const target = await startHttpTarget(t, (request, response) => {
        response.statusCode = Number(request.url!.slice(1));
        response.end('x');
      });
      const upstream = startUpstream(t, [target.url]);
      for (const status of ['200', '201', '302', '404', '503'])
        await collect((await upstream.forward(upstreamRequest({ target: `/${status}` }))).body);
      const [state] = upstream.states();
      assert.deepEqual(outcomesOf(state!), { '2xx': 2, '3xx': 1, '4xx': 1, '5xx': 1 });
      assert.deepEqual(state!.connections, { open: 1, idle: 1, waiting: 0 });
      const { retries, ejections, connects, connectFailures } = state!.tally;
      assert.deepEqual(
        { retries, ejections, connects, connectFailures },
        {
          ...{ retries: 0, ejections: 0, connects: 1, connectFailures: 0 },
        },
      );
      const { counts, sumMs } = upstream.tally.waits;
      assert.equal(
        counts.reduce((sum, count) => sum + count, 0),
        5,
      );
      assert.ok(sumMs > 0);
    });

    it('is an attempt that failed by its code, one that took its place, and the ejection', async (t) => {
      const target = await startHttpTarget(t, (_request, response) => response.end('x'));
      const upstream = startUpstream(t, [await closedOrigin(), target.url], {
        retries: 1,
        ejection: { failures: 1, durationMs: 60_000 },
      });
      await collect((await upstream.forward(upstreamRequest())).body);
      const [down, up] = upstream.states();
      assert.deepEqual(outcomesOf(down!), { SLUICE_UPSTREAM_CONNECT: 1 });
      assert.deepEqual([down!.tally.connectFailures, down!.tally.ejections, down!.tally.retries], [1, 1, 0]);
      assert.deepEqual(outcomesOf(up!), { '2xx': 1 });
      assert.deepEqual([up!.tally.connects, up!.tally.retries], [1, 1]);
      assert.equal(down!.connections.open, 0);
    });

    it('is a connect that takes too long as a failure, and a client that leaves meanwhile as none', async (t) => {
      const upstream = startUpstream(t, [await startSaturatedTarget(t)]);
      await assert.rejects(upstream.forward(upstreamRequest({ connectMs: 50 })));
      const cancellation = new Cancellation();
      const answer = upstream.forward(upstreamRequest({ cancellation }));
      setImmediate(() => cancellation.cancel(clientLeft()));
      await assert.rejects(answer);
      const [state] = upstream.states();
      assert.deepEqual(outcomesOf(state!), { SLUICE_UPSTREAM_CONNECT_TIMEOUT: 1, [clientLeft().code]: 1 });
      if (!multiplexes) assert.equal(state!.tally.connectFailures, 1);
    });

    it('is a response that ends midway as a failure, and one that nobody wanted to the end as an answer', async (t) => {
      const target = await startHttpTarget(t, (request, response) => {
        response.write('half of it');
        if (request.url === '/cut') setImmediate(() => response.destroy());
      });
      const upstream = startUpstream(t, [target.url]);
      const cut = await upstream.forward(upstreamRequest({ target: '/cut' }));
      await assert.rejects(collect(cut.body));
      const { body } = await upstream.forward(upstreamRequest({ target: '/left' }));
      body!.read(new CountingConsumer());
      body!.cancel(clientLeft());
      await until(() => upstream.states()[0]!.active === 0);
      assert.deepEqual(outcomesOf(upstream.states()[0]!), { SLUICE_UPSTREAM_CUT: 1, '2xx': 1 });
    });

    if (multiplexes) return;
    it('is who waits for a connection, and what is idle as soon as nobody is on it', async (t) => {
      const finish: (() => void)[] = [];
      const target = await startHttpTarget(t, (_request, response) => finish.push(() => response.end('x')));
      const upstream = startUpstream(t, [target.url], { connections: 2 });
      const answers = Array.from({ length: 5 }, () => upstream.forward(upstreamRequest()));
      await until(() => finish.length === 2);
      assert.deepEqual(upstream.states()[0]!.connections, { open: 2, idle: 0, waiting: 3 });
      for (let done = 0; done < 5; done++) {
        await until(() => finish.length > done);
        finish[done]!();
      }
      for (const { body } of await Promise.all(answers)) await collect(body);
      assert.deepEqual(upstream.states()[0]!.connections, { open: 2, idle: 2, waiting: 0 });
    });
  });
}
