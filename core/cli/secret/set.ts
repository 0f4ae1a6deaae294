// `sluice secret set`: a value in, a sealed entry in etcd.
import { sealSecret } from '../../secrets/sealed-secret.js';
import { readArguments } from '../arguments.js';
import { CONNECTION_HELP } from '../etcd-options.js';
import { KEYS_HELP, requiredKeys } from '../secret-keys.js';
import { readValue } from './read-value.js';
import { readName, SEALING_OPTION_TYPES, withSecrets } from './secret-target.js';

const HELP = `sluice secret set NAME --config etcd://HOST:PORT/PREFIX --keys FILE

  Seals a value with the first key and writes it; gateways that run a release which mentions it have it at once. The value
  comes from standard input, or is typed and not shown. UTF-8, 64 KiB at most; one line break at its end is not a part
  of it. A value that has fields (secret://NAME#FIELD) is a JSON object.

  --from-file FILE           the value is in a file
${KEYS_HELP}${CONNECTION_HELP}  --json                     print {"name", "key", "changedAt", "isNew"}
  --verbose                  stack traces in errors
`;

export async function secretSet(args: string[]): Promise<void> {
  const parsed = readArguments(args, { ...SEALING_OPTION_TYPES, 'from-file': 'string' }, HELP);
  if (parsed === null) return;
  const name = readName(parsed, HELP);
  const key = requiredKeys(parsed).first;
  await withSecrets(parsed, HELP, async ({ secrets }) => {
    const value = await readValue(parsed.texts.get('from-file') ?? null, `value of ${name} (not shown): `);
    const changedAtMs = Date.now();
    const isNew = await secrets.put(name, sealSecret({ name, value, changedAtMs }, key));
    const changedAt = new Date(changedAtMs).toISOString();
    process.stdout.write(
      parsed.flags.has('json')
        ? `${JSON.stringify({ name, key: key.name, changedAt, isNew })}\n`
        : `${name}: ${isNew ? 'new' : 'replaced'}, sealed with ${key.name}\n`,
    );
  });
}
