#!/usr/bin/env node
// The `sluice` command.
import { VERSION } from '../version.js';
import { check } from './check.js';
import { runCommand, runMain } from './command.js';
import { run } from './run.js';

const HELP = `sluice ${VERSION} - an API gateway whose rules are sandboxed WebAssembly programs

  sluice run --config CONFIG   serve a file or a fleet's configuration in etcd; SIGTERM drains and stops
  sluice check FILE            validate everything a start would; exit 0 or 1
  sluice apply FILE            make a file what a fleet runs, after showing what that changes
  sluice diff FILE             show what apply would change
  sluice status                what every gateway of a fleet runs, and whether it should
  sluice import openapi SPEC   make a configuration from a description of an API
  sluice filter COMMAND        new, build, test, inspect: make a filter and look into one

  sluice COMMAND --help        what a command takes
  sluice --version [--json]    the version, and which versions of the ABI of filters it runs

Exit codes: 0 done, 1 failed, 2 wrong usage. --verbose adds stack traces to errors.
`;

/** Loaded when it is asked for: a gateway has no use for a compiler. */
async function filter(args: string[]): Promise<void> {
  await (await import('./filter.js')).filter(args);
}

async function importApi(args: string[]): Promise<void> {
  await (await import('./import.js')).importApi(args);
}

async function apply(args: string[]): Promise<void> {
  await (await import('./fleet/apply.js')).apply(args);
}

async function diff(args: string[]): Promise<void> {
  await (await import('./fleet/diff.js')).diff(args);
}

async function status(args: string[]): Promise<void> {
  await (await import('./fleet/status.js')).status(args);
}

await runMain((args) =>
  runCommand(args, { run, check, apply, diff, status, import: importApi, filter }, HELP),
);
