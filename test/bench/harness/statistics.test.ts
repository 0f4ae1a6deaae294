import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { median, pairwise } from '../../../bench/harness/statistics.js';

describe('the statistics of benches', () => {
  it('take the middle value, or the mean of the middle two', () => {
    assert.equal(median([9, 1, 5]), 5);
    assert.equal(median([10, 1, 2, 100]), 6);
  });

  it('compare pair by pair, so that what slows a whole pair down does not count', () => {
    const ratio = (left: number, right: number): number => left / right;
    assert.deepEqual(pairwise([20, 200, 30], [10, 100, 10], ratio), { median: 2, least: 2, most: 3 });
  });
});
