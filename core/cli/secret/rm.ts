// `sluice secret rm`: removes a secret that no channel needs.
import { parsePlainDocument } from '../../config/yaml/plain-document.js';
import { GatewayError } from '../../errors.js';
import type { ReleaseStore } from '../../etcd/release-store.js';
import type { ChannelUse } from '../../etcd/secret-store.js';
import { findSecretReferences } from '../../secrets/reference.js';
import { readArguments } from '../arguments.js';
import { CONNECTION_HELP } from '../etcd-options.js';
import { readName, SECRET_OPTION_TYPES, type SecretStores, withSecrets } from './secret-target.js';

const HELP = `sluice secret rm NAME --config etcd://HOST:PORT/PREFIX

  Removes a secret, unless the release of a channel mentions it: gateways would refuse that release from then on, and go on
  with what they have. A release that is only rolled back to later is not looked at.

  --force                    remove it all the same
${CONNECTION_HELP}  --json                     print {"name"}
  --verbose                  stack traces in errors
`;

/** Somebody flips all the time. */
const MOST_ATTEMPTS = 8;

export async function secretRemove(args: string[]): Promise<void> {
  const parsed = readArguments(args, { ...SECRET_OPTION_TYPES, force: 'boolean' }, HELP);
  if (parsed === null) return;
  const name = readName(parsed, HELP);
  await withSecrets(parsed, HELP, (stores) => remove(name, stores, parsed.flags.has('force')));
  process.stdout.write(parsed.flags.has('json') ? `${JSON.stringify({ name })}\n` : `${name}: removed\n`);
}

async function remove(name: string, { secrets, releases }: SecretStores, isForced: boolean): Promise<void> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const use = await secrets.use(name);
    if (use.entry === null)
      throw new GatewayError('SLUICE_SECRET_UNRESOLVED', `secret ${name}: found no such entry in the store`);
    if (!isForced) await refuseInUse(name, use.channels, releases);
    if (await secrets.remove(name, use)) return;
  }
  throw new GatewayError(
    'SLUICE_CONFIG_CONFLICT',
    `secret ${name}: found it, or a channel, to be written each time that it was looked at, expected a moment without`,
  );
}

async function refuseInUse(
  name: string,
  channels: readonly ChannelUse[],
  releases: ReleaseStore,
): Promise<void> {
  for (const { name: channel, release } of channels) {
    const found = await useOf(name, release, releases);
    if (found === null) continue;
    throw new GatewayError(
      'SLUICE_SECRET_IN_USE',
      `secret ${name}: ${found} of the channel ${channel}, expected a secret that no channel needs; --force removes it all the same`,
    );
  }
}

/** How a release uses the secret; null when it does not. */
async function useOf(name: string, release: string | null, releases: ReleaseStore): Promise<string | null> {
  if (release === null) return 'found no release that can be read';
  let document: unknown;
  try {
    document = parsePlainDocument(await releases.read(release));
  } catch (cause) {
    if (cause instanceof GatewayError && cause.code !== 'SLUICE_CONFIG_RELEASE') throw cause;
    return `found that it cannot be read whether it stands in the release ${release}`;
  }
  return mentions(document, name) ? `found it in the release ${release}` : null;
}

function mentions(value: unknown, name: string): boolean {
  if (typeof value === 'string') {
    return findSecretReferences(value).some(
      ({ reference }) => reference?.scheme === 'secret' && reference.name === name,
    );
  }
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some((member) => mentions(member, name));
}
