import { constants, PerformanceObserver } from 'node:perf_hooks';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { collectYoung } from '../../core/garbage.js';

interface GcEntry {
  readonly startTime: number;
  readonly detail: { readonly kind: number };
}

/** Waits until V8 has told of a collection of this kind that `collect` has brought about. */
async function sees(kind: number, collect: () => void): Promise<void> {
  const startedAtMs = performance.now();
  let isSeen = false;
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { detail, startTime } = entry as unknown as GcEntry;
      isSeen ||= detail.kind === kind && startTime >= startedAtMs;
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  collect();
  while (!isSeen) await nextTurn();
  observer.disconnect();
}

describe('the collector', () => {
  it('takes away what was made since the last time', () =>
    sees(constants.NODE_PERFORMANCE_GC_MINOR, collectYoung));
});
