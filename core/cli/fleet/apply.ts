// `sluice apply`: a document of the operator becomes what a channel runs.
import { type Arguments, readArguments } from '../arguments.js';
import { ETCD_HELP, ETCD_OPTION_TYPES } from '../etcd-options.js';
import { KEYS_HELP, KEYS_OPTION_TYPES } from '../secret-keys.js';
import { UsageError } from '../usage-error.js';
import { candidateFromFile } from './candidate.js';
import { requireAnswer } from './confirmation.js';
import { FLEET_HELP, whoRuns, withFleet } from './fleet.js';
import { offer } from './flip.js';
import { readDeadline, WAIT_HELP, WAIT_OPTION_TYPES } from './rollout.js';

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
  config: 'string',
  'dry-run': 'boolean',
  yes: 'boolean',
  message: 'string',
  'fail-on-widening': 'boolean',
  json: 'boolean',
  ...WAIT_OPTION_TYPES,
  ...KEYS_OPTION_TYPES,
  ...ETCD_OPTION_TYPES,
} as const;

export async function apply(args: string[]): Promise<void> {
  const parsed = readArguments(args, OPTION_TYPES, HELP);
  if (parsed === null) return;
  const [file, ...more] = parsed.positionals;
  if (file === undefined || more.length > 0) throw new UsageError(`one FILE is needed\n\n${HELP}`);
  requireAnswer(parsed);
  readDeadline(parsed);
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
