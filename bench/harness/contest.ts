// Load on several servers in turn, round by round, so that what disturbs the machine disturbs all of them alike.
import type { LoadGenerator, LoadPlan, LoadResult } from './load.js';
import type { Subject } from './processes.js';
import { pairwise, type Spread, spreadOf } from './statistics.js';

/** One server with what it is asked. */
export interface Entrant {
  readonly name: string;
  readonly subject: Subject;
  readonly plan: LoadPlan;
}

const LONGEST_WARM_UP = 5;

/** What an entrant did, round by round: runs of one index belong to one round. */
export type Runs = readonly LoadResult[];

/** How long an entrant is warmed up at a time, and after how many requests it is warm. */
export interface WarmUp {
  readonly warmUpSeconds: number;
  /** What optimising compilers need to be done; a busy machine takes longer for it. */
  readonly warmUpRequests: number;
}

/** Load until there were as many requests as are wanted; a machine that does not get there is not waited for much longer. */
export async function warmUp(
  generator: LoadGenerator,
  { subject, plan }: Entrant,
  { warmUpSeconds, warmUpRequests }: WarmUp,
): Promise<void> {
  let requests = 0;
  for (let times = 0; times < LONGEST_WARM_UP && requests < warmUpRequests; times += 1)
    requests += (await generator.load(subject, { ...plan, seconds: warmUpSeconds })).requests;
}

/**
 * Every entrant once in each round; who begins changes from round to round, since nobody should always follow the same
 * one. `step` is called before each run.
 *
 * @throws Error when a run served nothing at all
 */
export async function inTurn(
  generator: LoadGenerator,
  entrants: readonly Entrant[],
  rounds: number,
  step: (entrant: Entrant) => void,
): Promise<Runs[]> {
  const runs = entrants.map((): LoadResult[] => []);
  for (let round = 0; round < rounds; round += 1) {
    const order = [...entrants.keys()];
    if (round % 2 === 1) order.reverse();
    for (const index of order) {
      const entrant = entrants[index]!;
      step(entrant);
      runs[index]!.push(await served(generator, entrant));
    }
  }
  return runs;
}

/** A machine that was too busy to answer once in time has said nothing, and is asked for longer. */
async function served(generator: LoadGenerator, { name, subject, plan }: Entrant): Promise<LoadResult> {
  for (let longer = 1; longer <= 8; longer *= 2) {
    const result = await generator.load(subject, { ...plan, seconds: plan.seconds * longer });
    if (result.requests > 0) return result;
  }
  throw new Error(`${name} served no request`);
}

/** One figure of all runs, e.g. `spread(runs, ({ cpuUs }) => cpuUs)`. */
export function spread(runs: Runs, figure: (run: LoadResult) => number): Spread {
  return spreadOf(runs.map(figure));
}

/** CPU per request of one entrant over another's, round by round. */
export function cpuRatio(runs: Runs, peer: Runs): Spread {
  return ratio(runs, peer, ({ cpuUs }) => cpuUs);
}

export function ratio(runs: Runs, peer: Runs, figure: (run: LoadResult) => number): Spread {
  return pairwise(runs.map(figure), peer.map(figure), (own, theirs) => own / theirs);
}

/** Requests that failed in any of the runs. */
export function failures(runs: Runs): number {
  return runs.reduce((sum, { failed }) => sum + failed, 0);
}
