// The way of every command that changes what a channel runs: show, ask, flip, wait.
import type { Channel } from '../../etcd/channel-store.js';
import type { Arguments } from '../arguments.js';
import { ETCD_OPTION_TYPES } from '../etcd-options.js';
import { printableLine } from '../printable.js';
import { KEYS_OPTION_TYPES } from '../secret-keys.js';
import type { Candidate } from './candidate.js';
import { type Comparison, compare, formatComparison } from './comparison.js';
import { isConfirmed, requireAnswer } from './confirmation.js';
import type { Fleet } from './fleet.js';
import { awaitRollout, formatRollout, type Rollout, readDeadline, WAIT_OPTION_TYPES } from './rollout.js';

/** For `readArguments`. */
export const OFFER_OPTION_TYPES = {
  config: 'string',
  'dry-run': 'boolean',
  yes: 'boolean',
  json: 'boolean',
  ...WAIT_OPTION_TYPES,
  ...KEYS_OPTION_TYPES,
  ...ETCD_OPTION_TYPES,
} as const;

/** What became of it; `unchanged`: the channel runs it already. */
type Outcome = 'applied' | 'unchanged' | 'dry-run' | 'widening' | 'declined';

/** What would stop `offer` half-way, looked at before anything is done. @throws UsageError */
export function checkOffer(parsed: Arguments): void {
  requireAnswer(parsed);
  readDeadline(parsed);
}

/**
 * Prints what the candidate changes, and flips the channel, as it was read, to it when the arguments and the operator
 * say so. Sets the exit code when it does not.
 * @param flip publishes what has to be, and flips
 */
export async function offer(
  fleet: Fleet,
  channel: Channel,
  candidate: Candidate,
  parsed: Arguments,
  flip: () => Promise<void>,
): Promise<void> {
  const json = parsed.flags.has('json');
  const say = (text: string): void => void (json || process.stdout.write(text));
  const comparison = await compare(candidate, channel, fleet);
  const { id } = candidate;
  const before = channel.pointer?.release ?? null;
  if (!comparison.isSame) say(formatComparison(comparison));
  const outcome = await decide(channel.name, id, comparison, parsed);
  if (outcome === 'applied') await flip();
  tellOutcome(outcome, channel, id, say);

  const isThere = outcome === 'applied' || outcome === 'unchanged';
  const deadlineMs = readDeadline(parsed);
  let rollout: Rollout | null = null;
  if (isThere && deadlineMs !== null) {
    rollout = await awaitRollout(fleet.target, id, deadlineMs);
    say(formatRollout(rollout, id));
    // A rollback that is refused is no better undone: what was left was left for a reason.
    const isRefused = rollout.release === id && rollout.nodes.some(({ state }) => state === 'refused');
    if (isRefused && before !== null && before !== id) tellWayBack(channel.name, id, before, parsed);
  }
  if (json) {
    const { diff, changes, isWidening: widening } = comparison;
    const result = { channel: channel.name, release: id, before, outcome, diff, changes, widening };
    process.stdout.write(`${JSON.stringify({ ...result, nodes: rollout?.nodes ?? null })}\n`);
  }
  const isRefused = outcome === 'widening' || outcome === 'declined';
  if (isRefused || rollout?.isDone === false) process.exitCode = 1;
}

async function decide(
  channel: string,
  id: string,
  { isSame, isWidening }: Comparison,
  parsed: Arguments,
): Promise<Outcome> {
  if (isSame) return 'unchanged';
  if (parsed.flags.has('fail-on-widening') && isWidening) return 'widening';
  if (parsed.flags.has('dry-run')) return 'dry-run';
  return (await isConfirmed(`Run release ${id} on channel ${channel}?`, parsed)) ? 'applied' : 'declined';
}

/** What did not come about is said on standard error, whatever the form of the rest. */
function tellOutcome(
  outcome: Outcome,
  { name, pointer }: Channel,
  id: string,
  say: (text: string) => void,
): void {
  if (outcome === 'unchanged') say(`${name}: runs release ${id} already, nothing to do\n`);
  if (outcome === 'dry-run') say(`${name}: would run release ${id}; nothing was changed\n`);
  if (outcome === 'applied')
    say(`${name}: release ${id}${pointer === null ? '' : `, before ${pointer.release}`}\n`);
  if (outcome === 'widening')
    process.stderr.write(`${name}: more becomes reachable, and --fail-on-widening takes no more\n`);
  if (outcome === 'declined') process.stderr.write(`${name}: nothing was changed\n`);
}

function tellWayBack(channel: string, id: string, before: string, { texts }: Arguments): void {
  const config = texts.get('config') ?? 'etcd://HOST:PORT/PREFIX';
  const command = printableLine(`sluice rollback ${before} --config ${config} --channel ${channel}`);
  process.stderr.write(
    `${channel}: still points to ${id}, also for gateways that start; to go back: ${command}\n`,
  );
}
