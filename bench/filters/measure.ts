// Measures what a rule adds to a request: the same load with the rule and past it in turn, on each side in turn, so
// that what disturbs the machine disturbs all of them.
import type { LoadGenerator, LoadRequest, LoadResult } from '../harness/load.js';
import type { Subject } from '../harness/processes.js';
import { median, pairwise, type Spread, spreadOf } from '../harness/statistics.js';
import { type FilterBench, pathOf, type Side } from './filter-bench.js';

export interface Settings {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly connections: number;
}

/** What a rule costs on one side: CPU of the process per request, in microseconds. */
export interface Cost {
  /** In the order in which they were measured; those of one index belong to one round on every side. */
  readonly pairsUs: readonly { readonly without: number; readonly with: number }[];
  readonly withoutUs: Spread;
  readonly withUs: Spread;
  /** Of each pair, with the rule minus without. */
  readonly ruleUs: Spread;
  /** Of each pair, with the rule over without. */
  readonly ratio: Spread;
  readonly perSecondWithout: number;
  readonly perSecondWith: number;
  readonly failed: number;
}

export async function measure(
  generator: LoadGenerator,
  bench: FilterBench,
  request: LoadRequest,
  sides: ReadonlyMap<Side, Subject>,
  settings: Settings,
  progress: (round: number) => void,
): Promise<Map<Side, Cost>> {
  const run = async (subject: Subject, isRuleOn: boolean, atLeastS: number): Promise<LoadResult> => {
    const path = pathOf(bench.filter, request.path, isRuleOn);
    // A machine that was too busy to answer once has said nothing.
    for (let seconds = atLeastS; ; seconds *= 2) {
      const plan = {
        request: { ...request, path },
        connections: settings.connections,
        seconds,
        pauseMs: 0,
        isRefused: false,
      };
      const result = await generator.load(subject, plan);
      if (result.requests > 0 || result.failed > 0) return result;
    }
  };
  if (settings.warmUpSeconds > 0) {
    for (const subject of sides.values()) {
      for (const isRuleOn of [false, true]) await run(subject, isRuleOn, settings.warmUpSeconds);
    }
  }
  const runs = new Map([...sides.keys()].map((side) => [side, { without: [], with: [] } as Runs]));
  for (let round = 0; round < settings.rounds; round += 1) {
    progress(round + 1);
    // Neither always follows the other.
    const order = round % 2 === 0 ? [false, true] : [true, false];
    for (const [side, subject] of sides) {
      for (const isRuleOn of order) {
        const result = await run(subject, isRuleOn, settings.seconds);
        runs.get(side)![isRuleOn ? 'with' : 'without'].push(result);
      }
    }
  }
  return new Map([...runs].map(([side, both]) => [side, costOf(both)]));
}

/** What the rule costs on one side over what it costs on another, round by round; null where a round had only noise. */
export function nextTo(cost: Cost, peer: Cost): Spread | null {
  const ruleUs = (pairs: Cost['pairsUs']): number[] => pairs.map((pair) => pair.with - pair.without);
  if (cost.ruleUs.least <= 0 || peer.ruleUs.least <= 0) return null;
  return pairwise(ruleUs(cost.pairsUs), ruleUs(peer.pairsUs), (own, theirs) => own / theirs);
}

export interface Runs {
  readonly without: LoadResult[];
  readonly with: LoadResult[];
}

export function costOf(runs: Runs): Cost {
  const without = runs.without.map(({ cpuUs }) => cpuUs);
  const ruled = runs.with.map(({ cpuUs }) => cpuUs);
  return {
    pairsUs: without.map((us, index) => ({ without: us, with: ruled[index]! })),
    withoutUs: spreadOf(without),
    withUs: spreadOf(ruled),
    ruleUs: pairwise(without, ruled, (left, right) => right - left),
    ratio: pairwise(without, ruled, (left, right) => right / left),
    perSecondWithout: median(runs.without.map(({ perSecond }) => perSecond)),
    perSecondWith: median(runs.with.map(({ perSecond }) => perSecond)),
    failed: [...runs.without, ...runs.with].reduce((sum, { failed }) => sum + failed, 0),
  };
}
