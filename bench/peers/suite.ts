// The suite `peers`: what the gateway costs next to what people use today, each peer doing the same job on the same upstream, in
// turn.
import { residentMb } from '../harness/accounting.js';
import {
  cpuRatio,
  type Entrant,
  inTurn,
  type Runs,
  ratio,
  spread,
  type WarmUp,
  warmUp,
} from '../harness/contest.js';
import type { LoadGenerator, LoadPlan } from '../harness/load.js';
import { findLoadGenerator } from '../harness/load-generators.js';
import { LOAD_COLUMNS, loadCells, pauseAtHalfLoad } from '../harness/load-table.js';
import { median } from '../harness/statistics.js';
import type { Bars, Cell, Findings, Ratio, Run, Suite, Table } from '../suite.js';
import { AT_HALF_LOAD, COMPARISONS, titleOf } from './comparisons.js';
import { JOB_REQUESTS, type LineUp, lineUp, type Side } from './line-up.js';
import { type Idle, possibleConnections, withIdleClients } from './memory.js';
import type { Job } from './peer.js';

interface Settings extends WarmUp {
  readonly rounds: number;
  readonly seconds: number;
  readonly idleConnections: number;
}

const SETTINGS: Readonly<Record<'full' | 'quick', Settings>> = {
  full: { rounds: 5, seconds: 1, warmUpSeconds: 1.5, warmUpRequests: 8000, idleConnections: 5000 },
  quick: { rounds: 2, seconds: 0.25, warmUpSeconds: 0.4, warmUpRequests: 2000, idleConnections: 1000 },
};

const CONNECTIONS = 64;
const JOBS: readonly Job[] = ['plain', 'policy', 'filtered'];

export const peersSuite: Suite = {
  name: 'peers',
  title: 'The gateway next to its peers',
  about:
    'The gateway next to proxies that do the same job: pass on a POST of 0.9 KB of JSON each way (plain proxy); let through only what is ' +
    'declared (policy); and besides hold the body to a JSON Schema and take three secrets out of the response (policy + validate + sanitise). ' +
    'Each was seen to do so with the same cases before it was measured. All have one worker or thread, no access log, HTTP/1.1 with kept ' +
    `connections, and the same upstream, and take load on ${CONNECTIONS} connections in turn. CPU per request is user and system time of all ` +
    'threads of the server by the accounts of the kernel, over the requests it answered.',
  async run(run) {
    const generator = findLoadGenerator(run.offline);
    let looked = 0;
    const line = await lineUp(run.offline, (title, total) => {
      run.progress(looked, total, `does the same: ${title}`);
      looked += 1;
    });
    try {
      return await new PeersRun(run, generator, line).measure();
    } finally {
      await line.stop();
    }
  },
};

/** A side at one of its jobs. */
interface Entry {
  readonly side: Side;
  readonly job: Job;
}

class PeersRun {
  readonly #run: Run;
  readonly #generator: LoadGenerator;
  readonly #line: LineUp;
  readonly #settings: Settings;
  readonly #entries: readonly Entry[];
  readonly #total: number;
  #done = 0;

  constructor(run: Run, generator: LoadGenerator, line: LineUp) {
    this.#run = run;
    this.#generator = generator;
    this.#line = line;
    this.#settings = SETTINGS[run.quick ? 'quick' : 'full'];
    this.#entries = line.sides.flatMap((side) => side.jobs.map((job) => ({ side, job })));
    const { rounds } = this.#settings;
    const halfLoad = this.#has('nginx', 'plain') ? AT_HALF_LOAD.length * 2 * rounds : 0;
    this.#total = this.#entries.length * (rounds + 1) + halfLoad + line.sides.length;
  }

  async measure(): Promise<Findings> {
    const { sides, missing } = this.#line;
    const startedMb = sides.map(({ subject }) => residentMb(subject.pids));
    for (const entry of this.#entries) await this.#warmUp(entry);
    const runs = await this.#contest(this.#entries, this.#settings.seconds);
    const busyMb = sides.map(({ subject }) => residentMb(subject.pids));
    const ratios = [...this.#cpuRatios(runs), ...(await this.#latencyRatios(runs))];
    const idle: Idle[] = [];
    for (const side of sides) idle.push(await this.#idle(side));
    return {
      tables: [this.#loadTable(runs, busyMb), this.#memoryTable(startedMb, busyMb, idle)],
      charts: [this.#chart(runs)],
      ratios,
      missing,
      notes: this.#notes(idle),
    };
  }

  async #warmUp(entry: Entry): Promise<void> {
    this.#step(`warm-up, ${nameOf(entry)}`);
    const entrant = { name: nameOf(entry), subject: entry.side.subject, plan: planOf(entry, 0) };
    await warmUp(this.#generator, entrant, this.#settings);
  }

  async #contest(entries: readonly Entry[], seconds: number, pauseMs = 0): Promise<Map<Entry, Runs>> {
    const entrants = entries.map(
      (entry): Entrant => ({
        name: nameOf(entry),
        subject: entry.side.subject,
        plan: planOf(entry, seconds, pauseMs),
      }),
    );
    const runs = await inTurn(this.#generator, entrants, this.#settings.rounds, ({ name }) =>
      this.#step(name),
    );
    return new Map(entries.map((entry, index) => [entry, runs[index]!]));
  }

  #cpuRatios(runs: ReadonlyMap<Entry, Runs>): Ratio[] {
    return COMPARISONS.flatMap(({ id, own, peer, job, atMost }) => {
      const theirs = this.#entry(peer, job);
      if (theirs === null) return [];
      const value = cpuRatio(runs.get(this.#entry('sluice', own)!)!, runs.get(theirs)!);
      return [{ id, name: nextTo(own, theirs), value, atMost }];
    });
  }

  async #latencyRatios(runs: ReadonlyMap<Entry, Runs>): Promise<Ratio[]> {
    const found: Ratio[] = [];
    for (const { id, own, peer, job, atMost } of AT_HALF_LOAD) {
      const ours = this.#entry('sluice', own)!;
      const theirs = this.#entry(peer, job);
      if (theirs === null) continue;
      const pauseMs = pauseAtHalfLoad(median(runs.get(ours)!.map(({ perSecond }) => perSecond)), CONNECTIONS);
      const both = await this.#contest([ours, theirs], this.#settings.seconds * 1.5, pauseMs);
      const value = ratio(both.get(ours)!, both.get(theirs)!, ({ p99Ms }) => p99Ms);
      found.push({ id, name: `p99 at half load, ${nextTo(own, theirs)}`, value, atMost });
    }
    return found;
  }

  async #idle(side: Side): Promise<Idle> {
    this.#step(`memory, ${side.title}`);
    const count = possibleConnections(this.#settings.idleConnections);
    return withIdleClients(side.subject, { count, request: JOB_REQUESTS[side.jobs[0]!] });
  }

  #loadTable(runs: ReadonlyMap<Entry, Runs>, busyMb: readonly number[]): Table {
    const ofJob = (job: Job) => this.#entries.filter((entry) => entry.job === job);
    return {
      title: `Each job, ${CONNECTIONS} connections`,
      head: 'job, server',
      columns: [...LOAD_COLUMNS, { name: 'memory', unit: 'MiB', digits: 0 }],
      rows: JOBS.flatMap(ofJob).map((entry) => ({
        name: `${titleOf(entry.job)}, ${entry.side.title}`,
        cells: [...loadCells(runs.get(entry)!), busyMb[this.#line.sides.indexOf(entry.side)]!],
      })),
    };
  }

  #memoryTable(startedMb: readonly number[], busyMb: readonly number[], idle: readonly Idle[]): Table {
    return {
      title: 'Resident memory',
      head: 'server',
      columns: [
        { name: 'started', unit: 'MiB', digits: 0 },
        { name: `after load on ${CONNECTIONS} connections`, unit: 'MiB', digits: 0 },
        { name: 'with idle connections', unit: 'MiB', digits: 0 },
        { name: 'idle connections', unit: 'count', digits: 0 },
      ],
      rows: this.#line.sides.map(({ title }, index) => ({
        name: title,
        cells: [startedMb[index]!, busyMb[index]!, idle[index]!.residentMb, idle[index]!.open],
      })),
    };
  }

  #chart(runs: ReadonlyMap<Entry, Runs>): Bars {
    const { sides } = this.#line;
    const costOf = (side: Side, job: Job): Cell => {
      const entry = this.#entry(side.id, job);
      return entry === null ? null : spread(runs.get(entry)!, ({ cpuUs }) => cpuUs);
    };
    return {
      kind: 'bars',
      title: 'CPU per request',
      unit: 'us',
      labels: sides.map(({ title }) => title),
      series: JOBS.map((job) => ({
        name: titleOf(job),
        values: sides.map((side) => costOf(side, job)),
      })),
    };
  }

  #notes(idle: readonly Idle[]): string[] {
    const versions = this.#line.sides.map(({ version }) => version).filter((version) => version !== '');
    const wanted = this.#settings.idleConnections;
    const isShort = idle.some(({ open }) => open < wanted);
    return [
      `Load by ${this.#generator.name}.`,
      `Of the peers: ${[...new Set(versions)].join(', ')}.`,
      'Caddy has one processor of Go (GOMAXPROCS=1); the gateway has one worker for filters beside the thread that serves.',
      'Envoy has the rules of a job in one Wasm filter, written with the scanner of our SDK; the gateway has a filter for each.',
      ...(isShort ? [`Of ${wanted} idle connections not all were there where memory was measured.`] : []),
    ];
  }

  #entry(id: string, job: Job): Entry | null {
    return this.#entries.find((entry) => entry.side.id === id && entry.job === job) ?? null;
  }

  #has(id: string, job: Job): boolean {
    return this.#entry(id, job) !== null;
  }

  #step(step: string): void {
    this.#run.progress(this.#done, this.#total, step);
    this.#done += 1;
  }
}

function nameOf({ side, job }: Entry): string {
  return `${side.title}, ${titleOf(job)}`;
}

function nextTo(own: Job, { side, job }: Entry): string {
  const at = own === job ? '' : job === 'plain' ? ' as a plain proxy' : ` with ${titleOf(job)}`;
  return `${titleOf(own)}, next to ${side.title}${at}`;
}

function planOf({ job }: Entry, seconds: number, pauseMs = 0): LoadPlan {
  return { request: JOB_REQUESTS[job], connections: CONNECTIONS, seconds, pauseMs, isRefused: false };
}
