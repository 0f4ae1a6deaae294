// Runs the tests of a filter's author: node:test, in a process of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const TESTS = 'test';
const TEST_FILE = /\.test\.[cm]?js$/;
/** Lets tests import the harness where the package is not installed. */
const LOADER = new URL('./sdk-loader.js', import.meta.url).href;
/** Runs test files one after the other in the process that imports it, where a debugger sees them. */
const RUNNER = fileURLToPath(new URL('./test-runner.js', import.meta.url));

/** They end the tests, and with them this process: nobody is left behind that waits for a debugger. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** CPU time that filters may take in one exchange of a test: only one that never returns takes so long. */
const CALL_MS = 10_000;

export interface TestRunOptions {
  /** Port for a debugger, on the loopback address; the tests wait for it. 0 picks a free one. Absent: no debugger. */
  readonly inspectPort?: number;
}

/** There is nothing to run: most likely the wrong folder, or files by other names. */
export class NoTestsError extends Error {
  override readonly name = 'NoTestsError';
}

/** Test files of a filter, absolute, sorted: `test/**\/*.test.js`, also `.mjs` and `.cjs`. */
export async function testFiles(folder: string): Promise<string[]> {
  const root = resolve(folder, TESTS);
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && TEST_FILE.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/**
 * Runs the tests of a folder; what they print goes where this process prints.
 * @returns their exit code; 1 when a signal ended them
 * @throws NoTestsError when there is none
 */
export async function runTests(folder: string, options: TestRunOptions = {}): Promise<number> {
  const files = await testFiles(folder);
  if (files.length === 0) throw new NoTestsError(`${join(folder, TESTS)}: no test, expected files *.test.js`);
  const { inspectPort } = options;
  const args =
    inspectPort === undefined
      ? ['--import', LOADER, '--test', '--test-reporter=spec', ...files]
      : [`--inspect-brk=127.0.0.1:${inspectPort}`, '--import', LOADER, RUNNER, ...files];
  // Inside a test run node:test would take this one for a part of itself and run nothing.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  // Has the harness print why a filter failed.
  env['SLUICE_FILTER_TEST'] = '1';
  // A debugger may stop a filter for as long as its user thinks.
  if (inspectPort === undefined) env['SLUICE_FILTER_TEST_MS'] ??= String(CALL_MS);
  const child = spawn(process.execPath, args, { cwd: resolve(folder), stdio: 'inherit', env });
  const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, forward);
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    return code ?? 1;
  } finally {
    for (const signal of SIGNALS) process.off(signal, forward);
  }
}
