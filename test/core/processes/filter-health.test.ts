import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type FilterReport, mergeFilters } from '../../../core/processes/filter-health.js';

const WELL: FilterReport = {
  name: 'guard',
  state: 'active',
  quarantines: 0,
  retryInMs: 0,
  lastFailure: null,
  peakMemoryBytes: 1000,
};

describe('filters of several processes', () => {
  it('are as well as in the process where they do worst', () => {
    const failure = (at: string) => ({ code: 'SLUICE_FILTER_TRAP', message: 'trap', at });
    const older = { ...WELL, quarantines: 1, lastFailure: failure('2026-01-01T00:00:00.000Z') };
    const worse = {
      ...WELL,
      state: 'quarantined' as const,
      quarantines: 2,
      retryInMs: 500,
      lastFailure: failure('2026-01-02T00:00:00.000Z'),
      peakMemoryBytes: 2000,
    };
    const merged = { ...worse, quarantines: 3 };
    assert.deepEqual(mergeFilters([[older], [worse], [WELL]]), [merged]);
    assert.deepEqual(mergeFilters([[worse], [older]]), [merged]);
  });

  it('are listed once, also those that one process has only', () => {
    const other = { ...WELL, name: 'other' };
    assert.deepEqual(mergeFilters([[WELL], [WELL, other]]), [WELL, other]);
    assert.deepEqual(mergeFilters([]), []);
  });
});
