// `npm run bench -- baseline`: what a full run found becomes what later ones are held to.
import { existsSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { onlyPositional, readArguments } from '../../core/cli/arguments.js';
import { UsageError } from '../../core/cli/usage-error.js';
import {
  BASELINE_FILE,
  baselineWith,
  formatBaseline,
  isUsable,
  measuredRatios,
} from '../comparison/baseline.js';
import { readBaseline, readReport } from '../comparison/files.js';
import type { Report } from '../report/report.js';
import { doubtOfSuite } from '../report/words.js';

const HELP = `npm run bench -- baseline REPORT.json [--to FILE]

Writes the ratios of a report into bench/baseline.json, or into FILE. Suites that the report has take the place of what was
there of them; all others stay. A quick run is too coarse for it.
`;

/** @throws UsageError for a report that makes no baseline */
export async function baseline(args: string[]): Promise<void> {
  const parsed = readArguments(args, { to: 'string' }, HELP);
  if (parsed === null) return;
  const source = onlyPositional(parsed, 'report', HELP);
  const target = parsed.texts.get('to') ?? relative('', BASELINE_FILE);
  const report = readReport(source);
  if (report.quick)
    throw new UsageError(`${source}: is of a quick run, too coarse for a baseline; run without --quick`);
  const suites = report.suites.filter(isUsable);
  if (suites.length === 0) throw new UsageError(`${source}: has no ratios`);
  const before = existsSync(target) ? readBaseline(target) : null;
  writeFileSync(target, formatBaseline(baselineWith(before, report)));
  const written = suites.map((suite) => `${suite.name} (${measuredRatios(suite).length})`).join(', ');
  process.stdout.write(`${target}: ratios of ${written}\n`);
  for (const doubt of doubtsOf(report)) process.stderr.write(`${doubt}\n`);
}

/** Why later runs should not be held to this one. */
function doubtsOf({ machine, suites }: Report): string[] {
  const noisy = suites.filter(isUsable).flatMap((suite) => {
    const doubt = doubtOfSuite(suite);
    return doubt === null ? [] : [`${suite.name}: ${doubt}`];
  });
  return machine.isChanged
    ? [...noisy, 'The commit does not say what was measured: files were changed since.']
    : noisy;
}
