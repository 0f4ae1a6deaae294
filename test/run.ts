// Runs the tests: `node dist/test/run.js [filter…]`. A filter is a part of a path, e.g. `core/router`. Soak,
// chaos and specs tests run only when a filter names them; those of a bench that is called so are short. node:test prints
// its own report and decides the exit code.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const TESTS = dirname(fileURLToPath(import.meta.url));
const ROOT = join(TESTS, '..', '..');
const LONG = /(?<!bench)(?:^|\/)(?:soak|chaos|specs)\//;

/** So a file that hangs is named, and the others are told of. */
const DEADLINE_MINUTES = { short: 10, long: 60 };

function testFiles(filters: readonly string[]): string[] {
  return readdirSync(TESTS, { recursive: true, encoding: 'utf8' })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => path.endsWith('.test.js'))
    .filter((path) => (filters.length === 0 ? !LONG.test(path) : filters.some((part) => path.includes(part))))
    .sort()
    .map((path) => relative(ROOT, join(TESTS, path)));
}

const files = testFiles(process.argv.slice(2));
if (files.length === 0) {
  process.stderr.write(`No test file matches ${process.argv.slice(2).join(' ')}\n`);
  process.exit(2);
}
const minutes = files.some((file) => LONG.test(file)) ? DEADLINE_MINUTES.long : DEADLINE_MINUTES.short;
const runner = spawn(
  process.execPath,
  // `spec` also where the output is no terminal: its closing lines are what CI reads.
  [
    '--test',
    '--test-reporter=spec',
    `--test-concurrency=${availableParallelism()}`,
    `--test-timeout=${minutes * 60_000}`,
    ...files,
  ],
  { cwd: ROOT, stdio: 'inherit' },
);
runner.once('exit', (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 1;
});
