// `sluice secret key`: keys for the ring.
import { isKeyName, newKeyLine } from '../../secrets/key-ring.js';
import { onlyPositional, readArguments } from '../arguments.js';
import { runCommand } from '../command.js';
import { UsageError } from '../usage-error.js';

const HELP = `sluice secret key new NAME

  Prints a new key, 32 random bytes, as a line for the key file. The first key of the file seals, all of them open: a key
  that every gateway has is moved to the top, never one that some of them lack.

      (umask 077; sluice secret key new 2026-11 > sluice.keys)

  --verbose                  stack traces in errors
`;

export function secretKey(args: string[]): Promise<void> {
  return runCommand(args, { new: keyNew }, HELP);
}

async function keyNew(args: string[]): Promise<void> {
  const parsed = readArguments(args, {}, HELP);
  if (parsed === null) return;
  const name = onlyPositional(parsed, 'NAME', HELP);
  if (!isKeyName(name))
    throw new UsageError(
      'NAME: expected 1 to 32 letters, digits, ".", "_" and "-", the first a letter or digit',
    );
  process.stdout.write(`${newKeyLine(name)}\n`);
}
