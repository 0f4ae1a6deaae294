// What a request costs with more and more routes declared. Requests go to all of them in turn, and to as many targets
// whatever the routes.
import { residentMb } from '../harness/accounting.js';
import { cpuRatio, type Entrant, inTurn, type Runs, spread, warmUp } from '../harness/contest.js';
import type { LoadPlan } from '../harness/load.js';
import type { SluiceSubject } from '../harness/processes.js';
import { median } from '../harness/statistics.js';
import type { Findings } from '../suite.js';
import { costChart, type Dimension, NOTHING, type Stage, startGateway, withAll } from './dimension.js';

const COUNTS = [1, 10, 100, 1_000, 10_000] as const;
const MOST = COUNTS[COUNTS.length - 1]!;
/** What the most are held next to. */
const FEW = 10;
const MOST_OVER_FEW = 1.05;
const CONNECTIONS = 64;

export const routes: Dimension = {
  name: 'routes',
  async measure(stage) {
    const startedMs: number[] = [];
    // One more with few routes tells what two gateways that are alike differ by.
    const starts = [...COUNTS, FEW].map((count) => async () => {
      const beganMs = performance.now();
      const gateway = await startGateway(stage.upstream.port, { filters: {}, routes: routesOf(count) });
      startedMs.push(performance.now() - beganMs);
      return gateway;
    });
    return withAll(starts, (gateways) => compare(stage, gateways, startedMs));
  },
};

/** What was measured, by the gateway. */
interface Measured {
  /** With each of `COUNTS`. */
  readonly runs: readonly Runs[];
  /** In pairs of longer runs: the few, the most, the most of which few are asked, and another gateway with few. */
  readonly pairs: readonly [few: Runs, most: Runs, fewUsed: Runs, alike: Runs];
}

async function measureAll(
  { pace, generator, step }: Stage,
  gateways: readonly SluiceSubject[],
): Promise<Measured> {
  const entrants = gateways.map((subject, index): Entrant => {
    const count = COUNTS[index] ?? FEW;
    return { name: `${count} routes`, subject, plan: planOf(count, pace.seconds) };
  });
  for (const entrant of entrants) {
    step(`warm-up, ${entrant.name}`);
    await warmUp(generator, entrant, pace);
  }
  const tell = ({ name }: Entrant): void => step(name);
  const runs = await inTurn(generator, entrants.slice(0, COUNTS.length), pace.rounds, tell);
  const long = ({ plan, ...entrant }: Entrant, paths = plan.paths!): Entrant => ({
    ...entrant,
    plan: { ...plan, paths, seconds: pace.pairSeconds },
  });
  const few = entrants[COUNTS.indexOf(FEW)]!;
  const most = entrants[COUNTS.indexOf(MOST)]!;
  const alike = entrants[COUNTS.length]!;
  const paired = [long(few), long(most), long(most, targetsOf(FEW)), long(alike)];
  const pairs = await inTurn(generator, paired, pace.pairs, tell);
  return { runs, pairs: pairs as [Runs, Runs, Runs, Runs] };
}

async function compare(
  stage: Stage,
  gateways: readonly SluiceSubject[],
  startedMs: readonly number[],
): Promise<Findings> {
  const { runs, pairs } = await measureAll(stage, gateways);
  const [few, most, fewUsed, alike] = pairs;
  const cpuUs = runs.map((each) => spread(each, ({ cpuUs }) => cpuUs));
  const control = cpuRatio(alike, few);
  const points = COUNTS.map((x, index) => ({ x, y: cpuUs[index]! }));
  return {
    ...NOTHING,
    tables: [
      {
        title: 'Routes',
        head: 'routes',
        columns: [
          { name: 'CPU per request', unit: 'us', digits: 1 },
          { name: 'requests', unit: '1/s', digits: 0 },
          { name: 'p99', unit: 'ms', digits: 2 },
          { name: 'resident', unit: 'MiB', digits: 0 },
          { name: 'from start to serving', unit: 'ms', digits: 0 },
        ],
        rows: COUNTS.map((count, index) => ({
          name: String(count),
          cells: [
            cpuUs[index]!,
            spread(runs[index]!, ({ perSecond }) => perSecond),
            median(runs[index]!.map(({ p99Ms }) => p99Ms)),
            residentMb(gateways[index]!.pids),
            startedMs[index]!,
          ],
        })),
      },
    ],
    charts: [
      costChart('number of routes', { across: 'routes', isAcrossLogarithmic: true }, [
        { name: 'Sluice', points },
      ]),
    ],
    ratios: [
      {
        id: `scale/routes-${MOST}/routes-${FEW}`,
        name: `CPU per request, ${MOST} routes next to ${FEW}`,
        value: cpuRatio(most, few),
        atMost: MOST_OVER_FEW,
      },
      {
        id: `scale/routes-${MOST}-${FEW}-used/routes-${FEW}`,
        name: `the same, where requests go to ${FEW} of the ${MOST}`,
        value: cpuRatio(fewUsed, few),
        atMost: null,
      },
    ],
    notes: [
      `Routes: requests go to ${MOST} targets in turn, spread over all routes where nothing else is said. Two gateways with ${FEW} routes each, in the same rounds, came to ` +
        `${control.median.toFixed(3)} of each other: that is how finely ${stage.pace.pairs} pairs tell.`,
    ],
  };
}

/** Paths of some services, with a parameter, as an API has them. */
export function routesOf(count: number): object[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `route-${index}`,
    match: { path: `${placeOf(index)}/:id`, methods: ['GET'] },
    upstream: 'sample',
  }));
}

function planOf(count: number, seconds: number): LoadPlan {
  const paths = targetsOf(count);
  const request = { method: 'GET', path: paths[0]!, headers: {}, body: '' };
  return { request, paths, connections: CONNECTIONS, seconds, pauseMs: 0, isRefused: false };
}

/** As many whatever the routes, so that it is the routes that differ. */
function targetsOf(routes: number): string[] {
  return Array.from({ length: MOST }, (_, index) => `${placeOf(index % routes)}/${4711 + index}`);
}

function placeOf(index: number): string {
  return `/service-${index % 97}/v1/things-${index}`;
}
