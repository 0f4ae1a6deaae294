// The command line of the bench: which suites there are, and what can be done with what they found.
import { type Command, runMain } from '../../core/cli/command.js';
import type { Suite } from '../suite.js';
import { baseline } from './baseline.js';
import { compare } from './compare.js';
import { runSuites } from './run-suites.js';

const COMMANDS: Readonly<Record<string, Command>> = { compare, baseline };

/** Runs with the arguments of this process, sets its exit code. Others than the bench itself have suites of their own. */
export async function bench(suites: readonly Suite[]): Promise<void> {
  const help = helpOf(suites);
  await runMain(async (args) => {
    const [name, ...rest] = args;
    const isCommand = name !== undefined && Object.hasOwn(COMMANDS, name);
    await (isCommand ? COMMANDS[name]!(rest) : runSuites(suites, args, help));
  });
}

function helpOf(suites: readonly Suite[]): string {
  return `npm run bench -- [SUITE…]                           measure, show tables, write a report
npm run bench -- compare [BEFORE.json] AFTER.json   say what moved beyond noise
npm run bench -- baseline REPORT.json               make a report what later ones are compared with

Suites, all of them unless some are named; each takes under five minutes alone:
${suites.map(({ name, title }) => `  ${name.padEnd(12)}${title}`).join('\n')}

  --quick       under a minute for each suite; figures are coarser, no part is left out
  --minutes N   how long soak takes (default 4, with --quick half a minute)
  --offline     use what is installed or was fetched before, fetch nothing
  --out FOLDER  where report.html, report.md and report.json go (default bench/reports)

Ctrl-C ends what was started and keeps what was found so far. Exit codes: 0 done, 1 a suite failed, 2 wrong usage,
130 interrupted. --verbose adds stack traces to errors.
`;
}
