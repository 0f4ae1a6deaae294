// Load by autocannon, in a process of its own, where wrk cannot be had.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cpuBetween, cpuOf } from './accounting.js';
import { type LoadGenerator, type LoadPlan, type LoadResult, urlOf } from './load.js';
import type { Subject } from './processes.js';

/** Of what `--json` prints, what is read. Latencies are whole milliseconds. */
interface Output {
  readonly requests: { readonly average: number; readonly total: number };
  readonly latency: { readonly p50: number; readonly p99: number; readonly p99_9: number };
  readonly errors: number;
  readonly non2xx: number;
}

const PROGRAM = createRequire(import.meta.url).resolve('autocannon');

export class Autocannon implements LoadGenerator {
  readonly name = 'autocannon';

  /** Takes whole seconds, so a part of one counts as one. */
  async load(subject: Subject, plan: LoadPlan): Promise<LoadResult> {
    const { request, connections, pauseMs } = plan;
    const args = ['--json', '--connections', String(connections), '--method', request.method];
    args.push('--duration', String(Math.max(1, Math.round(plan.seconds))));
    for (const [name, value] of Object.entries(request.headers)) args.push('--headers', `${name}=${value}`);
    if (request.body !== '') args.push('--body', request.body);
    if (pauseMs > 0)
      args.push('--overallRate', String(Math.max(1, Math.round((connections * 1000) / pauseMs))));
    const folder = mkdtempSync(join(tmpdir(), 'sluice-autocannon-'));
    if (plan.paths !== undefined) {
      const file = join(folder, 'requests.har');
      writeFileSync(file, JSON.stringify(archiveOf(subject, plan, plan.paths)));
      args.push('--har', file);
    }
    const env = { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_NO_WARNINGS: '1' };
    const before = cpuOf(subject.pids);
    const run = promisify(execFile)(process.execPath, [PROGRAM, ...args, urlOf(subject, plan)], {
      env,
      maxBuffer: 1 << 24,
    });
    const { stdout } = await run.finally(() => rmSync(folder, { recursive: true, force: true }));
    const cpu = cpuBetween(before, cpuOf(subject.pids));
    const { requests, latency, errors, non2xx } = JSON.parse(stdout) as Output;
    return {
      requests: requests.total,
      failed: errors + (plan.isRefused ? requests.total - non2xx : non2xx),
      perSecond: requests.average,
      p50Ms: latency.p50,
      p99Ms: latency.p99,
      p999Ms: latency.p99_9,
      cpuUs: (cpu * 1e6) / requests.total,
    };
  }
}

/** Requests for several paths, in the form that `--har` reads. */
function archiveOf({ scheme, port }: Subject, { request }: LoadPlan, paths: readonly string[]): object {
  const { method, body } = request;
  const headers = Object.entries(request.headers).map(([name, value]) => ({ name, value }));
  const entries = paths.map((path) => ({
    request: {
      ...{ method, url: `${scheme}://127.0.0.1:${port}${path}`, headers },
      ...(body === '' ? {} : { postData: { text: body } }),
    },
  }));
  return { log: { entries } };
}
