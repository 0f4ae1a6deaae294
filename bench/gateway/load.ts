// Load by wrk, and what it measured.
import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cpuSeconds, type Subject } from './processes.js';
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

const run = promisify(execFile);

/** Runs wrk for `seconds` against a subject. */
export async function load(
  tool: Tool,
  subject: Subject,
  request: LoadRequest,
  connections: number,
  seconds: number,
): Promise<LoadResult> {
  const script = writeScript(request);
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', script];
  const before = cpuSeconds(subject.pids);
  const { stdout } = await run(tool.path, [...args, `http://127.0.0.1:${subject.port}${request.path}`], {
    env: { ...process.env, ...tool.env },
  });
  const cpu = cpuSeconds(subject.pids) - before;
  const result = JSON.parse(stdout.slice(stdout.lastIndexOf('{"requests"'))) as Omit<LoadResult, 'cpuUs'>;
  return { ...result, cpuUs: (cpu * 1e6) / result.requests };
}

function writeScript(request: LoadRequest): string {
  const path = join(mkdtempSync(join(tmpdir(), 'sluice-wrk-')), 'request.lua');
  const headers = Object.entries(request.headers)
    .map(([name, value]) => `wrk.headers["${name}"] = "${value}"`)
    .join('\n');
  writeFileSync(
    path,
    `wrk.method = "${request.method}"
${headers}
wrk.body = ${request.body === '' ? 'nil' : `[==[${request.body}]==]`}
function done(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('{"requests":%d,"failed":%d,"perSecond":%.1f,"p50Ms":%.4f,"p99Ms":%.4f}',
    summary.requests, failed, summary.requests / (summary.duration / 1e6),
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
`,
  );
  return path;
}

/** The middle one, or the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
