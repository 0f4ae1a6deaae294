// `sluice filter`: from an idea to a tested module.
import { VERSION } from '../version.js';
import { type Command, runCommand } from './command.js';

const HELP = `sluice filter ${VERSION} - make filters and look into them; also installed as sluice-filter

  sluice filter new NAME              make a folder with a filter that builds and passes its test
  sluice filter build [DIR]           compile it to one .wasm file
  sluice filter test [DIR]            build it and run its tests
  sluice filter inspect FILE.wasm     what a gateway sees in a module, or why it refuses it
  sluice filter symbolize FILE.wasm   the lines of the source behind a failure in the log of a gateway

  sluice filter COMMAND --help      what a command takes

Exit codes: 0 done, 1 failed, 2 wrong usage. --verbose adds stack traces to errors.
`;

/** Each loaded when it is asked for: only two of them need the compiler, and it is large. */
const COMMANDS: Readonly<Record<string, Command>> = {
  new: async (args) => (await import('./filter/new.js')).filterNew(args),
  build: async (args) => (await import('./filter/build.js')).filterBuild(args),
  test: async (args) => (await import('./filter/test.js')).filterTest(args),
  inspect: async (args) => (await import('./filter/inspect.js')).filterInspect(args),
  symbolize: async (args) => (await import('./filter/symbolize.js')).filterSymbolize(args),
};

export function filter(args: string[]): Promise<void> {
  return runCommand(args, COMMANDS, HELP);
}
