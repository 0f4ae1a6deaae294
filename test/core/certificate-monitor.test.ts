import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { CertificateMonitor } from '../../core/certificate-monitor.js';
import type { Log, LogFields } from '../../core/telemetry/log.js';
import type { CertificateInUse } from '../../core/tls/certificates-in-use.js';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const START_MS = Date.UTC(2026, 0, 1);

interface Line {
  readonly level: keyof Log;
  readonly fields: LogFields;
  readonly message: string;
}

function certificate(name: string, days: number, warnDays = 30): CertificateInUse {
  const notAfterMs = START_MS + days * DAY_MS;
  const warnFromMs = notAfterMs - warnDays * DAY_MS;
  const facts = { subject: `CN=${name}`, serial: '0A', notAfterMs, warnFromMs };
  return { use: 'listener', name, kind: 'certificate', ...facts };
}

describe('the certificate monitor', () => {
  const lines: Line[] = [];
  const say =
    (level: keyof Log) =>
    (fields: LogFields, message: string): void => {
      lines.push({ level, fields, message });
    };
  const log: Log = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
  let monitor: CertificateMonitor;
  let nowMs = START_MS;
  /** Names and levels of what was said while this time went by, minute by minute. */
  const pass = (ms: number): string[] => {
    lines.length = 0;
    for (const endMs = nowMs + ms; nowMs < endMs; ) {
      nowMs += MINUTE_MS;
      mock.timers.tick(MINUTE_MS);
    }
    return lines.map(({ level, fields }) => `${level} ${fields['name']}`);
  };

  beforeEach(() => {
    mock.timers.enable({ apis: ['setInterval'] });
    lines.length = 0;
    nowMs = START_MS;
    monitor = new CertificateMonitor(log, () => nowMs);
  });
  afterEach(() => {
    monitor.close();
    mock.timers.reset();
  });

  it('says at once what is about to run out, or has, and nothing of what has time', () => {
    monitor.watch([certificate('past', -2), certificate('near', 29), certificate('far', 31)]);
    assert.deepEqual(
      lines.map(({ level, message }) => [level, message]),
      [
        [
          'error',
          'certificate CN=past, used by listener past, ran out 2 days ago, at 2025-12-30T00:00:00.000Z',
        ],
        [
          'warn',
          'certificate CN=near, used by listener near, runs out in 29 days, at 2026-01-30T00:00:00.000Z',
        ],
      ],
    );
    const { use, name, kind, subject, serial, notAfter } = lines[1]!.fields;
    assert.deepEqual(
      [use, name, kind, subject, serial, notAfter],
      ['listener', 'near', 'certificate', 'CN=near', '0A', '2026-01-30T00:00:00.000Z'],
    );
  });

  it('says it again once a day, and as soon as one begins to matter or runs out', () => {
    monitor.watch([certificate('near', 3), certificate('far', 31)]);
    assert.deepEqual(pass(DAY_MS - MINUTE_MS), []);
    assert.deepEqual(pass(MINUTE_MS), ['warn near']);
    assert.deepEqual(pass(MINUTE_MS), ['warn far']);
    assert.deepEqual(pass(DAY_MS), ['warn near', 'warn far']);
    assert.deepEqual(pass(DAY_MS - 2 * MINUTE_MS), []);
    assert.deepEqual(pass(MINUTE_MS), ['warn near'], 'the third day');
    assert.deepEqual(pass(MINUTE_MS), ['error near', 'warn far']);
    assert.deepEqual(pass(DAY_MS), ['error near', 'warn far']);
  });

  it('begins anew with what comes into use, and forgets what is gone', () => {
    monitor.watch([certificate('old', 1)]);
    monitor.watch([certificate('new', 2)]);
    assert.deepEqual(
      lines.map(({ fields }) => fields['name']),
      ['old', 'new'],
    );
    assert.deepEqual(
      monitor.samples().map(({ labels }) => labels.name),
      ['new'],
    );
    assert.deepEqual(pass(DAY_MS), ['warn new']);
  });

  it('warns of nothing before its time where no days are asked for', () => {
    monitor.watch([certificate('near', 1, 0)]);
    assert.deepEqual(pass(DAY_MS), []);
    assert.deepEqual(pass(MINUTE_MS), ['error near']);
  });

  it('is silent once it is closed', () => {
    monitor.watch([certificate('near', 1)]);
    monitor.close();
    assert.deepEqual(pass(2 * DAY_MS), []);
  });
});
