// `sluice rollback`: what a channel ran before becomes what it runs.
import { GatewayError } from '../../errors.js';
import type { Channel } from '../../etcd/channel-store.js';
import { optionalPositional, readArguments } from '../arguments.js';
import { ETCD_HELP } from '../etcd-options.js';
import { KEYS_HELP } from '../secret-keys.js';
import { UsageError } from '../usage-error.js';
import { candidateFromRelease } from './candidate.js';
import { FLEET_HELP, whoRuns, withFleet } from './fleet.js';
import { checkOffer, OFFER_OPTION_TYPES, offer } from './offer.js';
import { WAIT_HELP } from './rollout.js';

const HELP = `sluice rollback [ID] --config etcd://HOST:PORT/PREFIX

  Points the channel to the release before the one that it points to, or to release ID; each rollback goes one release
  further back. Validates the release with the secrets of now, prints what changes, and asks. A gateway keeps the release
  that it runs when it cannot run the other.

${FLEET_HELP}  --dry-run                  show what would change, and change nothing
  --yes                      ask nothing; needed where there is no terminal
${WAIT_HELP}  --json                     print {"channel", "release", "before", "outcome", "diff", "changes", "widening", "nodes"};
                             outcome is applied, unchanged or dry-run
  --verbose                  stack traces in errors
${KEYS_HELP}${ETCD_HELP}`;

const ID = /^[0-9a-f]{12}$/;

export async function rollback(args: string[]): Promise<void> {
  const parsed = readArguments(args, OFFER_OPTION_TYPES, HELP);
  if (parsed === null) return;
  const id = optionalPositional(parsed, 'ID', HELP);
  if (id !== undefined && !ID.test(id))
    throw new UsageError(`${id}: expected the 12 hex digits of a release, as \`sluice releases\` lists them`);
  checkOffer(parsed);
  await withFleet(parsed, HELP, async (fleet) => {
    const { channels, target } = fleet;
    const channel = await channels.read(target.channel);
    const candidate = await candidateFromRelease(id ?? releaseBefore(channel), fleet);
    await offer(fleet, channel, candidate, parsed, async () => {
      await channels.rollBack(channel, candidate.id, whoRuns());
    });
  });
}

function releaseBefore({ name, pointer }: Channel): string {
  const [previous] = pointer?.earlier ?? [];
  if (previous !== undefined) return previous;
  const found = pointer === null ? 'no such channel' : `release ${pointer.release} and none before it`;
  throw new GatewayError(
    'SLUICE_CONFIG_RELEASE',
    `channel ${name}: found ${found}, expected an earlier release, or its ID; \`sluice releases\` lists them`,
  );
}
