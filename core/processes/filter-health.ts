// How the filters of several processes fare, as one: each process judges for itself, and the worst counts.
import type { FilterHealth } from '../dispatch/quarantine.js';

export type FilterReport = FilterHealth & { readonly peakMemoryBytes: number };

const STATES: readonly FilterHealth['state'][] = ['active', 'probing', 'quarantined'];

/** @param processes what each says of its filters */
export function mergeFilters(processes: readonly (readonly FilterReport[])[]): FilterReport[] {
  const merged = new Map<string, FilterReport>();
  for (const report of processes.flat()) {
    const other = merged.get(report.name);
    merged.set(report.name, other === undefined ? report : merge(other, report));
  }
  return [...merged.values()];
}

function merge(a: FilterReport, b: FilterReport): FilterReport {
  return {
    ...a,
    state: STATES[Math.max(STATES.indexOf(a.state), STATES.indexOf(b.state))]!,
    quarantines: a.quarantines + b.quarantines,
    retryInMs: Math.max(a.retryInMs, b.retryInMs),
    lastFailure: (a.lastFailure?.at ?? '') >= (b.lastFailure?.at ?? '') ? a.lastFailure : b.lastFailure,
    peakMemoryBytes: Math.max(a.peakMemoryBytes, b.peakMemoryBytes),
  };
}
