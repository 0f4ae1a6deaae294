// What a dimension of the suite `scale` is, what it measures with, and how it starts gateways.
import { sluiceConfig } from '../harness/job.js';
import type { LoadGenerator } from '../harness/load.js';
import { freePort, type SluiceSubject, startSluice } from '../harness/processes.js';
import type { FoundPeer } from '../peers/peer.js';
import type { Findings } from '../suite.js';

/** One thing that there may be few or many of. */
export interface Dimension {
  /** What it is called while it runs. */
  readonly name: string;
  /** Measures. What it starts, it ends, also when it fails. */
  measure(stage: Stage): Promise<Findings>;
}

/** What a dimension has from the suite. */
export interface Stage {
  readonly pace: Pace;
  readonly generator: LoadGenerator;
  /** Null where it cannot be had. */
  readonly nginx: FoundPeer | null;
  /** Answers as the job of the harness says. */
  readonly upstreamPort: number;
  /** Says what is measured now. */
  step(name: string): void;
}

/** How much is measured: as much as there is time for. */
export interface Pace {
  /** Of runs in turn. */
  readonly rounds: number;
  /** Of pairs whose ratio is held to a target of a few percent. */
  readonly pairs: number;
  /** Of one run. */
  readonly seconds: number;
  /** Optimising compilers take this long to be done with the hot path. */
  readonly warmUpSeconds: number;
  /** Of one size of body, in one run. */
  readonly bodyMiB: number;
}

export const FULL: Pace = { rounds: 5, pairs: 30, seconds: 0.6, warmUpSeconds: 2.5, bodyMiB: 160 };
export const QUICK: Pace = { rounds: 2, pairs: 6, seconds: 0.25, warmUpSeconds: 0.8, bodyMiB: 16 };

/** Nothing found, to be laid under what was. */
export const NOTHING: Findings = { tables: [], charts: [], ratios: [], missing: [], notes: [] };

/** One after the other. */
export function together(parts: readonly Findings[]): Findings {
  return {
    tables: parts.flatMap(({ tables }) => tables),
    charts: parts.flatMap(({ charts }) => charts),
    ratios: parts.flatMap(({ ratios }) => ratios),
    missing: parts.flatMap(({ missing }) => missing),
    notes: parts.flatMap(({ notes }) => notes),
  };
}

/** Starts a gateway that does the job of the harness, with `more` laid over the top level of its configuration. */
export async function startGateway(
  upstreamPort: number,
  more: Readonly<Record<string, unknown>> = {},
  files: Readonly<Record<string, Uint8Array>> = {},
  args: readonly string[] = [],
): Promise<SluiceSubject> {
  const port = await freePort();
  return startSluice(sluiceConfig({ port, upstreamPort }, more), port, files, args);
}

/** Runs with what `start` starts, each of which is ended afterwards, also when starting or measuring fails. */
export async function withAll<T extends { stop(): Promise<void> }, R>(
  starts: readonly (() => Promise<T>)[],
  measure: (started: readonly T[]) => Promise<R>,
): Promise<R> {
  const started: T[] = [];
  try {
    for (const start of starts) started.push(await start());
    return await measure(started);
  } finally {
    for (const each of started.reverse()) await each.stop();
  }
}
