// `npm run bench -- compare`: what moved beyond noise between two reports.
import { relative } from 'node:path';
import { readArguments } from '../../core/cli/arguments.js';
import { UsageError } from '../../core/cli/usage-error.js';
import { BASELINE_FILE } from '../comparison/baseline.js';
import { compareRatios } from '../comparison/comparison.js';
import { comparisonText } from '../comparison/comparison-text.js';
import { readRatios } from '../comparison/files.js';

const HELP = `npm run bench -- compare [BEFORE.json] AFTER.json

Says which ratios moved beyond noise, which are new and which are gone. Each file is a report.json or a baseline;
without BEFORE it is bench/baseline.json. Whatever moved, the exit code is 0; it is 2 when a file cannot be used.
`;

/** @throws UsageError for files that cannot be used */
export async function compare(args: string[]): Promise<void> {
  const parsed = readArguments(args, {}, HELP);
  if (parsed === null) return;
  const files = parsed.positionals;
  if (files.length === 0 || files.length > 2) throw new UsageError(`one file or two are needed\n\n${HELP}`);
  const [before, after] = files.length === 2 ? files : [relative('', BASELINE_FILE), files[0]];
  const sets = [readRatios(before!), readRatios(after!)] as const;
  process.stdout.write(comparisonText(...sets, compareRatios(...sets)));
}
