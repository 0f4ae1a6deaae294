// Load by wrk.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cpuBetween, cpuOf } from './accounting.js';
import { type LoadGenerator, type LoadPlan, type LoadResult, urlOf } from './load.js';
import type { Subject } from './processes.js';
import type { Tool } from './tools.js';

/** wrk takes whole seconds. It is told to end when a run is over, and this is what ends it when nobody is left to. */
const LONGEST_S = 600;
/** An answer that takes longer has failed. */
const PATIENCE = '30s';
/** What its script says before it connects. Until then a signal ends it without a word. */
const READY = 'ready\n';

/** Every path in turn, of what was written down before the run. */
const REQUESTS_IN_TURN = `local at = 0
function request()
  at = at % #requests + 1
  return requests[at]
end`;

export class Wrk implements LoadGenerator {
  readonly name = 'wrk';
  readonly #tool: Tool;

  constructor(tool: Tool) {
    this.#tool = tool;
  }

  async load(subject: Subject, plan: LoadPlan): Promise<LoadResult> {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-wrk-'));
    const script = join(folder, 'request.lua');
    writeFileSync(script, scriptOf(plan));
    const args = [
      '-t1',
      `-c${plan.connections}`,
      `-d${LONGEST_S}s`,
      '--latency',
      '--timeout',
      PATIENCE,
      '-s',
      script,
    ];
    const wrk = spawn(this.#tool.path, [...args, urlOf(subject, plan)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...this.#tool.env },
    });
    try {
      const closed = once(wrk, 'close');
      let output = '';
      const isReady = new Promise<void>((resolve) => {
        wrk.stdout.setEncoding('latin1').on('data', (part: string) => {
          output += part;
          if (output.includes(READY)) resolve();
        });
      });
      await Promise.race([isReady, closed]);
      const before = cpuOf(subject.pids);
      await Promise.race([delay(plan.seconds * 1000), closed]);
      await endOf(wrk, closed);
      const cpu = cpuBetween(before, cpuOf(subject.pids));
      const result = resultOf(output);
      return { ...result, cpuUs: (cpu * 1e6) / result.requests };
    } finally {
      // Where its end was not awaited, because the subject is gone.
      wrk.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** Ends a run early. A signal that comes just before wrk begins to wait for its end is lost, so there are several. */
async function endOf(wrk: ChildProcess, closed: Promise<unknown>): Promise<void> {
  const interrupt = (): boolean => wrk.kill('SIGINT');
  interrupt();
  const again = setInterval(interrupt, 50);
  await closed;
  clearInterval(again);
}

function resultOf(output: string): Omit<LoadResult, 'cpuUs'> {
  const at = output.lastIndexOf('{"requests"');
  if (at < 0) throw new Error(`wrk measured nothing: ${output}`);
  return JSON.parse(output.slice(at)) as Omit<LoadResult, 'cpuUs'>;
}

function scriptOf({ request, paths = [], pauseMs, isRefused }: LoadPlan): string {
  const places = paths.map((path) => `"${path}"`).join(',\n');
  const headers = Object.entries(request.headers)
    .map(([name, value]) => `wrk.headers["${name}"] = "${value}"`)
    .join('\n');
  return `wrk.method = "${request.method}"
${headers}
wrk.body = ${request.body === '' ? 'nil' : `[==[${request.body}]==]`}
local requests = {}
function init()
  for _, path in ipairs({${places}}) do requests[#requests + 1] = wrk.format(nil, path) end
  io.write("ready\\n")
  io.flush()
end
${paths.length === 0 ? '' : REQUESTS_IN_TURN}
${pauseMs === 0 ? '' : `function delay() return math.random() * ${2 * pauseMs} end`}
function done(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.timeout + ${isRefused ? 'summary.requests - errors.status' : 'errors.status'}
  io.write(string.format('{"requests":%d,"failed":%d,"perSecond":%.1f,"p50Ms":%.4f,"p99Ms":%.4f,"p999Ms":%.4f}',
    summary.requests, failed, summary.requests / (summary.duration / 1e6),
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, latency:percentile(99.9) / 1000))
end
`;
}
