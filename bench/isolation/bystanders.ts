// `npm run bench:bystanders`: what a filter that never returns costs those that do not use it. 64 connections stay on
// good routes while another client triggers an endless loop five times a second on its own; the same load without
// that client, before and after, is the measure. Quarantine is off, which is the worst case. `--quick` is brief.
import { setTimeout as delay } from 'node:timers/promises';
import { guestBytes } from '../../test/support/test-guests.js';
import type { LoadRequest, LoadResult } from '../harness/load.js';
import { findLoadGenerator } from '../harness/load-generators.js';
import { freePort, startSluice, startUpstream } from '../harness/processes.js';
import { SAMPLE_SCHEMA, SAMPLE_USER } from '../harness/sample.js';

const quick = process.argv.includes('--quick');
const SECONDS = quick ? 4 : 60;
const WARM_UP_SECONDS = quick ? 2 : 8;
const CONNECTIONS = 64;
const OFFENCES_PER_SECOND = 5;

const good: LoadRequest = {
  method: 'POST',
  path: '/good',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(SAMPLE_USER),
};

function configOf(port: number, upstreamPort: number): string {
  return JSON.stringify({
    listeners: [{ name: 'bench', address: `127.0.0.1:${port}` }],
    upstreams: { sample: { targets: [{ url: `http://127.0.0.1:${upstreamPort}` }], keepAliveMs: 30_000 } },
    filters: {
      guard: {
        module: 'builtin:policy',
        config: { rules: [{ methods: ['POST'], path: '/good' }] },
      },
      body: { module: 'builtin:validate', config: { schema: SAMPLE_SCHEMA }, grants: { schemas: true } },
      clean: { module: 'builtin:sanitise', config: { json: { keys: ['passwordHash', 'cvv'] } } },
      loop: { module: './endless-loop.wasm', quarantine: { failures: 0 } },
    },
    routes: [
      {
        id: 'good',
        match: { path: '/good', methods: ['POST'] },
        filters: ['guard', 'body', 'clean'],
        upstream: 'sample',
      },
      { id: 'loop', match: { path: '/loop', methods: ['GET'] }, filters: ['loop'], upstream: 'sample' },
    ],
    log: { access: false, level: 'error' },
  });
}

const print = (line: string): boolean => process.stdout.write(`${line}\n`);

/** Triggers the loop until it is told to stop; counts the answers by status. */
class Offender {
  readonly #url: string;
  readonly statuses = new Map<number, number>();
  #isOver = false;
  readonly #asked: Promise<void>[] = [];
  readonly #running: Promise<void>;

  constructor(port: number) {
    this.#url = `http://127.0.0.1:${port}/loop`;
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#running;
    await Promise.all(this.#asked);
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      this.#asked.push(this.#offend());
      await delay(1000 / OFFENCES_PER_SECOND);
    }
  }

  async #offend(): Promise<void> {
    const { status } = await fetch(this.#url, { headers: { 'x-loop': 'request' } });
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
  }
}

function row(name: string, { perSecond, p50Ms, p99Ms, failed }: LoadResult): string {
  const columns = [perSecond.toFixed(0), p50Ms.toFixed(2), p99Ms.toFixed(2), String(failed)];
  return `${name.padEnd(24)}${columns.map((text) => text.padStart(12)).join('')}`;
}

const generator = findLoadGenerator();
const upstream = await startUpstream();
const port = await freePort();
const files = { 'endless-loop.wasm': await guestBytes('endless-loop') };
const sluice = await startSluice(configOf(port, upstream.port), port, files);
const load = (seconds: number): Promise<LoadResult> =>
  generator.load(sluice, { request: good, connections: CONNECTIONS, seconds, pauseMs: 0, isRefused: false });
try {
  await load(WARM_UP_SECONDS);
  print(
    `${CONNECTIONS} connections on good routes, ${SECONDS} s each; the offender loops ${OFFENCES_PER_SECOND} times a second`,
  );
  print(
    `${''.padEnd(24)}${['req/s', 'p50 ms', 'p99 ms', 'failed'].map((text) => text.padStart(12)).join('')}`,
  );
  const before = await load(SECONDS);
  print(row('without the offender', before));
  const offender = new Offender(port);
  const during = await load(SECONDS);
  await offender.stop();
  print(row('with the offender', during));
  const after = await load(SECONDS);
  print(row('without the offender', after));
  const answers = [...offender.statuses].map(([status, count]) => `${count} times ${status}`).join(', ');
  print(`\nthe offender was answered ${answers}`);
  print(
    `p99 of bystanders next to the runs without the offender: ${(during.p99Ms / ((before.p99Ms + after.p99Ms) / 2)).toFixed(2)}`,
  );
} finally {
  await sluice.stop();
  await upstream.stop();
}
