// What load on a server comes to, as a row of a table.
import type { Cell, Column } from '../suite.js';
import { failures, type Runs, spread } from './contest.js';
import { median } from './statistics.js';

export const LOAD_COLUMNS: readonly Column[] = [
  { name: 'CPU per request', unit: 'us', digits: 1 },
  { name: 'requests', unit: '1/s', digits: 0 },
  { name: 'p50', unit: 'ms', digits: 2 },
  { name: 'p99', unit: 'ms', digits: 2 },
  { name: 'p99.9', unit: 'ms', digits: 2 },
  { name: 'failed', unit: 'count', digits: 0 },
];

/** In the order of `LOAD_COLUMNS`. */
export function loadCells(runs: Runs): Cell[] {
  return [
    spread(runs, ({ cpuUs }) => cpuUs),
    spread(runs, ({ perSecond }) => perSecond),
    median(runs.map(({ p50Ms }) => p50Ms)),
    median(runs.map(({ p99Ms }) => p99Ms)),
    median(runs.map(({ p999Ms }) => p999Ms)),
    failures(runs),
  ];
}

/** How long a connection has to rest after an answer, so that all of them come to half of what a server takes. */
export function pauseAtHalfLoad(saturatedPerSecond: number, connections: number): number {
  return (connections * 1000) / (saturatedPerSecond / 2);
}
