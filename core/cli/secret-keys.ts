// Where a command is told to find the keys of secrets.
import { KeyRing } from '../secrets/key-ring.js';
import type { Arguments } from './arguments.js';
import { UsageError } from './usage-error.js';

/** For `readArguments`. */
export const KEYS_OPTION_TYPES = { keys: 'string' } as const;

export const KEYS_HELP = `  --keys FILE                keys of secrets, a line NAME:BASE64 each, the first one seals; readable by nobody else.
                             In the environment: SLUICE_SECRET_KEYS_FILE, or the lines in SLUICE_SECRET_KEYS
`;

const FILE_VARIABLE = 'SLUICE_SECRET_KEYS_FILE';
const KEYS_VARIABLE = 'SLUICE_SECRET_KEYS';

export interface KeySource {
  /** Null when the keys stand in the environment, or nowhere. */
  readonly file: string | null;
  /**
   * Reads the keys as they are now; null when the command was told of none.
   * @throws GatewayError SLUICE_SECRET_KEYS
   */
  read(): KeyRing | null;
}

/** @throws UsageError */
export function keySource({ texts }: Pick<Arguments, 'texts'>): KeySource {
  const { [FILE_VARIABLE]: fileVariable, [KEYS_VARIABLE]: lines } = process.env;
  const file = texts.get('keys') ?? fileVariable ?? null;
  if (file !== null) {
    if (lines !== undefined && !texts.has('keys'))
      throw new UsageError(`${FILE_VARIABLE} and ${KEYS_VARIABLE} are both set: expected one of them`);
    return { file, read: () => KeyRing.readFile(file) };
  }
  return { file, read: () => (lines === undefined ? null : KeyRing.parse(lines, KEYS_VARIABLE)) };
}

/**
 * Keys that the command cannot do without.
 * @throws UsageError, GatewayError SLUICE_SECRET_KEYS
 */
export function requiredKeys(options: Pick<Arguments, 'texts'>): KeyRing {
  const ring = keySource(options).read();
  if (ring === null) throw new UsageError(`--keys FILE, ${FILE_VARIABLE} or ${KEYS_VARIABLE} is needed`);
  return ring;
}
