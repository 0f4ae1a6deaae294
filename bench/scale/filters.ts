// What each further filter in a chain costs: one that looks at two headers, so that the chain is what is measured.
import { guestBytes } from '../../test/support/test-guests.js';
import { cpuRatio, type Entrant, inTurn, type Runs, spread, warmUp } from '../harness/contest.js';
import type { LoadPlan } from '../harness/load.js';
import { LOAD_COLUMNS, loadCells } from '../harness/load-table.js';
import type { SluiceSubject } from '../harness/processes.js';
import { pairwise } from '../harness/statistics.js';
import type { Findings } from '../suite.js';
import { costChart, type Dimension, NOTHING, type Stage, startGateway, withAll } from './dimension.js';

const COUNTS = [0, 1, 2, 4, 8, 16] as const;
const MOST = COUNTS[COUNTS.length - 1]!;
const MOST_US_PER_FILTER = 1.5;
const CONNECTIONS = 64;
const MODULE = 'two-headers';

export const filters: Dimension = {
  name: 'filters',
  async measure(stage) {
    const files = { [`${MODULE}.wasm`]: await guestBytes(MODULE) };
    const start = (): Promise<SluiceSubject> => startGateway(stage.upstream.port, chains(), files);
    return withAll([start], ([gateway]) => compare(stage, gateway!));
  },
};

async function compare({ pace, generator, step }: Stage, subject: SluiceSubject): Promise<Findings> {
  const entrants = COUNTS.map(
    (count): Entrant => ({ name: `${count} filters`, subject, plan: planOf(count, pace.seconds) }),
  );
  for (const entrant of entrants) {
    step(`warm-up, ${entrant.name}`);
    await warmUp(generator, entrant, pace);
  }
  const tell = ({ name }: Entrant): void => step(name);
  const runs = await inTurn(generator, entrants, pace.rounds, tell);
  const pair = [1, MOST].map((count): Entrant => {
    const plan = planOf(count, pace.pairSeconds);
    return { name: `${count} filters`, subject, plan };
  });
  const [one, most] = (await inTurn(generator, pair, pace.pairs, tell)) as [Runs, Runs];
  const cpuOf = (each: Runs): number[] => each.map(({ cpuUs }) => cpuUs);
  const furtherUs = pairwise(cpuOf(most), cpuOf(one), (long, short) => (long - short) / (MOST - 1));
  const cpuUs = runs.map((each) => spread(each, ({ cpuUs }) => cpuUs));
  const verdict = furtherUs.median <= MOST_US_PER_FILTER ? 'within' : 'above';
  return {
    ...NOTHING,
    tables: [
      {
        title: 'Filters in the chain',
        head: 'filters',
        columns: LOAD_COLUMNS,
        rows: COUNTS.map((count, index) => ({ name: String(count), cells: loadCells(runs[index]!) })),
      },
      {
        title: 'One filter more',
        head: 'from',
        columns: [{ name: 'each', unit: 'us', digits: 2 }],
        rows: [{ name: `1 to ${MOST} filters`, cells: [furtherUs] }],
      },
    ],
    charts: [
      costChart('filters in the chain', { across: 'filters', isAcrossLogarithmic: false }, [
        { name: 'Sluice', points: COUNTS.map((x, index) => ({ x, y: cpuUs[index]! })) },
      ]),
    ],
    ratios: [
      {
        id: `scale/filters-${MOST}/filters-1`,
        name: `CPU per request, ${MOST} filters next to 1`,
        value: cpuRatio(most, one),
        atMost: null,
      },
    ],
    notes: [
      `Filters: each looks at two headers of the request, and lets it through. One filter more costs ` +
        `${furtherUs.median.toFixed(2)} µs, ${verdict} ${MOST_US_PER_FILTER}.`,
    ],
  };
}

/** A route for each length of chain. */
export function chains(): { readonly filters: object; readonly routes: readonly object[] } {
  const names = Array.from({ length: MOST }, (_, index) => `headers-${index}`);
  return {
    filters: Object.fromEntries(names.map((name) => [name, { module: `./${MODULE}.wasm` }])),
    routes: COUNTS.map((count) => ({
      id: `chain-${count}`,
      match: { path: `/chain-${count}`, methods: ['GET'] },
      filters: names.slice(0, count),
      upstream: 'sample',
    })),
  };
}

function planOf(count: number, seconds: number): LoadPlan {
  const headers = { authorization: 'Bearer sample', 'content-type': 'application/json' };
  const request = { method: 'GET', path: `/chain-${count}`, headers, body: '' };
  return { request, connections: CONNECTIONS, seconds, pauseMs: 0, isRefused: false };
}
