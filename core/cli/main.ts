#!/usr/bin/env node
// The `sluice` command. Exit codes: 0 done, 1 it failed, 2 it was called wrongly.
import { ConfigErrors, GatewayError } from '../errors.js';
import { VERSION } from '../version.js';
import { check } from './check.js';
import { run } from './run.js';
import { UsageError } from './usage-error.js';

const COMMANDS: Readonly<Record<string, (args: string[]) => Promise<void>>> = { run, check };

const HELP = `sluice ${VERSION} - an API gateway whose rules are sandboxed WebAssembly programs

  sluice run --config FILE     serve; SIGTERM drains and stops, SIGHUP reads the file again
  sluice check FILE            validate everything a start would; exit 0 or 1

  sluice COMMAND --help        what a command takes
  sluice --version             the version

Exit codes: 0 done, 1 failed, 2 wrong usage. --verbose adds stack traces to errors.
`;

async function main(args: string[]): Promise<void> {
  const [name, ...rest] = args;
  if (name === '--version') {
    process.stdout.write(`${VERSION}\n`);
    return;
  }
  if (name === '--help' || name === 'help') {
    process.stdout.write(HELP);
    return;
  }
  const command = name === undefined ? undefined : COMMANDS[name];
  if (command === undefined) {
    const found = name === undefined ? 'a command is missing' : `unknown command ${name}`;
    throw new UsageError(`${found}\n\n${HELP}`);
  }
  await command(rest);
}

/** Prints an error as a person wants it: one line each, code first, the stack only when asked for. */
function report(error: unknown, verbose: boolean): void {
  const errors = error instanceof ConfigErrors ? error.errors : [error];
  for (const one of errors) {
    if (one instanceof GatewayError) process.stderr.write(`${one.code} ${one.message}\n`);
    else process.stderr.write(`${one instanceof Error ? one.message : String(one)}\n`);
    if (verbose && one instanceof Error) process.stderr.write(`${one.stack}\n`);
  }
}

const args = process.argv.slice(2);
try {
  await main(args);
} catch (error) {
  report(error, args.includes('--verbose'));
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
