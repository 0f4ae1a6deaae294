// `sluice secret rekey`: seals every secret with the first key of the ring, so that the others can go.
import { GatewayError } from '../../errors.js';
import type { SecretEntry, SecretStore } from '../../etcd/secret-store.js';
import type { KeyRing } from '../../secrets/key-ring.js';
import { shownName } from '../../secrets/reference.js';
import { openSecret, readSealedHeader, sealSecret } from '../../secrets/sealed-secret.js';
import { readArguments, refusePositionals } from '../arguments.js';
import { CONNECTION_HELP } from '../etcd-options.js';
import { KEYS_HELP, requiredKeys } from '../secret-keys.js';
import { SEALING_OPTION_TYPES, withSecrets } from './secret-target.js';

const HELP = `sluice secret rekey --config etcd://HOST:PORT/PREFIX --keys FILE

  Opens every secret and seals it with the first key, where it is sealed with another. Each is written only if nobody
  wrote it since it was read. Values and their times stay. Says which keys nothing is sealed with any more. Exit 1 when a
  secret cannot be opened; the others are sealed all the same.

  --dry-run                  say what would be done
${KEYS_HELP}${CONNECTION_HELP}  --json                     print {"key", "dryRun", "rekeyed": [{"name", "from"}], "kept": [names],
                             "failed": [{"name", "code", "message"}], "unusedKeys": [names]}
  --verbose                  stack traces in errors
`;

/** Somebody writes the same secret all the time. */
const MOST_ATTEMPTS = 8;

interface Report {
  readonly key: string;
  readonly dryRun: boolean;
  readonly rekeyed: { name: string; from: string }[];
  readonly kept: string[];
  readonly failed: { name: string; code: string; message: string }[];
  unusedKeys: string[];
}

export async function secretRekey(args: string[]): Promise<void> {
  const parsed = readArguments(args, { ...SEALING_OPTION_TYPES, 'dry-run': 'boolean' }, HELP);
  if (parsed === null) return;
  refusePositionals(parsed, HELP);
  const ring = requiredKeys(parsed);
  const report = await withSecrets(parsed, HELP, ({ secrets }) =>
    rekey(secrets, ring, parsed.flags.has('dry-run')),
  );
  process.stdout.write(parsed.flags.has('json') ? `${JSON.stringify(report)}\n` : formatReport(report));
  for (const { name, code, message } of report.failed)
    process.stderr.write(`${code} secret ${shownName(name)}: ${message}\n`);
  if (report.failed.length > 0) process.exitCode = 1;
}

async function rekey(secrets: SecretStore, ring: KeyRing, dryRun: boolean): Promise<Report> {
  const report: Report = { key: ring.first.name, dryRun, rekeyed: [], kept: [], failed: [], unusedKeys: [] };
  for (const entry of await secrets.list()) {
    try {
      const from = await rekeyOne(secrets, entry, ring, dryRun);
      if (from === ring.first.name) report.kept.push(entry.name);
      else if (from !== null) report.rekeyed.push({ name: entry.name, from });
    } catch (cause) {
      if (!(cause instanceof GatewayError) || cause.code.startsWith('SLUICE_CONFIG_STORE_')) throw cause;
      report.failed.push({ name: entry.name, code: cause.code, message: `expected ${cause.message}` });
    }
  }
  if (report.failed.length === 0) report.unusedKeys = unusedKeys(await secrets.list(), ring);
  return report;
}

/** The key that a secret was sealed with until now; null when it was removed meanwhile. */
async function rekeyOne(
  secrets: SecretStore,
  listed: SecretEntry,
  ring: KeyRing,
  dryRun: boolean,
): Promise<string | null> {
  let entry: SecretEntry | null = listed;
  for (let attempt = 0; attempt < MOST_ATTEMPTS && entry !== null; attempt++) {
    const secret = openSecret(entry.name, entry.bytes, ring);
    const { key } = readSealedHeader(entry.name, entry.bytes);
    if (key === ring.first.name || dryRun) return key;
    if (await secrets.replace(entry, sealSecret(secret, ring.first))) return key;
    entry = await secrets.get(listed.name);
  }
  if (entry === null) return null;
  throw new GatewayError('SLUICE_CONFIG_CONFLICT', 'an entry that is not written each time that it was read');
}

/** Keys of the ring that no entry needs; none where an entry does not say what it needs. */
function unusedKeys(entries: readonly SecretEntry[], ring: KeyRing): string[] {
  try {
    const used = new Set(entries.map(({ name, bytes }) => readSealedHeader(name, bytes).key));
    return ring.names.filter((name) => name !== ring.first.name && !used.has(name));
  } catch {
    return [];
  }
}

function formatReport({ key, dryRun, rekeyed, kept, unusedKeys: unused }: Report): string {
  const lines = rekeyed.map(
    ({ name, from }) =>
      `${shownName(name)}: ${dryRun ? 'would be sealed' : 'sealed'} with ${key} in place of ${from}`,
  );
  lines.push(`${rekeyed.length} ${dryRun ? 'to seal' : 'sealed'} anew, ${kept.length} with ${key} before`);
  if (unused.length > 0) lines.push(`nothing is sealed with ${unused.join(', ')} any more`);
  return lines.map((line) => `${line}\n`).join('');
}
