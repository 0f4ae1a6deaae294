// What a run of the bench comes to: where it ran, how quiet it was, and what each suite found.
import type { Machine } from '../harness/machine.js';
import type { Noise } from '../harness/noise.js';
import type { Findings, Suite } from '../suite.js';

export interface Report {
  /** Of this form; readers refuse others. */
  readonly version: 1;
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
  readonly noise: Noise;
}

/** What a suite found, with what a reader should know beside it. */
export function reportOf(suite: Suite, findings: Findings, seconds: number, noise: Noise): SuiteReport {
  const { name, title, about } = suite;
  return { name, title, about, seconds, noise, ...findings };
}
