// `sluice diff`: what `sluice apply` would change.
import { onlyPositional, readArguments } from '../arguments.js';
import { ETCD_HELP, ETCD_OPTION_TYPES } from '../etcd-options.js';
import { KEYS_HELP, KEYS_OPTION_TYPES } from '../secret-keys.js';
import { candidateFromFile } from './candidate.js';
import { compare, formatComparison } from './comparison.js';
import { FLEET_HELP, withFleet } from './fleet.js';

const HELP = `sluice diff FILE --config etcd://HOST:PORT/PREFIX

  Validates FILE as \`sluice apply\` does and prints what it would change of what the channel runs: line by line, and by
  what becomes reachable. Exit 0, also when there are changes; 1 when FILE is refused.

${FLEET_HELP}  --fail-on-widening         exit 1 when anything becomes reachable, wider or changed
  --json                     print {"channel", "release", "before", "diff", "changes", "widening"}
  --verbose                  stack traces in errors
${KEYS_HELP}${ETCD_HELP}`;

const OPTION_TYPES = {
  config: 'string',
  'fail-on-widening': 'boolean',
  json: 'boolean',
  ...KEYS_OPTION_TYPES,
  ...ETCD_OPTION_TYPES,
} as const;

export async function diff(args: string[]): Promise<void> {
  const parsed = readArguments(args, OPTION_TYPES, HELP);
  if (parsed === null) return;
  const file = onlyPositional(parsed, 'FILE', HELP);
  await withFleet(parsed, HELP, async (fleet) => {
    const channel = await fleet.channels.read(fleet.target.channel);
    const candidate = await candidateFromFile(file, fleet);
    const comparison = await compare(candidate, channel, fleet);
    if (parsed.flags.has('json')) {
      const { diff: text, changes, isWidening: widening } = comparison;
      const result = {
        channel: channel.name,
        release: candidate.id,
        before: channel.pointer?.release ?? null,
      };
      process.stdout.write(`${JSON.stringify({ ...result, diff: text, changes, widening })}\n`);
    } else {
      process.stdout.write(
        comparison.isSame
          ? `${channel.name}: runs release ${candidate.id} already\n`
          : formatComparison(comparison),
      );
    }
    if (parsed.flags.has('fail-on-widening') && comparison.isWidening) process.exitCode = 1;
  });
}
