// Load by wrk, and what it measured.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { cpuBetween, cpuOf } from './accounting.js';
import type { Subject } from './processes.js';
import type { Tool } from './tools.js';

export interface LoadRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface LoadResult {
  readonly requests: number;
  readonly failed: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** User and system time of the subject over requests served, in microseconds. */
  readonly cpuUs: number;
}

/** wrk takes whole seconds. It is told to end when a run is over, and this is what ends it when nobody is left to. */
const LONGEST_S = 600;

/** Runs wrk for `seconds`, which may be a part of one, against a subject. */
export async function load(
  tool: Tool,
  subject: Subject,
  request: LoadRequest,
  connections: number,
  seconds: number,
): Promise<LoadResult> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-wrk-'));
  const script = join(folder, 'request.lua');
  writeFileSync(script, scriptOf(request));
  const args = ['-t1', `-c${connections}`, `-d${LONGEST_S}s`, '--latency', '-s', script];
  const before = cpuOf(subject.pids);
  const wrk = spawn(tool.path, [...args, `http://127.0.0.1:${subject.port}${request.path}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...tool.env },
  });
  try {
    const output = text(wrk.stdout);
    const ended = once(wrk, 'close');
    await Promise.race([delay(seconds * 1000), ended]);
    wrk.kill('SIGINT');
    await ended;
    const cpu = cpuBetween(before, cpuOf(subject.pids));
    const result = resultOf(await output);
    return { ...result, cpuUs: (cpu * 1e6) / result.requests };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function resultOf(output: string): Omit<LoadResult, 'cpuUs'> {
  const at = output.lastIndexOf('{"requests"');
  if (at < 0) throw new Error(`wrk measured nothing: ${output}`);
  return JSON.parse(output.slice(at)) as Omit<LoadResult, 'cpuUs'>;
}

function scriptOf(request: LoadRequest): string {
  const headers = Object.entries(request.headers)
    .map(([name, value]) => `wrk.headers["${name}"] = "${value}"`)
    .join('\n');
  return `wrk.method = "${request.method}"
${headers}
wrk.body = ${request.body === '' ? 'nil' : `[==[${request.body}]==]`}
function done(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('{"requests":%d,"failed":%d,"perSecond":%.1f,"p50Ms":%.4f,"p99Ms":%.4f}',
    summary.requests, failed, summary.requests / (summary.duration / 1e6),
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
`;
}
