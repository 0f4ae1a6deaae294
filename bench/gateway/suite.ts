// The suite `gateway`: what the whole gateway costs next to nginx as a plain proxy, on the same upstream, in turn.
import { residentMb } from '../harness/accounting.js';
import { cpuRatio, type Entrant, inTurn, type Runs, ratio } from '../harness/contest.js';
import { LARGE_PAGE_BYTES } from '../harness/job.js';
import type { LoadGenerator } from '../harness/load.js';
import { findLoadGenerator } from '../harness/load-generators.js';
import { LOAD_COLUMNS, loadCells, pauseAtHalfLoad } from '../harness/load-table.js';
import { versionOf } from '../harness/processes.js';
import { findTool } from '../harness/tools.js';
import type { Cell, Findings, Ratio, Run, Suite } from '../suite.js';
import { AT_HALF_LOAD, planOf, SCENARIOS, type Scenario } from './scenarios.js';
import { type Sides, startSides } from './subjects.js';

interface Settings {
  readonly rounds: number;
  readonly seconds: number;
  /** Optimising compilers take this long to be done with the hot path. */
  readonly warmUpSeconds: number;
}

const SETTINGS: Readonly<Record<'full' | 'quick', Settings>> = {
  full: { rounds: 5, seconds: 1.2, warmUpSeconds: 4 },
  quick: { rounds: 2, seconds: 0.4, warmUpSeconds: 0.8 },
};

export const gatewaySuite: Suite = {
  name: 'gateway',
  title: 'The gateway next to nginx',
  about:
    'The gateway as an operator runs it, in a process of its own, next to nginx with one worker as a plain proxy without ' +
    `any rule. Both have the same upstream, a server on Node.js, and take load in turn. Bodies are 0.9 KB of JSON each way, or ${LARGE_PAGE_BYTES / 1024} KB. ` +
    'CPU per request is user and system time of all threads of the server by the accounts of the kernel, over the requests it answered.',
  async run(run) {
    const generator = findLoadGenerator(run.offline);
    const nginxTool = findTool('nginx', run.offline);
    const sides = await startSides(nginxTool);
    try {
      const suite = new GatewayRun(run, generator, sides);
      const findings = await suite.measure();
      const notes = [
        `Load by ${generator.name}.`,
        ...(nginxTool === null ? [] : [versionOf(nginxTool, '-v')]),
        ...findings.notes,
      ];
      const missing = nginxTool === null ? ['nginx is missing: apt-get install nginx'] : [];
      return { ...findings, notes, missing };
    } finally {
      await sides.stop();
    }
  },
};

class GatewayRun {
  readonly #run: Run;
  readonly #generator: LoadGenerator;
  readonly #sides: Sides;
  readonly #settings: Settings;
  readonly #rows: { name: string; cells: Cell[] }[] = [];
  readonly #ratios: Ratio[] = [];
  readonly #steps: number;
  #done = 0;

  constructor(run: Run, generator: LoadGenerator, sides: Sides) {
    this.#run = run;
    this.#generator = generator;
    this.#sides = sides;
    this.#settings = SETTINGS[run.quick ? 'quick' : 'full'];
    const entrants = SCENARIOS.concat(AT_HALF_LOAD).map(({ peer }) => (peer === null ? 1 : this.#sidesCount));
    this.#steps = SCENARIOS.length + this.#settings.rounds * entrants.reduce((sum, count) => sum + count, 0);
  }

  get #sidesCount(): number {
    return this.#sides.nginx === null ? 1 : 2;
  }

  async measure(): Promise<Findings> {
    const idleMb = this.#residentMb();
    for (const scenario of SCENARIOS) await this.#warmUp(scenario);
    const before = await this.#dispatched();
    for (const scenario of SCENARIOS) await this.#compare(scenario);
    const after = await this.#dispatched();
    for (const scenario of AT_HALF_LOAD) await this.#compareLatency(scenario);
    const batch = (after.jobs - before.jobs) / (after.visits - before.visits);
    const measured = this.#ratios.filter(({ id }) => !id.includes('half-load'));
    return {
      tables: [
        { title: 'One scenario after the other', head: 'scenario', columns: LOAD_COLUMNS, rows: this.#rows },
        this.#memoryTable(idleMb),
      ],
      charts: [
        {
          kind: 'bars',
          title: 'CPU per request next to nginx as a plain proxy',
          unit: 'x',
          labels: measured.map(({ name }) => name),
          series: [{ name: 'Sluice', values: measured.map(({ value }) => value) }],
        },
      ],
      ratios: this.#ratios,
      missing: [],
      notes: [`A visit to a filter worker carried ${batch.toFixed(1)} exchanges on average.`],
    };
  }

  async #warmUp(scenario: Scenario): Promise<void> {
    this.#step(`warm-up, ${scenario.name}`);
    const { clear, secure } = this.#sides.sluice;
    const seconds = this.#settings.warmUpSeconds / (scenario.connections === 64 ? 1 : 2);
    const plan = planOf(scenario, scenario.own, seconds);
    await this.#generator.load(scenario.isSecure ? secure : clear, plan);
  }

  async #compare(scenario: Scenario): Promise<void> {
    const runs = await this.#inTurn(scenario, this.#settings.seconds, 0);
    this.#tell(scenario.name, runs);
    if (runs.length < 2) return;
    const value = cpuRatio(runs[0]!, runs[1]!);
    this.#ratios.push({
      id: `gateway/${scenario.id}/nginx`,
      name: scenario.name,
      value,
      atMost: scenario.atMost,
    });
  }

  /** Both at the rate that is half of what the gateway takes: at the half of nginx' own it would be saturated. */
  async #compareLatency(scenario: Scenario): Promise<void> {
    const row = this.#rows.find(({ name }) => name === scenario.name)!;
    const saturatedPerSecond = (row.cells[1] as { median: number }).median;
    const pauseMs = pauseAtHalfLoad(saturatedPerSecond, scenario.connections);
    const runs = await this.#inTurn(scenario, this.#settings.seconds * 2, pauseMs);
    this.#tell(`${scenario.name}, half load`, runs);
    if (runs.length < 2) return;
    this.#ratios.push({
      id: `gateway/${scenario.id}-half-load-p99/nginx`,
      name: `p99 at half load, ${scenario.name}`,
      value: ratio(runs[0]!, runs[1]!, ({ p99Ms }) => p99Ms),
      atMost: 2,
    });
  }

  /** Runs of the gateway, and of nginx where there is one that does this. */
  #inTurn(scenario: Scenario, seconds: number, pauseMs: number): Promise<Runs[]> {
    const { sluice, nginx } = this.#sides;
    const place = scenario.isSecure ? 'secure' : 'clear';
    const entrants: Entrant[] = [
      { name: 'Sluice', subject: sluice[place], plan: planOf(scenario, scenario.own, seconds, pauseMs) },
    ];
    if (nginx !== null && scenario.peer !== null)
      entrants.push({
        name: 'nginx',
        subject: nginx[place],
        plan: planOf(scenario, scenario.peer, seconds, pauseMs),
      });
    return inTurn(this.#generator, entrants, this.#settings.rounds, ({ name }) =>
      this.#step(`${scenario.name}, ${name}`),
    );
  }

  #tell(name: string, [own, peer]: readonly Runs[]): void {
    this.#rows.push({ name, cells: loadCells(own!) });
    if (peer !== undefined) this.#rows.push({ name: '  nginx, plain proxy', cells: loadCells(peer) });
  }

  #step(step: string): void {
    this.#run.progress(this.#done, this.#steps, step);
    this.#done += 1;
  }

  #residentMb(): readonly (number | null)[] {
    const { sluice, nginx } = this.#sides;
    return [residentMb(sluice.clear.pids), nginx === null ? null : residentMb(nginx.clear.pids)];
  }

  #memoryTable(idleMb: readonly (number | null)[]) {
    const busyMb = this.#residentMb();
    const row = (name: string, index: number) => ({ name, cells: [idleMb[index]!, busyMb[index]!] });
    return {
      title: 'Resident memory',
      head: 'server',
      columns: [
        { name: 'started', unit: 'MiB', digits: 0 },
        { name: 'after all scenarios', unit: 'MiB', digits: 0 },
      ] as const,
      rows: [row('Sluice', 0), ...(this.#sides.nginx === null ? [] : [row('nginx', 1)])],
    };
  }

  async #dispatched(): Promise<{ visits: number; jobs: number }> {
    const text = await (await fetch(`http://127.0.0.1:${this.#sides.adminPort}/metrics`)).text();
    const value = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
    return {
      visits: value('sluice_dispatch_batch_size_count'),
      jobs: value('sluice_dispatch_batch_size_sum'),
    };
  }
}
