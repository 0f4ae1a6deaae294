import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TargetTally } from '../../../core/upstream/tally.js';
import { Target } from '../../../core/upstream/target.js';

function fail(target: Target, times: number): void {
  for (let i = 0; i < times; i++) target.failed();
}

/** A target on a clock that the test sets. */
function build(failures: number, durationMs = 100): { target: Target; clock: { nowMs: number } } {
  const clock = { nowMs: 5000 };
  const target = new Target(
    { url: 'http://127.0.0.1:1', weight: 1 },
    { failures, durationMs },
    new TargetTally(),
    () => clock.nowMs,
  );
  return { target, clock };
}

describe('Target', () => {
  it('is ejected by failures in a row, and returns when the time is over', () => {
    const { target, clock } = build(3);
    fail(target, 2);
    assert.equal(target.available, true);
    assert.equal(target.state().failures, 2);
    fail(target, 1);
    assert.equal(target.available, false);
    clock.nowMs += 99;
    assert.equal(target.ejected, true);
    clock.nowMs += 1;
    assert.equal(target.ejected, false);
    assert.equal(target.available, true);
    assert.equal(target.state().failures, 0);
  });

  it('starts to count anew after a success', () => {
    const { target } = build(3);
    fail(target, 2);
    target.succeeded();
    fail(target, 2);
    assert.equal(target.ejected, false);
  });

  it('is never ejected when the number of failures is 0', () => {
    const { target } = build(0);
    fail(target, 1000);
    assert.equal(target.ejected, false);
  });

  it('doubles each further ejection up to ten times the first, until a success', () => {
    const { target, clock } = build(1);
    for (const factor of [1, 2, 4, 8, 10, 10]) {
      target.failed();
      clock.nowMs += factor * 100 - 1;
      assert.equal(target.ejected, true, `factor ${factor}`);
      clock.nowMs += 1;
      assert.equal(target.ejected, false, `factor ${factor}`);
    }
    target.succeeded();
    target.failed();
    clock.nowMs += 100;
    assert.equal(target.ejected, false);
  });

  it('takes nothing from requests that were under way at the ejection', () => {
    const { target, clock } = build(1);
    target.failed();
    fail(target, 5);
    target.succeeded();
    clock.nowMs += 100;
    assert.equal(target.ejected, false);
    target.failed();
    clock.nowMs += 199;
    assert.equal(target.ejected, true, 'the second in a row, not the sixth and not the first');
    clock.nowMs += 1;
    assert.equal(target.ejected, false);
  });

  it('is not available while its health check fails', () => {
    const { target } = build(1);
    target.healthy = false;
    assert.equal(target.available, false);
    assert.equal(target.ejected, false);
    assert.equal(target.state().healthy, false);
  });
});
