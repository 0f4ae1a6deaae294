#!/usr/bin/env node
// The `sluice` command.
import { VERSION } from '../version.js';
import { check } from './check.js';
import { type Command, runCommand, runMain } from './command.js';
import { run } from './run.js';

const HELP = `sluice ${VERSION} - an API gateway whose rules are sandboxed WebAssembly programs

  sluice run --config CONFIG   serve a file or a fleet's configuration in etcd; SIGTERM drains and stops
  sluice check FILE            validate everything a start would; exit 0 or 1
  sluice explain [KEY]         what a key of the configuration takes, and what it is for

  sluice apply FILE            make a file what a fleet runs, after showing what that changes
  sluice diff FILE             show what apply would change
  sluice rollback [ID]         go back to what a fleet ran before
  sluice releases              what was published, and where it runs
  sluice status                what every gateway of a fleet runs, and whether it should
  sluice prune                 remove the releases and modules that nothing needs
  sluice secret COMMAND        set, list, rm, rekey, key new: the secrets of a fleet in etcd

  sluice import openapi SPEC   make a configuration from a description of an API
  sluice filter COMMAND        new, build, test, inspect, symbolize: make a filter and look into one

  sluice COMMAND --help        what a command takes
  sluice --version [--json]    the version, and which versions of the ABI of filters it runs

Exit codes: 0 done, 1 failed, 2 wrong usage. --verbose adds stack traces to errors.
`;

/** Each loaded when it is asked for: a gateway has no use for a compiler. */
const COMMANDS: Readonly<Record<string, Command>> = {
  run,
  check,
  explain: async (args) => (await import('./explain.js')).explain(args),
  apply: async (args) => (await import('./fleet/apply.js')).apply(args),
  diff: async (args) => (await import('./fleet/diff.js')).diff(args),
  rollback: async (args) => (await import('./fleet/rollback.js')).rollback(args),
  releases: async (args) => (await import('./fleet/releases.js')).releases(args),
  status: async (args) => (await import('./fleet/status.js')).status(args),
  prune: async (args) => (await import('./fleet/prune.js')).prune(args),
  secret: async (args) => (await import('./secret.js')).secret(args),
  import: async (args) => (await import('./import.js')).importApi(args),
  filter: async (args) => (await import('./filter.js')).filter(args),
};

await runMain((args) => runCommand(args, COMMANDS, HELP));
