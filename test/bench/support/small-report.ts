// A report of one suite, with a little of everything.
import type { Report, SuiteReport } from '../../../bench/report/report.js';
import { SMALL_FINDINGS } from './small-findings.js';

export function smallSuite(more: Partial<SuiteReport> = {}): SuiteReport {
  return {
    ...{ name: 'small', title: 'Small things', about: 'What they cost.', seconds: 83, failure: null },
    noise: { busyBefore: 0.02, stolen: 0, loadBefore: 0.4 },
    ...SMALL_FINDINGS,
    ...more,
  };
}

export function smallReport(more: Partial<Report> = {}): Report {
  return {
    ...{ version: 1, sluice: '1.2.3', startedAt: '2026-02-03T04:05:06.789Z' },
    ...{ command: 'npm run bench -- small', quick: false, suites: [smallSuite()] },
    machine: {
      ...{ processors: 8, processor: 'Sample Processor', processorLimit: 1.5 },
      ...{ memoryMiB: 16_384, memoryLimitMiB: 512, kernel: 'Linux 6.1.0', node: 'v20.18.1', loadBefore: 0.4 },
      ...{ commit: '0123456789abcdef0123456789abcdef01234567', isChanged: true },
    },
    ...more,
  };
}
