// The way of every command that changes what a channel runs: show, ask, flip, wait.
import type { Channel } from '../../etcd/channel-store.js';
import type { Arguments } from '../arguments.js';
import { ETCD_OPTION_TYPES } from '../etcd-options.js';
import { printableLine } from '../printable.js';
import { KEYS_OPTION_TYPES } from '../secret-keys.js';
import type { Candidate } from './candidate.js';
import { compare, formatComparison } from './comparison.js';
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

function tellWayBack(channel: string, id: string, before: string, { texts }: Arguments): void {
  const config = texts.get('config') ?? 'etcd://HOST:PORT/PREFIX';
  const command = printableLine(`sluice rollback ${before} --config ${config} --channel ${channel}`);
  process.stderr.write(
    `${channel}: still points to ${id}, also for gateways that start; to go back: ${command}\n`,
  );
}

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

  let outcome: Outcome;
  if (comparison.isSame) {
    outcome = 'unchanged';
    say(`${channel.name}: runs release ${id} already, nothing to do\n`);
  } else if (parsed.flags.has('fail-on-widening') && comparison.isWidening) {
    outcome = 'widening';
    process.stderr.write(`${channel.name}: more becomes reachable, and --fail-on-widening takes no more\n`);
  } else if (parsed.flags.has('dry-run')) {
    outcome = 'dry-run';
    say(`${channel.name}: would run release ${id}; nothing was changed\n`);
  } else if (await isConfirmed(`Run release ${id} on channel ${channel.name}?`, parsed)) {
    outcome = 'applied';
    await flip();
    say(`${channel.name}: release ${id}${before === null ? '' : `, before ${before}`}\n`);
  } else {
    outcome = 'declined';
    process.stderr.write(`${channel.name}: nothing was changed\n`);
  }

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
