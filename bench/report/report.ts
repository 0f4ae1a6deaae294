// What a run of the bench comes to: where it ran, how quiet it was, and what each suite found.
import type { Machine } from '../harness/machine.js';
import type { Noise } from '../harness/noise.js';
import type { Findings, Suite } from '../suite.js';

export interface Report {
  /** Of this form; readers refuse others. */
  readonly version: 1;
  /** Version of what was measured. */
  readonly sluice: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** What was asked for, as one types it. */
  readonly command: string;
  readonly quick: boolean;
  readonly machine: Machine;
  readonly suites: readonly SuiteReport[];
}

export interface SuiteReport extends Findings {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly seconds: number;
  /** Null of a suite that was not begun. */
  readonly noise: Noise | null;
  /** Why there are no findings, as the end of a sentence about the suite; null where it went well. */
  readonly failure: string | null;
}

/** What a suite found, with what a reader should know beside it. */
export function reportOf(suite: Suite, findings: Findings, seconds: number, noise: Noise): SuiteReport {
  const { name, title, about } = suite;
  return { name, title, about, seconds, noise, failure: null, ...findings };
}

/** A suite that found nothing, and why. */
export function failedReportOf(
  suite: Suite,
  failure: string,
  seconds: number,
  noise: Noise | null,
): SuiteReport {
  const { name, title, about } = suite;
  const nothing = { tables: [], charts: [], ratios: [], missing: [], notes: [] };
  return { name, title, about, seconds, noise, failure, ...nothing };
}
