// `sluice filter build`: sources in, one module out.
import { relative } from 'node:path';
import { buildProject, type ProjectBuildOptions } from '../../../sdk/tools/filter-project.js';
import { FilterWatch } from '../../../sdk/tools/filter-watch.js';
import { optionalPositional, readArguments } from '../arguments.js';
import { explainBuildError, printWarnings } from './build-output.js';

const HELP = `sluice filter build [DIR]

  Compiles the filter in DIR, the working directory by default, and holds the module to what a gateway accepts.
  Errors name file, line and column.

  --out FILE   where the module goes; build/NAME.wasm in DIR by default
  --debug      do not optimise, and carry a source map for debuggers: for development, not for gateways
  --trace      keep calls of trace(), as sluice filter test does: for tests, no gateway loads it
  --watch      build again whenever a source changes, also after errors; Ctrl-C ends it
  --verbose    stack traces in errors
`;

export async function filterBuild(args: string[]): Promise<void> {
  const parsed = readArguments(
    args,
    { out: 'string', debug: 'boolean', trace: 'boolean', watch: 'boolean' },
    HELP,
  );
  if (parsed === null) return;
  const folder = optionalPositional(parsed, 'DIR', HELP) ?? '.';

  const out = parsed.texts.get('out');
  const options = {
    debug: parsed.flags.has('debug'),
    trace: parsed.flags.has('trace'),
    ...(out === undefined ? {} : { outFile: out }),
  };
  if (parsed.flags.has('watch')) await watch(folder, options);
  else await build(folder, options);
}

/** Builds once and says what came of it. */
async function build(folder: string, options: ProjectBuildOptions): Promise<void> {
  try {
    const { outFile, bytes, warnings } = await buildProject(folder, options);
    printWarnings(warnings);
    const kind = `${options.debug ? ', debug build' : ''}${options.trace ? ', for tests only' : ''}`;
    process.stdout.write(`${relative(process.cwd(), outFile)}: ${bytes} bytes${kind}\n`);
  } catch (cause) {
    throw explainBuildError(cause);
  }
}

async function watch(folder: string, options: ProjectBuildOptions): Promise<void> {
  const watching = new FilterWatch(folder, async () => {
    try {
      await build(folder, options);
    } catch (cause) {
      process.stderr.write(`${(cause as Error).message}\n`);
    }
    process.stdout.write('waiting for a change\n');
  });
  try {
    await watching.failed;
  } finally {
    watching.close();
  }
}
