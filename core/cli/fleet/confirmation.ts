// Asks before something changes: on a terminal only, as nobody else can answer.
import { createInterface } from 'node:readline/promises';
import type { Arguments } from '../arguments.js';
import { UsageError } from '../usage-error.js';

export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
}

const TERMINAL: Terminal = { input: process.stdin, output: process.stderr };

/**
 * To be called before anything else is done.
 * @throws UsageError when a question will have to be asked that nobody could answer
 */
export function requireAnswer({ flags }: Arguments, terminal: Terminal = TERMINAL): void {
  if (flags.has('yes') || flags.has('dry-run')) return;
  if (flags.has('json')) throw new UsageError('--json asks no questions: --yes or --dry-run is needed');
  if (terminal.input.isTTY !== true)
    throw new UsageError('nobody can be asked, as this is no terminal: --yes or --dry-run is needed');
}

/** True for `y` and `yes`, and without a question when `--yes` was given. */
export async function isConfirmed(
  question: string,
  { flags }: Arguments,
  { input, output }: Terminal = TERMINAL,
): Promise<boolean> {
  if (flags.has('yes')) return true;
  const lines = createInterface({ input, output });
  try {
    // Without an answer the input ends.
    const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
    const answer = await Promise.race([lines.question(`${question} [y/N] `), ended]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
