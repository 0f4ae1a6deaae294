// `npm run bench:release`: what it takes to apply a release of 10,000 routes and 100 filters from etcd, and what traffic
// sees of it. Two releases take turns: a pair that differs in one route and one filter, and a pair that differs in all
// of them. Traffic before each flip is what traffic during it is held next to. `--quick` is brief. With `--cpu-prof`
// after it, the gateway writes a profile into the working directory when it ends.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EtcdFleet } from '../../test/support/etcd-fleet.js';
import { EtcdCluster } from '../../test/support/etcd-process.js';
import { cpuOf, residentMb } from '../harness/accounting.js';
import { describeMachine } from '../harness/machine.js';
import { end, freePort, startUpstream } from '../harness/processes.js';
import { median } from '../harness/statistics.js';
import { FILTERS, ROUTES, releaseOf, type Variant } from './documents.js';
import { type Stretch, Traffic } from './traffic.js';

const quick = process.argv.includes('--quick');
const profiled = process.argv.includes('--cpu-prof');
const FLIPS = quick ? 2 : 6;
const PER_SECOND = 500;
const WARM_UP_MS = quick ? 2_000 : 8_000;
/** As long as the last flip is not over for the collector either, it is not quiet. */
const SETTLING_MS = 1_000;
const QUIET_MS = 3_000;
/** What the new release replaces is let go of after it is applied. */
const AFTERMATH_MS = 500;
const PREFIX = 'bench';

const PAIRS: readonly { readonly name: string; readonly variants: readonly [Variant, Variant] }[] = [
  {
    name: 'one route and one filter differ',
    variants: [
      { generation: 1, detail: 1 },
      { generation: 1, detail: 0 },
    ],
  },
  {
    name: 'all routes and filters differ',
    variants: [
      { generation: 2, detail: 0 },
      { generation: 1, detail: 0 },
    ],
  },
];

type LogLine = Readonly<Record<string, unknown>>;

/** One flip. */
interface Applied {
  /** From the flip committed to the release serving. */
  readonly ms: number;
  /** How much of it the phases took, as the log says. */
  readonly phases: Readonly<Record<string, number>>;
  /** CPU of the gateway beyond what the traffic takes when it is quiet. */
  readonly cpuMs: number;
  readonly quiet: Stretch;
  readonly during: Stretch;
}

const print = (line = ''): boolean => process.stdout.write(`${line}\n`);
const nowMs = (): number => performance.timeOrigin + performance.now();

/** A gateway that follows etcd. */
class Gateway {
  readonly #child;
  readonly #seen: { readonly line: LogLine; readonly atMs: number }[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));

  constructor(location: string) {
    const main = fileURLToPath(new URL('../../core/cli/main.js', import.meta.url));
    this.#child = spawn(
      process.execPath,
      [...(profiled ? ['--cpu-prof'] : []), main, 'run', '--config', location, '--cache', this.#folder],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    createInterface({ input: this.#child.stdout }).on('line', (text) => {
      this.#seen.push({ line: JSON.parse(text) as LogLine, atMs: nowMs() });
      this.#child.emit('seen');
    });
    this.#child.once('exit', () => this.#child.emit('seen'));
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Waits for a line of the log that came after a moment. */
  async logged(sinceMs: number, fits: (line: LogLine) => boolean): Promise<{ line: LogLine; atMs: number }> {
    for (;;) {
      const found = this.#seen.find(({ line, atMs }) => atMs >= sinceMs && fits(line));
      if (found !== undefined) return found;
      const refused = this.#seen.find(({ line }) => line['level'] === 'error');
      if (refused !== undefined) throw new Error(`the gateway says: ${refused.line['msg']}`);
      if (this.#child.exitCode !== null) throw new Error('the gateway ended');
      await once(this.#child, 'seen');
    }
  }

  stop(): Promise<void> {
    return end(this.#child, this.#folder);
  }
}

async function flip(fleet: EtcdFleet, gateway: Gateway, traffic: Traffic, release: string): Promise<Applied> {
  const cpuMs = (): number => cpuOf([gateway.pid]).seconds * 1000;
  await delay(SETTLING_MS);
  const quietMs = nowMs();
  const quietCpuMs = cpuMs();
  await delay(QUIET_MS);
  await fleet.flip(release);
  const flippedMs = nowMs();
  const flippedCpuMs = cpuMs();
  const { line, atMs } = await gateway.logged(
    flippedMs - 1_000,
    ({ msg, revision }) => msg === 'configuration applied' && revision === release,
  );
  await delay(AFTERMATH_MS);
  const quietRate = (flippedCpuMs - quietCpuMs) / (flippedMs - quietMs);
  return {
    ms: atMs - flippedMs,
    cpuMs: cpuMs() - flippedCpuMs - quietRate * (nowMs() - flippedMs),
    phases: (line['tookMs'] ?? {}) as Record<string, number>,
    quiet: await traffic.between(quietMs, flippedMs),
    during: await traffic.between(flippedMs, atMs + AFTERMATH_MS),
  };
}

function report(name: string, flips: readonly Applied[]): void {
  const times = flips.map(({ ms }) => ms);
  print(`\n${name}, ${flips.length} flips`);
  print(
    `  from flip to serving: median ${median(times).toFixed(0)} ms, worst ${Math.max(...times).toFixed(0)} ms`,
  );
  for (const phase of Object.keys(flips[0]!.phases)) {
    const spent = flips.map(({ phases }) => phases[phase] ?? 0);
    print(
      `    ${phase.padEnd(10)} median ${median(spent).toFixed(0)} ms, worst ${Math.max(...spent).toFixed(0)} ms`,
    );
  }
  print(`  CPU of the gateway beyond quiet: median ${median(flips.map(({ cpuMs }) => cpuMs)).toFixed(0)} ms`);
  for (const [when, of] of [
    ['quiet', (flip: Applied) => flip.quiet],
    ['during', (flip: Applied) => flip.during],
  ] as const) {
    const column = (key: 'p50Ms' | 'p99Ms' | 'mostMs'): string =>
      median(flips.map((flip) => of(flip)[key])).toFixed(2);
    print(
      `  ${when.padEnd(6)} p50 ${column('p50Ms')} ms, p99 ${column('p99Ms')} ms, longest ${column('mostMs')} ms`,
    );
  }
  const ratios = flips.map(({ quiet, during }) => during.p99Ms / quiet.p99Ms);
  print(
    `  p99 during, next to quiet: ${ratios.map((ratio) => ratio.toFixed(2)).join(' ')}; median ${median(ratios).toFixed(2)}`,
  );
}

const machine = describeMachine();
print(
  `${machine.processors} x ${machine.processor}, Linux ${machine.kernel}, Node ${machine.node}, load before ${machine.loadBefore.toFixed(2)}`,
);
const etcd = await EtcdCluster.start();
const upstream = await startUpstream();
const port = await freePort();
const store = etcd.store();
const fleet = new EtcdFleet(store, PREFIX);
let gateway: Gateway | null = null;
let traffic: Traffic | null = null;
try {
  const publish = (variant: Variant): Promise<string> => {
    const written = releaseOf(variant, port, upstream.port);
    return fleet.releases.publish({ ...written, modules: [], createdBy: 'bench', message: '' });
  };
  const first = { generation: 1, detail: 0 };
  const { text } = releaseOf(first, port, upstream.port);
  print(
    `${ROUTES} routes, ${FILTERS} filters, ${(text.length / 1024 / 1024).toFixed(1)} MiB of YAML; ${PER_SECOND} requests/s`,
  );
  await fleet.flip(await publish(first));
  const startedMs = nowMs();
  gateway = new Gateway(etcd.location(PREFIX));
  const { atMs } = await gateway.logged(0, ({ msg }) => msg === 'serving');
  print(`start: ${(atMs - startedMs).toFixed(0)} ms, ${residentMb([gateway.pid]).toFixed(0)} MiB resident`);
  traffic = new Traffic({ port, perSecond: PER_SECOND });
  await delay(WARM_UP_MS);
  for (const { name, variants } of PAIRS) {
    const releases = [await publish(variants[0]), await publish(variants[1])];
    const flips: Applied[] = [];
    for (let turn = 0; turn < FLIPS; turn++)
      flips.push(await flip(fleet, gateway, traffic, releases[turn % 2]!));
    report(name, flips);
    print(`  ${residentMb([gateway.pid]).toFixed(0)} MiB resident`);
  }
  const failures = [...traffic.failures].map(([outcome, count]) => `${count} ended with ${outcome}`);
  print(`\n${traffic.count} requests, ${failures.length === 0 ? 'none failed' : failures.join(', ')}`);
} finally {
  await traffic?.stop();
  await gateway?.stop();
  store.close();
  await upstream.stop();
  await etcd.stop();
}
