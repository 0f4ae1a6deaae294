// Options of a command, read by node:util.
import { parseArgs } from 'node:util';
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
      { type },
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
    throw new UsageError(`${(cause as Error).message}\n\n${help}`);
  }
  if (!flags.has('help')) return { texts, flags, positionals };
  process.stdout.write(help);
  return null;
}
