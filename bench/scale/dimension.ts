// What a dimension of the suite `scale` is, what it measures with, and how it starts gateways.
import type { WarmUp } from '../harness/contest.js';
import { sluiceConfig } from '../harness/job.js';
import type { LoadGenerator } from '../harness/load.js';
import { freePort, type SluiceSubject, startSluice, type Upstream } from '../harness/processes.js';
import type { FoundPeer } from '../peers/peer.js';
import type { Findings, Lines } from '../suite.js';

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
  readonly upstream: Upstream;
  /** Says what is measured now. */
  step(name: string): void;
}

/** How much is measured: as much as there is time for. */
export interface Pace extends WarmUp {
  /** Of runs in turn. */
  readonly rounds: number;
  /** Of pairs whose ratio is held to a target of a few percent. */
  readonly pairs: number;
  /** Of one run of such a pair. */
  readonly pairSeconds: number;
  /** Of any other run. */
  readonly seconds: number;
  /** Of one size of body, in one run. */
  readonly bodyMiB: number;
}

export const FULL: Pace = {
  ...{ rounds: 5, pairs: 12, pairSeconds: 1.2, seconds: 0.6, bodyMiB: 160 },
  ...{ warmUpSeconds: 1.5, warmUpRequests: 20_000 },
};
export const QUICK: Pace = {
  ...{ rounds: 1, pairs: 4, pairSeconds: 0.4, seconds: 0.25, bodyMiB: 16 },
  ...{ warmUpSeconds: 0.4, warmUpRequests: 5_000 },
};

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

/** The chart of CPU per request, by how many there are of something. */
export function costChart(
  what: string,
  axis: Pick<Lines, 'across' | 'isAcrossLogarithmic'>,
  series: Lines['series'],
): Lines {
  return { kind: 'lines', title: `CPU per request by ${what}`, ...axis, unit: 'us', series };
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
