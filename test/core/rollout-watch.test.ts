import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RolloutConfig } from '../../core/config/model.js';
import { type Breach, RolloutWatch } from '../../core/rollout-watch.js';

const BUDGET: RolloutConfig = {
  watchSeconds: 60,
  most5xxShare: 0.1,
  mostFilterFailureShare: 0.01,
  leastRequests: 20,
};

interface Stage {
  readonly watch: RolloutWatch;
  readonly breaches: Breach[];
  readonly clock: { nowMs: number };
  /** So many exchanges of a release end; one in `nth` with this status. */
  readonly traffic: (revision: string, count: number, nth?: number, status?: number) => void;
}

function start(): Stage {
  const breaches: Breach[] = [];
  const clock = { nowMs: 1000 };
  const watch = new RolloutWatch(
    (breach) => breaches.push(breach),
    () => clock.nowMs,
  );
  const traffic = (revision: string, count: number, nth = 0, status = 502): void => {
    for (let i = 0; i < count; i += 1)
      watch.exchangeEnded(revision, nth !== 0 && i % nth === 0 ? status : 200);
  };
  watch.begin('a', null);
  return { watch, breaches, clock, traffic };
}

describe('the watch over a release', () => {
  it('says once that more requests fail than its budget allows, and not of too few requests', () => {
    const { watch, breaches, traffic } = start();
    traffic('a', 100);
    watch.begin('b', BUDGET);
    traffic('b', 19, 1);
    assert.equal(breaches.length, 0);
    traffic('b', 30, 1);
    assert.deepEqual(breaches, [
      {
        revision: 'b',
        reason: '100 % of requests failed, 0 % before it, and it may add 10 %, of 20 requests',
      },
    ]);
    assert.ok(!watch.isWatching);
  });

  it('lets a release pass that fails no more than it may', () => {
    const { watch, breaches, clock, traffic } = start();
    watch.begin('b', BUDGET);
    traffic('b', 20);
    traffic('b', 1000, 10);
    assert.ok(watch.isWatching);
    clock.nowMs += 60_000;
    assert.ok(!watch.isWatching);
    traffic('b', 1000, 1);
    assert.equal(breaches.length, 0);
  });

  it('takes what failed before as given', () => {
    const { watch, breaches, traffic } = start();
    traffic('a', 100, 2);
    watch.begin('b', BUDGET);
    traffic('b', 200, 2);
    assert.equal(breaches.length, 0);
    traffic('b', 200, 1);
    assert.match(breaches[0]!.reason, /^60\.\d % of requests failed, 50 % before it/);
  });

  it('takes as given what failed a moment before, not what failed long ago', () => {
    const { watch, breaches, clock, traffic } = start();
    traffic('a', 1000, 1);
    clock.nowMs += 130_000;
    traffic('a', 10);
    watch.begin('b', BUDGET);
    traffic('b', 20, 1);
    assert.equal(breaches.length, 1);
  });

  it('does not hold to a release what still ends on the one before, nor client errors', () => {
    const { watch, breaches, traffic } = start();
    watch.begin('b', BUDGET);
    traffic('a', 100, 1);
    traffic('b', 100, 1, 404);
    assert.equal(breaches.length, 0);
  });

  it('counts filters that fail apart, also where they are skipped', () => {
    const { watch, breaches, traffic } = start();
    traffic('a', 100);
    watch.begin('b', BUDGET);
    traffic('b', 100);
    watch.filterFailed('b');
    watch.filterFailed('a');
    traffic('b', 1);
    assert.equal(breaches.length, 0);
    watch.filterFailed('b');
    traffic('b', 1);
    assert.match(breaches[0]!.reason, /^2 % of requests had a filter fail, 0 % before it/);
  });

  it('goes on when the same release is loaded again, and watches none without a budget', () => {
    const { watch, breaches, traffic } = start();
    watch.begin('b', BUDGET);
    traffic('b', 10, 1);
    watch.begin('b', null);
    traffic('b', 10, 1);
    assert.equal(breaches.length, 1);
    watch.begin('c', null);
    traffic('c', 100, 1);
    assert.equal(breaches.length, 1);
  });
});
