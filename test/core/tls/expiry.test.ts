import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeCertificate, describeExpiry, expiryState } from '../../../core/tls/expiry.js';

const NOW_MS = Date.UTC(2026, 0, 31);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describe('expiryState', () => {
  it('is good, soon, expired', () => {
    const state = (days: number, warnDays: number): string =>
      expiryState(NOW_MS + days * DAY_MS, warnDays, NOW_MS);
    assert.deepEqual(
      [state(31, 30), state(30, 30), state(29.9, 30), state(0, 30)],
      ['good', 'good', 'soon', 'soon'],
    );
    assert.deepEqual([state(-0.1, 30), state(0.1, 0), state(-1, 0)], ['expired', 'good', 'expired']);
  });
});

describe('words for an expiry', () => {
  it('say how long, and when', () => {
    assert.equal(
      describeExpiry(NOW_MS + HOUR_MS, NOW_MS),
      'runs out in less than a day, at 2026-01-31T01:00:00.000Z',
    );
    assert.equal(
      describeExpiry(NOW_MS + 47 * HOUR_MS, NOW_MS),
      'runs out in 1 day, at 2026-02-01T23:00:00.000Z',
    );
    assert.equal(
      describeExpiry(NOW_MS - HOUR_MS, NOW_MS),
      'ran out less than a day ago, at 2026-01-30T23:00:00.000Z',
    );
    assert.equal(
      describeExpiry(NOW_MS - 9 * DAY_MS, NOW_MS),
      'ran out 9 days ago, at 2026-01-22T00:00:00.000Z',
    );
  });

  it('say of what, and where it is used', () => {
    const facts = { subject: 'CN=a', serial: '', notAfterMs: NOW_MS };
    const words = [
      describeCertificate({ ...facts, use: 'upstream', name: 'users', kind: 'authority' }),
      describeCertificate({ ...facts, use: 'admin', name: 'admin', kind: 'certificate' }),
      describeCertificate({ ...facts, use: 'listener', name: 'public', kind: 'revocation-list' }),
    ];
    assert.deepEqual(words, [
      'authority CN=a, used by upstream users,',
      'certificate CN=a, used by the admin listener,',
      'revocation list of CN=a, used by listener public,',
    ]);
  });
});
