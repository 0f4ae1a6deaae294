// `bench/baseline.json`: the ratios that a commit is held to. It has no times, which belong to a machine; each suite is
// measured and replaced alone, so each says where it is from.
import { fileURLToPath } from 'node:url';
import { commitText, machineText } from '../harness/machine.js';
import type { Spread } from '../harness/statistics.js';
import type { Report, SuiteReport } from '../report/report.js';
import type { Ratio } from '../suite.js';

/** The one of the repository. */
export const BASELINE_FILE = fileURLToPath(new URL('../../../bench/baseline.json', import.meta.url));

export interface Baseline {
  /** Of this form; readers refuse others. */
  readonly version: 1;
  /** By name. */
  readonly suites: Readonly<Record<string, BaselineSuite>>;
}

export interface BaselineSuite {
  /** Year, month and day. */
  readonly date: string;
  readonly commit: string;
  readonly machine: string;
  /** By id. */
  readonly ratios: Readonly<Record<string, Spread>>;
}

/** The baseline with what a report found: its suites take the place of those of the same name, all others stay. */
export function baselineWith(before: Baseline | null, report: Report): Baseline {
  const found = report.suites.filter(isUsable).map((suite) => [suite.name, suiteOf(report, suite)] as const);
  return { version: 1, suites: sorted({ ...before?.suites, ...Object.fromEntries(found) }) };
}

/** A suite that failed, or has no ratio, replaces nothing. */
export function isUsable(suite: SuiteReport): boolean {
  return suite.failure === null && measuredRatios(suite).length > 0;
}

/** Those that there are figures of: what could not be divided is null in a file. */
export function measuredRatios({ ratios }: SuiteReport): Ratio[] {
  return ratios.filter(({ value }) => Object.values(value).every(Number.isFinite));
}

/** The same for the same baseline, in lines that a reviewer can read. */
export function formatBaseline(baseline: Baseline): string {
  return `${JSON.stringify(baseline, null, 2)}\n`;
}

function suiteOf({ startedAt, machine }: Report, suite: SuiteReport): BaselineSuite {
  const spreads = measuredRatios(suite).map(({ id, value }) => [id, rounded(value)] as const);
  return {
    date: startedAt.slice(0, 10),
    commit: commitText(machine),
    machine: machineText(machine),
    ratios: sorted(Object.fromEntries(spreads)),
  };
}

/** To four digits: more would be noise that shows as a difference in reviews. */
function rounded({ median, least, most }: Spread): Spread {
  const round = (value: number): number => Number(value.toPrecision(4));
  return { median: round(median), least: round(least), most: round(most) };
}

function sorted<T>(members: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)));
}
