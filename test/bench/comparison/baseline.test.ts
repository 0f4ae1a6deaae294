import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { BASELINE_FILE, baselineWith, formatBaseline } from '../../../bench/comparison/baseline.js';
import { readBaseline } from '../../../bench/comparison/files.js';
import { smallReport, smallSuite } from '../support/small-report.js';

const EXPECTED = {
  version: 1,
  suites: {
    small: {
      date: '2026-02-03',
      commit: '0123456789ab with changes that are not committed',
      machine:
        '8 x Sample Processor, limited to 1.5 of them, 16.0 GiB, limited to 0.5 GiB, Linux 6.1.0, Node v20.18.1',
      ratios: {
        'small/plain/nginx': { median: 2.057, least: 1.9, most: 2.2 },
        'small/policy/nginx': { median: 2.3, least: 2.2, most: 2.4 },
      },
    },
  },
};

describe('a baseline', () => {
  it('has the ratios of a report, where they are from, and no times', () => {
    assert.deepEqual(baselineWith(null, smallReport()), EXPECTED);
  });

  it('keeps suites that a report has not, and those that failed in it or found nothing', () => {
    const failed = smallSuite({ failure: 'nothing answers' });
    const before = baselineWith(null, smallReport());
    const other = smallSuite({ name: 'another' });
    const report = smallReport({ startedAt: '2027-01-01T00:00:00Z', suites: [other, failed] });
    const after = baselineWith(before, report);
    assert.deepEqual(Object.keys(after.suites), ['another', 'small']);
    assert.deepEqual(after.suites['small'], EXPECTED.suites.small);
    assert.equal(after.suites['another']!.date, '2027-01-01');
    assert.deepEqual(baselineWith(before, smallReport({ suites: [smallSuite({ ratios: [] })] })), before);
  });

  it('is the same text whatever order its ratios were measured in, with figures of four digits', () => {
    const { ratios } = smallSuite();
    const reversed = smallReport({ suites: [smallSuite({ ratios: [...ratios].reverse() })] });
    assert.equal(
      formatBaseline(baselineWith(null, reversed)),
      formatBaseline(baselineWith(null, smallReport())),
    );
    const value = { median: 1.23456789, least: 0.000123456, most: 123456 };
    const report = smallReport({ suites: [smallSuite({ ratios: [{ ...ratios[0]!, value }] })] });
    assert.deepEqual(baselineWith(null, report).suites['small']!.ratios['small/plain/nginx'], {
      median: 1.235,
      least: 0.0001235,
      most: 123500,
    });
  });

  it('stands in this repository, as it would be written, with ratios that say their suite', () => {
    const baseline = readBaseline(BASELINE_FILE);
    assert.ok(Object.keys(baseline.suites).length > 0);
    assert.equal(readFileSync(BASELINE_FILE, 'utf8'), formatBaseline(baseline));
    for (const [suite, { ratios }] of Object.entries(baseline.suites))
      for (const id of Object.keys(ratios)) assert.ok(id.startsWith(`${suite}/`), id);
  });
});
