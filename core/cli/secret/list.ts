// `sluice secret list`: what stands in the store, without values.
import type { SecretEntry } from '../../etcd/secret-store.js';
import type { KeyRing } from '../../secrets/key-ring.js';
import { shownName } from '../../secrets/reference.js';
import { openSecret, readSealedHeader } from '../../secrets/sealed-secret.js';
import { readArguments, refusePositionals } from '../arguments.js';
import { CONNECTION_HELP } from '../etcd-options.js';
import { KEYS_HELP, keySource } from '../secret-keys.js';
import { formatTable } from '../table.js';
import { SEALING_OPTION_TYPES, withSecrets } from './secret-target.js';

const HELP = `sluice secret list --config etcd://HOST:PORT/PREFIX

  Prints the name of every secret, the key that it is sealed with and when its value was set; never values. With keys
  each one is opened besides, and what is wrong with it said. Exit 1 when anything is.

${KEYS_HELP}${CONNECTION_HELP}  --json                     print a list of {"name", "key", "changedAt", "problem"}; null for what is not known
  --verbose                  stack traces in errors
`;

interface Row {
  readonly name: string;
  readonly key: string | null;
  /** ISO 8601. */
  readonly changedAt: string | null;
  readonly problem: string | null;
}

export async function secretList(args: string[]): Promise<void> {
  const parsed = readArguments(args, SEALING_OPTION_TYPES, HELP);
  if (parsed === null) return;
  refusePositionals(parsed, HELP);
  const ring = keySource(parsed).read();
  const entries = await withSecrets(parsed, HELP, ({ secrets }) => secrets.list());
  const rows = entries.map((entry) => rowOf(entry, ring));
  process.stdout.write(parsed.flags.has('json') ? `${JSON.stringify(rows)}\n` : formatRows(rows));
  if (rows.some(({ problem }) => problem !== null)) process.exitCode = 1;
}

function rowOf({ name, bytes }: SecretEntry, ring: KeyRing | null): Row {
  let known: Pick<Row, 'key' | 'changedAt'> = { key: null, changedAt: null };
  try {
    const { key, changedAtMs } = readSealedHeader(name, bytes);
    known = { key, changedAt: new Date(changedAtMs).toISOString() };
    if (ring !== null) openSecret(name, bytes, ring);
    return { name, ...known, problem: null };
  } catch (cause) {
    return { name, ...known, problem: `expected ${(cause as Error).message}` };
  }
}

function formatRows(rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  const cells = rows.map(({ name, key, changedAt, problem }) => [
    shownName(name),
    key ?? '-',
    changedAt ?? '-',
    problem ?? '',
  ]);
  return formatTable(['SECRET', 'KEY', 'CHANGED AT', ''], cells);
}
