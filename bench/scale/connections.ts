// What a request costs with more and more clients at once, and what those cost that only stay connected; next to nginx.
import { cpuBetween, cpuOf, residentMb } from '../harness/accounting.js';
import { cpuRatio, type Entrant, inTurn, type Runs, spread, warmUp } from '../harness/contest.js';
import { REQUESTS } from '../harness/job.js';
import type { LoadPlan } from '../harness/load.js';
import { LOAD_COLUMNS, loadCells } from '../harness/load-table.js';
import type { Subject } from '../harness/processes.js';
import { possibleConnections, withIdleClients } from '../peers/memory.js';
import type { Cell, Findings, Ratio, Table } from '../suite.js';
import { costChart, type Dimension, NOTHING, type Stage, startGateway, withAll } from './dimension.js';
import { SettledLoad } from './settled-load.js';

type Row = Table['rows'][number];

const COUNTS = [1, 16, 64, 512, 5_000] as const;
const MOST = COUNTS[COUNTS.length - 1]!;
/** What the most are held next to. */
const USUAL = 64;
/** Of each client, nginx has one to the upstream as well. */
const SOCKETS_PER_CLIENT = 2;
/** Each client should have its turn a few times: for so many, a run is as much longer as it is for one. */
const CLIENTS_OF_A_RUN = 1_000;
/** A busy machine is slow to have its turn with thousands of clients; that is no failure. */
const PATIENT = {
  routes: [
    {
      id: 'plain',
      match: { path: REQUESTS.plain.path, methods: ['POST'] },
      upstream: 'sample',
      timeouts: { connectMs: 60_000, responseMs: 60_000 },
    },
  ],
};

export const connections: Dimension = {
  name: 'connections',
  measure(stage) {
    const allowed = Math.floor(possibleConnections(MOST * SOCKETS_PER_CLIENT) / SOCKETS_PER_CLIENT);
    const starts: (() => Promise<Subject>)[] = [() => startGateway(stage.upstream.port, PATIENT)];
    const { nginx } = stage;
    if (nginx !== null) starts.push(() => nginx.start(stage.upstream.port));
    return withAll(starts, (subjects) => compare(stage, subjects, allowed));
  },
};

async function compare(stage: Stage, subjects: readonly Subject[], allowed: number): Promise<Findings> {
  const { pace, step } = stage;
  for (const subject of subjects) {
    step(`warm-up, ${subject.name}`);
    await warmUp(stage.generator, { name: subject.name, subject, plan: planOf(USUAL, 0) }, pace);
  }
  // Before there was load of that many: what is free again afterwards is not given back, and would be taken for nothing.
  const idle = Math.min(MOST, allowed);
  const idleRows: Row[] = [];
  for (const subject of subjects) {
    step(`${idle} idle, ${subject.name}`);
    idleRows.push({ name: subject.name, cells: await costOfIdle(subject, idle) });
  }
  const counts = COUNTS.filter((count) => count <= allowed);
  const byCount = await loadOf(stage, subjects, counts);
  const rows = [...byCount].flatMap(([count, runs]) =>
    runs.map((each, index) => ({
      name: index === 0 ? String(count) : `  ${subjects[index]!.name}`,
      cells: loadCells(each),
    })),
  );
  const line = (index: number) =>
    counts.map((x) => ({ x, y: spread(byCount.get(x)![index]!, ({ cpuUs }) => cpuUs) }));
  return {
    ...NOTHING,
    tables: [
      { title: 'Connections', head: 'connections', columns: LOAD_COLUMNS, rows },
      idleTable(idle, idleRows),
    ],
    charts: [
      costChart(
        'connections',
        { across: 'connections', isAcrossLogarithmic: true },
        subjects.map(({ name }, index) => ({ name, points: line(index) })),
      ),
    ],
    ratios: ratiosOf(byCount),
    missing:
      counts.length === COUNTS.length
        ? []
        : [
            `${MOST} connections: a process may have too few files open here; allow it ${MOST * SOCKETS_PER_CLIENT + 512} ` +
              '(ulimit -Hn, or LimitNOFILE of systemd)',
          ],
    notes: [
      'Connections: a plain proxy; each client sends its next request when the last one was answered. CPU and requests per second are of the time when all are connected.',
    ],
  };
}

/** Runs of each subject in turn, with more and more clients. */
async function loadOf(
  { pace, generator, upstream, step }: Stage,
  subjects: readonly Subject[],
  counts: readonly number[],
): Promise<ReadonlyMap<number, readonly Runs[]>> {
  const settled = new SettledLoad(generator, upstream);
  const byCount = new Map<number, readonly Runs[]>();
  for (const count of counts) {
    const plan = planOf(count, pace.seconds * (1 + count / CLIENTS_OF_A_RUN));
    const entrants = subjects.map((subject): Entrant => ({ name: subject.name, subject, plan }));
    const tell = ({ name }: Entrant): void => step(`${count} connections, ${name}`);
    byCount.set(count, await inTurn(settled, entrants, Math.min(3, pace.rounds), tell));
  }
  return byCount;
}

function idleTable(count: number, rows: readonly Row[]): Table {
  return {
    title: `${count} connections that asked once, and say nothing`,
    head: 'server',
    columns: [
      { name: 'memory for each', unit: 'KiB', digits: 2 },
      { name: 'CPU of each, coming to going', unit: 'us', digits: 1 },
      { name: 'resident before', unit: 'MiB', digits: 0 },
      { name: 'with them', unit: 'MiB', digits: 0 },
    ],
    rows,
  };
}

function ratiosOf(byCount: ReadonlyMap<number, readonly Runs[]>): Ratio[] {
  const most = byCount.get(MOST);
  const usual = byCount.get(USUAL);
  if (most === undefined || usual === undefined) return [];
  const own: Ratio = {
    id: `scale/connections-${MOST}/connections-${USUAL}`,
    name: `CPU per request, ${MOST} connections next to ${USUAL}`,
    value: cpuRatio(most[0]!, usual[0]!),
    atMost: null,
  };
  if (most.length < 2) return [own];
  const value = cpuRatio(most[0]!, most[1]!);
  return [
    own,
    {
      id: `scale/connections-${MOST}/nginx`,
      name: `${MOST} connections, next to nginx`,
      value,
      atMost: null,
    },
  ];
}

async function costOfIdle(subject: Subject, count: number): Promise<Cell[]> {
  const beforeMb = residentMb(subject.pids);
  const before = cpuOf(subject.pids);
  const { open, residentMb: withMb } = await withIdleClients(subject, { count, request: REQUESTS.plain });
  const cpuS = cpuBetween(before, cpuOf(subject.pids));
  return [((withMb - beforeMb) * 1024) / open, (cpuS * 1e6) / open, beforeMb, withMb];
}

function planOf(count: number, seconds: number): LoadPlan {
  return { request: REQUESTS.plain, connections: count, seconds, pauseMs: 0, isRefused: false };
}
