// What every command line of ours has in common. Exit codes: 0 done, 1 it failed, 2 it was called wrongly.
import { suggestion } from '../config/suggestion.js';
import { ConfigErrors, GatewayError } from '../errors.js';
import { VERSION } from '../version.js';
import { ABI_RANGE, formatAbiRange } from '../wasm/abi-range.js';
import { UsageError } from './usage-error.js';

/** Runs with the arguments after its name. One that fails without an error sets the exit code of the process. */
export type Command = (args: string[]) => Promise<void>;

/**
 * Runs the command that the first argument names; answers `--help`, `help COMMAND` and `--version [--json]`.
 * @throws UsageError when there is no such command
 */
export async function runCommand(
  args: readonly string[],
  commands: Readonly<Record<string, Command>>,
  help: string,
): Promise<void> {
  const [name, ...rest] = args;
  if (name === '--version') {
    printVersion(rest, help);
    return;
  }
  if (name === '--help' || name === '-h' || (name === 'help' && rest.length === 0)) {
    process.stdout.write(help);
    return;
  }
  if (name === 'help') {
    await runCommand([...rest, '--help'], commands, help);
    return;
  }
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    const found =
      name === undefined
        ? 'a command is missing'
        : `unknown command ${name}${suggestion(name, Object.keys(commands))}`;
    throw new UsageError(`${found}\n\n${help}`);
  }
  await command(rest);
}

/** The version, and which filters it runs. */
function printVersion(args: readonly string[], help: string): void {
  const json = args.length === 1 && args[0] === '--json';
  if (args.length > 0 && !json) throw new UsageError(`--version takes --json only\n\n${help}`);
  process.stdout.write(
    json
      ? `${JSON.stringify({ version: VERSION, abi: ABI_RANGE })}\n`
      : `${VERSION} (filters of ABI ${formatAbiRange()})\n`,
  );
}

/** Runs `main` with the arguments of this process; an error is printed and sets the exit code. */
export async function runMain(main: Command): Promise<void> {
  const args = process.argv.slice(2);
  // What Node deprecates in a library is nothing that whoever runs a command could mend.
  process.noDeprecation = true;
  outliveReaders();
  try {
    await main(args);
  } catch (error) {
    report(error, args.includes('--verbose'));
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

/**
 * Whoever reads may have seen enough, such as `head`: what was asked for is done all the same, and the exit code says how it
 * went. Output that is lost for another reason, such as a full disk, is a failure.
 */
function outliveReaders(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    process.stderr.write(`standard output cannot be written: ${error.message}\n`);
    process.exitCode = 1;
  });
  // Nobody is left who could be told.
  process.stderr.on('error', () => undefined);
}

/** Prints an error as a person wants it: one line each, code first, the stack only when asked for. */
function report(error: unknown, verbose: boolean): void {
  const errors = error instanceof ConfigErrors ? error.shown : [error];
  for (const one of errors) {
    if (one instanceof GatewayError) process.stderr.write(`${one.code} ${one.message}\n`);
    else process.stderr.write(`${one instanceof Error ? one.message : String(one)}\n`);
    if (verbose && one instanceof Error) process.stderr.write(`${one.stack}\n`);
  }
  if (error instanceof ConfigErrors && error.more !== null) process.stderr.write(`${error.more}\n`);
}
