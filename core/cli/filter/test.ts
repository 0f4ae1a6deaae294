// `sluice filter test`: a build, and the author's tests on it.
import { buildProject } from '../../../sdk/tools/filter-project.js';
import { runTests } from '../../../sdk/tools/filter-tests.js';
import { optionalPositional, readArguments } from '../arguments.js';
import { UsageError } from '../usage-error.js';
import { explainBuildError, printWarnings } from './build-output.js';

const HELP = `sluice filter test [DIR]

  Builds the filter in DIR, the working directory by default, and runs test/**/*.test.js with node:test. The tests
  import the harness from '@sluice/sdk/testing'. The exit code is theirs. Calls of trace() print, and a module that has
  them runs in tests only: build it again before you ship it.

  --inspect              make a debug build, and let the tests wait for a debugger on 127.0.0.1:9229
  --inspect-port PORT    the same on another port; 0 picks a free one
  --verbose              stack traces in errors
`;

const DEFAULT_PORT = 9229;
const MOST_PORT = 65535;

export async function filterTest(args: string[]): Promise<void> {
  const parsed = readArguments(args, { inspect: 'boolean', 'inspect-port': 'string' }, HELP);
  if (parsed === null) return;
  const folder = optionalPositional(parsed, 'DIR', HELP) ?? '.';

  const port = parsed.texts.get('inspect-port');
  const inspect = parsed.flags.has('inspect') || port !== undefined;
  const options = inspect ? { inspectPort: readPort(port) } : {};
  try {
    printWarnings((await buildProject(folder, { debug: inspect, trace: true })).warnings);
  } catch (cause) {
    throw explainBuildError(cause);
  }
  process.exitCode = await runTests(folder, options);
}

function readPort(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PORT;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= MOST_PORT) return port;
  throw new UsageError(`--inspect-port: found ${text}, expected 0 to ${MOST_PORT}`);
}
