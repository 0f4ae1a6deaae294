// `sluice prune`: what nothing needs goes.
import type { Pruning } from '../../etcd/release-pruner.js';
import { readArguments, refusePositionals } from '../arguments.js';
import { counted } from '../counted.js';
import { CONNECTION_HELP, CONNECTION_OPTION_TYPES } from '../etcd-options.js';
import { UsageError } from '../usage-error.js';
import { FLEET_HELP, withFleet } from './fleet.js';

const HELP = `sluice prune --config etcd://HOST:PORT/PREFIX

  Removes the releases that no channel points to or would go back to next, no gateway runs, and that are not among the
  newest; the modules that no release names any more; and what an interrupted \`sluice apply\` left behind. Safe at any time:
  a channel that is flipped to a release meanwhile keeps it, or the flip fails.

${FLEET_HELP}  --keep N                   newest releases that stay in any case (default: 10)
  --dry-run                  show what would be removed, and remove nothing
  --json                     print {"releases", "modules", "chunks"}
  --verbose                  stack traces in errors
${CONNECTION_HELP}`;

const OPTION_TYPES = {
  config: 'string',
  keep: 'string',
  'dry-run': 'boolean',
  json: 'boolean',
  ...CONNECTION_OPTION_TYPES,
} as const;

const DEFAULT_KEEP = '10';

export async function prune(args: string[]): Promise<void> {
  const parsed = readArguments(args, OPTION_TYPES, HELP);
  if (parsed === null) return;
  refusePositionals(parsed, HELP);
  const keep = parsed.texts.get('keep') ?? DEFAULT_KEEP;
  if (!/^\d{1,6}$/.test(keep)) throw new UsageError(`--keep ${keep}: expected a whole number, 0 to 999999`);
  await withFleet(parsed, HELP, async ({ pruner }) => {
    const isDry = parsed.flags.has('dry-run');
    const pruning = isDry ? await pruner.preview(Number(keep)) : await pruner.prune(Number(keep));
    process.stdout.write(
      parsed.flags.has('json') ? `${JSON.stringify(pruning)}\n` : formatPruning(pruning, isDry),
    );
  });
}

function formatPruning({ releases, modules, chunks }: Pruning, isDry: boolean): string {
  const lines = [
    ...releases.map((id) => `release ${id}`),
    ...modules.map((digest) => `module sha256:${digest}`),
    ...chunks.map((prefix) => `chunks ${prefix}`),
  ];
  const sum = [counted(releases.length, 'release'), counted(modules.length, 'module')].join(', ');
  const strays = chunks.length === 0 ? '' : `, ${counted(chunks.length, 'unfinished writing')}`;
  return `${lines.map((line) => `${line}\n`).join('')}${sum}${strays} ${isDry ? 'would be removed' : 'removed'}\n`;
}
