// Revision after revision, each with a changed filter config, and worker after worker ended by a filter that loops,
// under load. test/e2e/isolation.test.ts runs it for a moment, test/soak/isolation-soak.test.ts at full length.
import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import type { TestContext } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { route, TestGateway, until } from './gateway.js';
import { startHttpTarget } from './upstream-servers.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

export interface IsolationRun {
  readonly revisions: number;
  /** Of these, at whose end a worker is ended. */
  readonly kills: number;
  /** Revisions after which memory and threads are looked at for the first time. */
  readonly warmUp: number;
}

export interface IsolationOutcome {
  readonly served: number;
  /** Answers on good routes that were not what they should be. */
  readonly failed: readonly string[];
  /** Codes that the client of the looping filter got. */
  readonly loopCodes: ReadonlySet<string>;
  readonly restarts: number;
  /** Of the process, garbage collected: after the warm-up, and at the end. */
  readonly residentMb: readonly [number, number];
  readonly threads: readonly [number, number];
  /** What is left when the load is over. */
  readonly outstanding: number;
  readonly inFlight: number;
  readonly workers: number;
  readonly spares: number;
}

const CONNECTIONS = 8;

interface Answer {
  readonly status: number;
  readonly mark: string;
  readonly body: string;
}

function ask(agent: Agent, url: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode!, mark: String(response.headers['x-mark']), body }),
      );
      response.on('error', reject);
    });
    request.on('error', reject);
  });
}

function processStatus(field: 'VmRSS' | 'Threads'): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync('/proc/self/status', 'utf8'))![1]);
}

function residentMb(): number {
  collectGarbage();
  return processStatus('VmRSS') / 1024;
}

export async function runIsolation(test: TestContext, run: IsolationRun): Promise<IsolationOutcome> {
  const target = await startHttpTarget(test, (_, response) => response.end('{"ok":true}'));
  const config = (mark: number) => ({
    upstreams: { sample: { targets: [{ url: target.url }], keepAliveMs: 30_000 } },
    filters: {
      mark: {
        module: 'builtin:sanitise',
        config: { headers: { set: { 'x-mark': String(mark) } } },
        limits: { deadlineMs: 2000 },
      },
      loop: {
        module: './endless-loop.wasm',
        limits: { deadlineMs: 20 },
        quarantine: { failures: 0 },
      },
    },
    routes: [route('good', '/good', ['mark']), route('loop', '/loop', ['loop'])],
    log: { access: false, level: 'error' },
  });
  const gateway = await TestGateway.start(test, config(0), ['endless-loop']);
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS + 1 });
  test.after(() => agent.destroy());

  let isOver = false;
  let served = 0;
  const failed: string[] = [];
  const clients = Array.from({ length: CONNECTIONS }, async () => {
    while (!isOver) {
      const { status, mark } = await ask(agent, gateway.url('/good')).catch((error: Error) => ({
        status: 0,
        mark: error.message,
      }));
      served += 1;
      if (status !== 200 || !/^\d+$/.test(mark)) failed.push(`${status} ${mark}`);
    }
  });

  const loopCodes = new Set<string>();
  const every = Math.floor(run.revisions / run.kills);
  let warm: readonly [number, number] = [0, 0];
  for (let revision = 1; revision <= run.revisions; revision += 1) {
    await gateway.reload(config(revision));
    if (revision % every === 0) {
      const answer = await ask(agent, gateway.url('/loop'), { 'x-loop': 'request' });
      loopCodes.add((JSON.parse(answer.body) as { code: string }).code);
    }
    if (revision === run.warmUp) warm = [residentMb(), processStatus('Threads')];
  }
  isOver = true;
  await Promise.all(clients);
  const last = await ask(agent, gateway.url('/good'));
  if (last.mark !== String(run.revisions)) failed.push(`runs revision ${last.mark}`);
  await until(async () => (await gateway.metric('sluice_dispatch_spare_workers')) === 1);
  return {
    served,
    failed,
    loopCodes,
    restarts: await gateway.metric('sluice_dispatch_worker_restarts_total'),
    residentMb: [warm[0], residentMb()],
    threads: [warm[1], processStatus('Threads')],
    outstanding: await gateway.metric('sluice_dispatch_outstanding'),
    inFlight: await gateway.metric('sluice_requests_in_flight'),
    workers: await gateway.metric('sluice_dispatch_workers'),
    spares: await gateway.metric('sluice_dispatch_spare_workers'),
  };
}
