// `npm run bench [-- SUITE…]`: measures, shows a table for each suite and writes a report folder. `--quick` takes under a
// minute for each suite, `--offline` fetches nothing, `--out FOLDER` says where the report goes.
import { join } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { gatewaySuite } from './gateway/suite.js';
import { describeMachine } from './harness/machine.js';
import { listenForNoise } from './harness/noise.js';
import { ProgressBar } from './report/progress.js';
import { type Report, reportOf, type SuiteReport } from './report/report.js';
import { textOf } from './report/text.js';
import { writeReport } from './report/write-report.js';
import type { Suite } from './suite.js';

const SUITES: readonly Suite[] = [gatewaySuite];

const OPTIONS = {
  quick: { type: 'boolean', default: false },
  offline: { type: 'boolean', default: false },
  out: { type: 'string', default: 'bench/reports' },
} as const satisfies ParseArgsConfig['options'];

const USAGE = `npm run bench -- [SUITE…] [--quick] [--offline] [--out FOLDER]

Suites, all of them unless some are named:
${SUITES.map(({ name, title }) => `  ${name.padEnd(10)}${title}`).join('\n')}
`;

class UsageError extends Error {}

function readArguments(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const unknown = positionals.find((name) => SUITES.every((suite) => suite.name !== name));
    if (unknown !== undefined) throw new UsageError(`There is no suite "${unknown}".`);
    const isWanted = ({ name }: Suite): boolean => positionals.length === 0 || positionals.includes(name);
    return { ...values, suites: SUITES.filter(isWanted) };
  } catch (cause) {
    throw cause instanceof UsageError ? cause : new UsageError((cause as Error).message);
  }
}

async function runSuite(suite: Suite, quick: boolean, offline: boolean): Promise<SuiteReport> {
  const bar = new ProgressBar(process.stderr);
  const noise = await listenForNoise();
  const startMs = performance.now();
  try {
    const findings = await suite.run({
      quick,
      offline,
      progress: (done, total, step) => bar.show(suite.name, done, total, step),
    });
    return reportOf(suite, findings, (performance.now() - startMs) / 1000, noise());
  } finally {
    bar.clear();
  }
}

async function main(args: readonly string[]): Promise<void> {
  const { suites, quick, offline, out } = readArguments(args);
  const startedAt = new Date().toISOString();
  const machine = describeMachine();
  process.stdout.write(`${machine.processors} x ${machine.processor}, Node ${machine.node}\n\n`);
  const reports: SuiteReport[] = [];
  for (const suite of suites) {
    const report = await runSuite(suite, quick, offline);
    reports.push(report);
    process.stdout.write(`${textOf(report)}\n`);
  }
  const command = ['npm run bench --', ...args].join(' ');
  const report: Report = { version: 1, startedAt, command, quick, machine, suites: reports };
  await writeReport(report, out);
  process.stdout.write(`report: ${join(out, 'report.html')}\n`);
}

try {
  await main(process.argv.slice(2));
} catch (cause) {
  if (cause instanceof UsageError) process.stderr.write(`${cause.message}\n\n${USAGE}`);
  else process.stderr.write(`${cause instanceof Error ? cause.stack : String(cause)}\n`);
  process.exitCode = cause instanceof UsageError ? 2 : 1;
}
