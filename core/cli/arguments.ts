// Options of a command, read by node:util.
import { parseArgs } from 'node:util';
import { suggestion } from '../config/suggestion.js';
import { UsageError } from './usage-error.js';

/** Options of one command by name; every command has `--help` and `--verbose` besides. */
export type OptionTypes = Readonly<Record<string, 'string' | 'boolean'>>;

export interface Arguments {
  readonly texts: ReadonlyMap<string, string>;
  readonly flags: ReadonlySet<string>;
  readonly positionals: readonly string[];
}

/**
 * Reads the arguments of a command; null when they asked for its help, which is then printed.
 * @throws UsageError for an option the command does not know
 */
export function readArguments(args: string[], types: OptionTypes, help: string): Arguments | null {
  const options = Object.fromEntries(
    Object.entries({ ...types, help: 'boolean', verbose: 'boolean' } as const).map(([name, type]) => [
      name,
      { type, ...(name === 'help' ? { short: 'h' } : {}) },
    ]),
  );
  const texts = new Map<string, string>();
  const flags = new Set<string>();
  let positionals: string[];
  try {
    const parsed = parseArgs({ args, options, allowPositionals: true, strict: true });
    positionals = parsed.positionals;
    for (const [name, value] of Object.entries(parsed.values)) {
      if (typeof value === 'string') texts.set(name, value);
      else if (value === true) flags.add(name);
    }
  } catch (cause) {
    throw new UsageError(`${reasonOf(cause as NodeJS.ErrnoException, Object.keys(options))}\n\n${help}`);
  }
  if (!flags.has('help')) return { texts, flags, positionals };
  process.stdout.write(help);
  return null;
}

/** Of an option that nobody knows, Node tells how it would be taken for something else. */
function reasonOf({ code, message }: NodeJS.ErrnoException, known: readonly string[]): string {
  if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return message;
  const option = /'(--?[^']*)'/.exec(message)?.[1] ?? '';
  const hint = suggestion(option.replace(/^--?/, ''), known).replace('"', '"--');
  return `unknown option ${option}${hint}`;
}

/** The one argument of a command. @param what it is, as its help calls it @throws UsageError */
export function onlyPositional(parsed: Arguments, what: string, help: string): string {
  const [argument, ...more] = parsed.positionals;
  if (argument === undefined || more.length > 0) throw new UsageError(`one ${what} is needed\n\n${help}`);
  return argument;
}

/** Likewise of a command that can do without. @throws UsageError */
export function optionalPositional(parsed: Arguments, what: string, help: string): string | undefined {
  if (parsed.positionals.length > 1) throw new UsageError(`one ${what} at most\n\n${help}`);
  return parsed.positionals[0];
}

/** @throws UsageError */
export function refusePositionals({ positionals }: Arguments, help: string): void {
  if (positionals.length > 0) throw new UsageError(`nothing but options is taken\n\n${help}`);
}
