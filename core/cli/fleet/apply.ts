// `sluice apply`: a document of the operator becomes what a channel runs.
import { type Arguments, onlyPositional, readArguments } from '../arguments.js';
import { ETCD_HELP } from '../etcd-options.js';
import { KEYS_HELP } from '../secret-keys.js';
import { candidateFromFile } from './candidate.js';
import { FLEET_HELP, whoRuns, withFleet } from './fleet.js';
import { checkOffer, OFFER_OPTION_TYPES, offer } from './offer.js';
import { WAIT_HELP } from './rollout.js';

const HELP = `sluice apply FILE --config etcd://HOST:PORT/PREFIX

  Validates FILE as a gateway of the fleet would, with its modules and the secrets of the fleet; prints what it changes of
  what the channel runs, line by line and by what becomes reachable; asks; publishes it as a release, with its modules; and
  points the channel to it in one step, which fails when somebody else flipped the channel meanwhile. Module files are named
  by their digest in the release. A document that the channel runs already changes nothing.

${FLEET_HELP}  --dry-run                  show what would change, and change nothing
  --yes                      ask nothing; needed where there is no terminal
  --message TEXT             shown by \`sluice releases\`
  --fail-on-widening         exit 1, and change nothing, when anything becomes reachable, wider or changed
${WAIT_HELP}  --json                     print {"channel", "release", "before", "outcome", "diff", "changes", "widening", "nodes"};
                             outcome is applied, unchanged, dry-run or widening
  --verbose                  stack traces in errors
${KEYS_HELP}${ETCD_HELP}`;

const OPTION_TYPES = {
  ...OFFER_OPTION_TYPES,
  message: 'string',
  'fail-on-widening': 'boolean',
} as const;

export async function apply(args: string[]): Promise<void> {
  const parsed = readArguments(args, OPTION_TYPES, HELP);
  if (parsed === null) return;
  const file = onlyPositional(parsed, 'FILE', HELP);
  checkOffer(parsed);
  await applyFile(file, parsed);
}

async function applyFile(file: string, parsed: Arguments): Promise<void> {
  await withFleet(parsed, HELP, async (fleet) => {
    const { releases, channels, target } = fleet;
    const channel = await channels.read(target.channel);
    const candidate = await candidateFromFile(file, fleet);
    await offer(fleet, channel, candidate, parsed, async () => {
      const by = whoRuns();
      const message = parsed.texts.get('message') ?? '';
      await releases.publish({ ...candidate, createdBy: by, message });
      await channels.flip(channel, candidate.id, by);
    });
  });
}
