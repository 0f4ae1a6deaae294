// What more threads for filters, and more processes, bring: CPU per request, and how many requests there are.
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { residentMb } from '../harness/accounting.js';
import { cpuRatio, type Entrant, inTurn, type Runs, spread, warmUp } from '../harness/contest.js';
import { childrenOf } from '../harness/descendants.js';
import { REQUESTS } from '../harness/job.js';
import type { LoadPlan } from '../harness/load.js';
import { LOAD_COLUMNS, loadCells } from '../harness/load-table.js';
import { freePort, type SluiceSubject } from '../harness/processes.js';
import type { Findings, Ratio } from '../suite.js';
import { type Dimension, NOTHING, type Stage, startGateway, withAll } from './dimension.js';

const CONNECTIONS = 64;

export const workers = parallel('workers', 'Workers', ({ upstream }, count) =>
  startGateway(upstream.port, { workers: { count } }),
);

export const processes = parallel('processes', 'Processes that share a port', startProcesses);

/** One, two and so on up to as many as there are cores, each in a gateway of its own. */
function parallel(
  name: string,
  title: string,
  start: (stage: Stage, count: number) => Promise<SluiceSubject>,
): Dimension {
  return {
    name,
    measure(stage) {
      const counts = doublings(availableParallelism());
      const starts = counts.map((count) => () => start(stage, count));
      return withAll(starts, (gateways) => compare(stage, name, title, counts, gateways));
    },
  };
}

async function compare(
  { pace, generator, step }: Stage,
  name: string,
  title: string,
  counts: readonly number[],
  gateways: readonly SluiceSubject[],
): Promise<Findings> {
  const plan = planOf(pace.seconds);
  const entrants = gateways.map(
    (subject, index): Entrant => ({ name: `${counts[index]} ${name}`, subject, plan }),
  );
  for (const [index, entrant] of entrants.entries()) {
    step(`warm-up, ${entrant.name}`);
    // Each thread and each process has to be warm.
    await warmUp(generator, entrant, { ...pace, warmUpRequests: pace.warmUpRequests * counts[index]! });
  }
  const runs = await inTurn(generator, entrants, pace.rounds, ({ name }) => step(name));
  return {
    ...NOTHING,
    tables: [
      {
        title,
        head: name,
        columns: [...LOAD_COLUMNS, { name: 'resident', unit: 'MiB', digits: 0 }],
        rows: runs.map((each, index) => ({
          name: String(counts[index]),
          cells: [...loadCells(each), residentMb(gateways[index]!.pids)],
        })),
      },
    ],
    charts: [
      {
        kind: 'lines',
        title: `Requests per second by ${name}`,
        across: name,
        isAcrossLogarithmic: true,
        unit: '1/s',
        series: [
          {
            name: 'Sluice',
            points: runs.map((each, index) => ({
              x: counts[index]!,
              y: spread(each, ({ perSecond }) => perSecond),
            })),
          },
        ],
      },
    ],
    ratios: ratiosOf(name, counts, runs),
  };
}

function ratiosOf(name: string, counts: readonly number[], runs: readonly Runs[]): Ratio[] {
  if (runs.length < 2) return [];
  return [
    {
      id: `scale/${name}-as-cores/${name}-1`,
      name: `CPU per request, ${counts.at(-1)} ${name} next to 1`,
      value: cpuRatio(runs.at(-1)!, runs[0]!),
      atMost: null,
    },
  ];
}

function planOf(seconds: number): LoadPlan {
  const { filtered } = REQUESTS;
  return { request: filtered, connections: CONNECTIONS, seconds, pauseMs: 0, isRefused: false };
}

/** Several under a supervisor, whose time counts too, or one without. */
async function startProcesses({ upstream }: Stage, count: number): Promise<SluiceSubject> {
  if (count === 1) return startGateway(upstream.port);
  const admin = `127.0.0.1:${await freePort()}`;
  const args = ['--processes', String(count)];
  const subject = await startGateway(upstream.port, { admin: { address: admin } }, {}, args);
  try {
    while (!(await fetch(`http://${admin}/readyz`)).ok) await delay(50);
    const [supervisor] = subject.pids;
    return { ...subject, pids: [supervisor!, ...childrenOf(supervisor!)] };
  } catch (cause) {
    await subject.stop();
    throw cause;
  }
}

/** 1, 2, 4 and so on, and at last `most` itself. */
function doublings(most: number): number[] {
  const counts: number[] = [];
  for (let count = 1; count < most; count *= 2) counts.push(count);
  return [...counts, most];
}
