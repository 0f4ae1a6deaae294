import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeExpiry, expiryState, expiryWarning } from '../../../core/tls/expiry.js';

const NOW_MS = Date.UTC(2026, 0, 31);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe('expiryState', () => {
  it('is good, soon, expired', () => {
    const state = (days: number, warnDays: number): string => {
      const notAfterMs = NOW_MS + days * DAY_MS;
      return expiryState({ notAfterMs, warnFromMs: notAfterMs - warnDays * DAY_MS }, NOW_MS);
    };
    assert.deepEqual(
      [state(31, 30), state(30, 30), state(29.9, 30), state(0, 30)],
      ['good', 'good', 'soon', 'soon'],
    );
    assert.deepEqual([state(-0.1, 30), state(0.1, 0), state(-1, 0)], ['expired', 'good', 'expired']);
  });
});

describe('words for an expiry', () => {
  it('say how long, and when', () => {
    const words = (hours: number): string => describeExpiry(NOW_MS + hours * HOUR_MS, NOW_MS);
    assert.equal(words(1), 'runs out in less than a day, at 2026-01-31T01:00:00.000Z');
    assert.equal(words(47), 'runs out in 1 day, at 2026-02-01T23:00:00.000Z');
    assert.equal(words(-1), 'ran out less than a day ago, at 2026-01-30T23:00:00.000Z');
    assert.equal(words(-9 * 24), 'ran out 9 days ago, at 2026-01-22T00:00:00.000Z');
  });

  it('warn of nothing that is good', () => {
    const warnFromMs = NOW_MS - 1;
    const warning = expiryWarning('it', { notAfterMs: NOW_MS + 2 * DAY_MS, warnFromMs }, NOW_MS);
    assert.equal(warning, 'it runs out in 2 days, at 2026-02-02T00:00:00.000Z');
    assert.equal(expiryWarning('it', { notAfterMs: NOW_MS + DAY_MS, warnFromMs: NOW_MS }, NOW_MS), null);
  });
});
