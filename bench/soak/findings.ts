// What a soak comes to: whether it grew, whether anything failed, and how it went second by second.
import { pairwise, type Spread, spreadOf } from '../harness/statistics.js';
import type { Cell, Findings, Lines, Point, Table, Unit } from '../suite.js';
import type { ClientEnd, ClientSecond } from './clients.js';
import type { ServerState } from './server-state.js';

/** One second of a soak. */
export interface Moment {
  /** Since it began. */
  readonly atS: number;
  readonly seen: ClientSecond;
  readonly state: ServerState;
}

const MOST_GROWTH = 1.05;
/** Share of the run that is warm-up, and the most of it in seconds. */
const WARM_UP = { share: 0.3, mostS: 120 };
/** Share of the run that is looked at after the warm-up, and at the end. */
const LOOK = { share: 0.1, fewest: 2 };
/** More points than this are drawn together. */
const MOST_POINTS = 120;

/** @throws Error for a run that was too short to say anything */
export function findingsOf(moments: readonly Moment[], end: ClientEnd): Findings {
  const { warm, last } = windowsOf(moments);
  const { kinds, slow, left, problems } = end;
  const failed = kinds.reduce((sum, kind) => sum + kind.failed, 0) + slow.failed;
  const { applied, refused } = moments.at(-1)!.state;
  return {
    tables: [growthTable(warm, last), requestsTable(end), courseTable(moments)],
    charts: chartsOf(moments),
    ratios: [
      {
        id: 'soak/memory/warm',
        name: 'resident memory at the end, next to after the warm-up',
        value: growthOf(({ state }) => state.residentMb, warm, last),
        atMost: MOST_GROWTH,
      },
      {
        id: 'soak/p99/warm',
        name: 'p99 of requests at the end, next to after the warm-up',
        value: growthOf(({ seen }) => seen.p99Ms, warm, last),
        atMost: null,
      },
    ],
    missing: [],
    notes: [
      failed === 0 ? 'No request failed.' : `${failed} requests failed: ${problems.join('; ')}.`,
      `${applied} revisions took over meanwhile, and ${refused} were refused. ${slow.served} clients ` +
        `took seconds for one request, and ${left} left in the middle of one.`,
      'The delay of the event loop is told by a clock of 10 ms, which is what a loop with nothing to do comes to.',
    ],
  };
}

function windowsOf(moments: readonly Moment[]): { warm: readonly Moment[]; last: readonly Moment[] } {
  const size = Math.max(LOOK.fewest, Math.floor(moments.length * LOOK.share));
  const endS = moments.at(-1)?.atS ?? 0;
  const warmS = Math.min(endS * WARM_UP.share, WARM_UP.mostS);
  const from = moments.findIndex(({ atS }) => atS >= warmS);
  if (from + 2 * size > moments.length)
    throw new Error(`a soak of ${moments.length} looks is too short to say anything`);
  return { warm: moments.slice(from, from + size), last: moments.slice(-size) };
}

function growthOf(
  figure: (moment: Moment) => number,
  warm: readonly Moment[],
  last: readonly Moment[],
): Spread {
  return pairwise(last.map(figure), warm.map(figure), (late, early) => late / early);
}

function growthTable(warm: readonly Moment[], last: readonly Moment[]): Table {
  const row = (name: string, figure: (state: ServerState) => number | null) => {
    const cellOf = (moments: readonly Moment[]): Cell =>
      spreadWhereAny(moments.map(({ state }) => figure(state)));
    return { name, cells: [cellOf(warm), cellOf(last)] };
  };
  return {
    title: 'What it has',
    head: 'of',
    columns: [
      { name: 'after the warm-up', unit: 'count', digits: 0 },
      { name: 'at the end', unit: 'count', digits: 0 },
    ],
    rows: [
      row('resident memory, MiB', ({ residentMb }) => residentMb),
      row('heap of the main thread, MiB', ({ heapMb }) => heapMb),
      row('open files', ({ files }) => files),
    ],
  };
}

function requestsTable({ kinds, slow }: ClientEnd): Table {
  return {
    title: 'Requests',
    head: 'request',
    columns: [
      { name: 'sent', unit: 'count', digits: 0 },
      { name: 'failed', unit: 'count', digits: 0 },
      { name: 'p50', unit: 'ms', digits: 2 },
      { name: 'p99', unit: 'ms', digits: 2 },
    ],
    rows: [
      ...kinds.map(({ name, count, failed, p50Ms, p99Ms }) => ({
        name,
        cells: count === 0 ? [0, failed, null, null] : [count, failed, p50Ms, p99Ms],
      })),
      { name: 'of slow clients', cells: [slow.served + slow.failed, slow.failed, null, null] },
    ],
  };
}

function courseTable(moments: readonly Moment[]): Table {
  const of = (figure: (moment: Moment) => number | null): Cell => spreadWhereAny(moments.map(figure));
  return {
    title: 'Second by second',
    head: 'middle of',
    columns: [
      { name: 'requests', unit: '1/s', digits: 0 },
      { name: 'p99', unit: 'ms', digits: 1 },
      { name: 'event loop p99', unit: 'ms', digits: 1 },
    ],
    rows: [
      {
        name: `${moments.length} looks`,
        cells: [
          of(({ seen }) => seen.requests),
          of(({ seen }) => seen.p99Ms),
          of(({ state }) => state.lagMs),
        ],
      },
    ],
  };
}

function chartsOf(moments: readonly Moment[]): Lines[] {
  const chart = (
    title: string,
    unit: Unit,
    lines: readonly (readonly [name: string, figure: (moment: Moment) => number | null])[],
  ): Lines => ({
    ...{ kind: 'lines', title, across: 'seconds', isAcrossLogarithmic: false, unit },
    series: lines
      .map(([name, figure]) => ({ name, points: pointsOf(moments, figure) }))
      .filter(({ points }) => points.length > 0),
  });
  return [
    chart('Memory', 'MiB', [
      ['resident', ({ state }) => state.residentMb],
      ['heap of the main thread', ({ state }) => state.heapMb],
    ]),
    chart('Requests per second', '1/s', [
      ['requests', ({ seen }) => seen.requests],
      ['failed', ({ seen }) => seen.failed],
    ]),
    chart('How long at the 99th percentile', 'ms', [
      ['requests', ({ seen }) => seen.p99Ms],
      ['event loop', ({ state }) => state.lagMs],
    ]),
    chart('Open files and sockets', 'count', [['open', ({ state }) => state.files]]),
  ];
}

/** Neighbours go together where there are too many to draw. */
function pointsOf(moments: readonly Moment[], figure: (moment: Moment) => number | null): Point[] {
  const each = Math.ceil(moments.length / MOST_POINTS);
  const points: Point[] = [];
  for (let from = 0; from < moments.length; from += each) {
    const part = moments.slice(from, from + each);
    const y = spreadWhereAny(part.map(figure));
    if (y !== null) points.push({ x: part[part.length >> 1]!.atS, y });
  }
  return points;
}

function spreadWhereAny(values: readonly (number | null)[]): Spread | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : spreadOf(known);
}
