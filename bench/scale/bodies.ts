// What bodies of all sizes cost, up and down: as they pass, next to nginx, held whole for a filter, and held for three
// filters that read and change them.
import { guestBytes } from '../../test/support/test-guests.js';
import { type Subject, startUpstream } from '../harness/processes.js';
import { pairwise, type Spread, spreadOf } from '../harness/statistics.js';
import type { Cell, Findings, Lines, Ratio, Table } from '../suite.js';
import { type Dimension, NOTHING, type Stage, startGateway, together, withAll } from './dimension.js';
import { type Moved, TransferClient } from './transfer.js';
import { HOLDING, pageAnswers, type Size, WAYS, type Way, waysConfig } from './ways.js';

const MIB = 1024 * 1024;
const CONNECTIONS = 4;
/** Of one size in a run, for each MiB that there is time for: small bodies are many. */
const TRANSFERS_PER_MIB = 12;
const FEWEST = 2;
/** Small ones, about. */
const TRANSFERS_PER_SECOND = 3_000;
/** Sizes whose cost next to nginx is kept. */
const COMPARED = ['1 MiB', '100 MiB'];
/** What a byte costs should not depend on how many there are: these are held next to each other. */
const GROWTH = [
  { id: 'held-upload', large: '10 MiB', small: '100 KiB' },
  { id: 'held-download', large: '10 MiB', small: '100 KiB' },
  { id: 'filtered', large: '1 MiB', small: '10 KiB' },
] as const;

/** What each subject did with bodies of each size, run by run. */
type Results = ReadonlyMap<Size, readonly (readonly Moved[])[]>;

export const bodies: Dimension = {
  name: 'bodies',
  async measure(stage) {
    const files = { [`${HOLDING}.wasm`]: await guestBytes(HOLDING) };
    return withAll([() => startUpstream(pageAnswers())], ([upstream]) => {
      const starts: (() => Promise<Subject>)[] = [() => startGateway(upstream!.port, waysConfig(), files)];
      const { nginx } = stage;
      if (nginx !== null) starts.push(() => nginx.start(upstream!.port));
      return withAll(starts, (subjects) =>
        withAll([async () => new TransferClient()], ([client]) => compare(stage, subjects, client!)),
      );
    });
  },
};

async function compare(
  stage: Stage,
  subjects: readonly Subject[],
  client: TransferClient,
): Promise<Findings> {
  const byWay = new Map<string, Results>();
  const parts: Findings[] = [];
  for (const way of WAYS) {
    const taking = way.isPlain ? subjects : subjects.slice(0, 1);
    const results = await moveAll(stage, taking, client, way);
    byWay.set(way.id, results);
    const names = taking.map(({ name }) => name);
    parts.push({
      ...NOTHING,
      tables: [tableOf(way, results, names)],
      ratios: names.length > 1 ? nginxRatios(way, results) : [],
    });
  }
  const problems = new Set(
    [...byWay.values()].flatMap((results) => [...results.values()].flat(2)).map(({ answer }) => answer),
  );
  problems.delete('');
  const notes = [
    ...[...problems].map((answer) => `Bodies: a transfer that failed ${answer}.`),
    `Bodies: ${CONNECTIONS} connections, each transfer whole. CPU per MiB is that of the body, and of both where there is one each way. ` +
      'Memory is how far its peak rose above what the server had before the run.',
  ];
  return together([
    ...parts,
    { ...NOTHING, charts: chartsOf(byWay, subjects), ratios: growthRatios(byWay), notes },
  ]);
}

async function moveAll(
  { pace, step }: Stage,
  subjects: readonly Subject[],
  client: TransferClient,
  way: Way,
): Promise<Results> {
  const results = new Map<Size, Moved[][]>();
  for (const size of way.sizes) {
    const affordable = pace.bodyMiB * way.share;
    const most = Math.ceil(affordable * TRANSFERS_PER_MIB);
    const count = Math.max(FEWEST, Math.min(most, Math.round((affordable * MIB) / size.bytes)));
    const transfer = { ...way.transferOf(size), count, connections: Math.min(CONNECTIONS, count) };
    const moved = subjects.map((): Moved[] => []);
    if (size === way.sizes[0]) {
      step(`${way.title}, warm-up`);
      const warmUp = Math.ceil(pace.warmUpSeconds * TRANSFERS_PER_SECOND);
      for (const subject of subjects) await client.move(subject, { ...transfer, count: warmUp });
    }
    for (let round = 0; round < Math.min(3, pace.rounds); round += 1) {
      for (const [index, subject] of subjects.entries()) {
        step(`${way.title}, ${size.name}, ${subject.name}`);
        moved[index]!.push(await client.move(subject, transfer));
      }
    }
    results.set(size, moved);
  }
  return results;
}

function tableOf(way: Way, results: Results, names: readonly string[]): Table {
  return {
    title: way.title,
    head: 'body',
    columns: [
      { name: 'CPU per MiB', unit: 'ms', digits: 2 },
      { name: 'CPU for each', unit: 'ms', digits: 3 },
      { name: 'moved', unit: 'MiB/s', digits: 0 },
      { name: 'memory', unit: 'MiB', digits: 0 },
      { name: 'failed', unit: 'count', digits: 0 },
    ],
    rows: [...results].flatMap(([size, bySubject]) =>
      bySubject.map((moved, index) => ({
        name: index === 0 ? size.name : `  ${names[index]}`,
        cells: cellsOf(size, moved),
      })),
    ),
  };
}

function cellsOf({ bytes }: Size, moved: readonly Moved[]): Cell[] {
  const grown = moved.map(({ grownMb }) => grownMb).filter((mb) => mb !== null);
  return [
    perMib(bytes, moved),
    spreadOf(moved.map(({ cpuMs }) => cpuMs)),
    spreadOf(moved.map(({ perSecond }) => (perSecond * bytes) / MIB)),
    grown.length === 0 ? null : Math.max(...grown),
    moved.reduce((sum, { failed }) => sum + failed, 0),
  ];
}

function perMib(bytes: number, moved: readonly Moved[]): Spread {
  return spreadOf(moved.map(({ cpuMs }) => (cpuMs * MIB) / bytes));
}

function nginxRatios({ id, title }: Way, results: Results): Ratio[] {
  return [...results]
    .filter(([{ name }]) => COMPARED.includes(name))
    .map(([{ name }, [own, peer]]) => ({
      id: `scale/${id}-${idOf(name)}/nginx`,
      name: `CPU, ${title}, ${name}, next to nginx`,
      value: pairwise(cpuOf(own!), cpuOf(peer!), (left, right) => left / right),
      atMost: null,
    }));
}

function growthRatios(byWay: ReadonlyMap<string, Results>): Ratio[] {
  return GROWTH.map(({ id, large, small }) => {
    const { title } = WAYS.find((way) => way.id === id)!;
    const perByte = (wanted: string): number[] => {
      const [size, [own]] = [...byWay.get(id)!].find(([{ name }]) => name === wanted)! as [Size, [Moved[]]];
      return cpuOf(own).map((cpuMs) => cpuMs / size.bytes);
    };
    return {
      id: `scale/${id}-${idOf(large)}/${id}-${idOf(small)}`,
      name: `CPU per byte, ${title}, ${large} next to ${small}`,
      value: pairwise(perByte(large), perByte(small), (left, right) => left / right),
      atMost: null,
    };
  });
}

function chartsOf(byWay: ReadonlyMap<string, Results>, subjects: readonly Subject[]): Lines[] {
  const lineOf = (id: string, index: number): Lines['series'][number]['points'] =>
    [...byWay.get(id)!].map(([{ bytes }, moved]) => ({ x: bytes / 1024, y: perMib(bytes, moved[index]!) }));
  const chart = (title: string, plain: string, more: readonly (readonly [string, string])[]): Lines => ({
    ...{ kind: 'lines', title, across: 'KiB', isAcrossLogarithmic: true, unit: 'ms' },
    series: [
      ...subjects.map(({ name }, index) => ({ name, points: lineOf(plain, index) })),
      ...more.map(([name, id]) => ({ name, points: lineOf(id, 0) })),
    ],
  });
  return [
    chart('CPU per MiB of an upload by its size', 'upload', [
      ['held for a filter', 'held-upload'],
      ['three filters, both ways', 'filtered'],
    ]),
    chart('CPU per MiB of a download by its size', 'download', [['held for a filter', 'held-download']]),
  ];
}

function cpuOf(moved: readonly Moved[]): number[] {
  return moved.map(({ cpuMs }) => cpuMs);
}

/** `1 MiB` is `1m` in ids. */
function idOf(name: string): string {
  return name.replace(/ ([KM])iB/, (_, unit: string) => unit.toLowerCase());
}
