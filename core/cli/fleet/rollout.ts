// Waits until every gateway of a channel has taken a release, or has refused it.
import { setTimeout as delay } from 'node:timers/promises';
import { parsePointer } from '../../etcd/channel-store.js';
import type { NodeReport } from '../../etcd/node-reporter.js';
import { parseReport } from '../../etcd/node-store.js';
import { StoreFollower, type StoreView } from '../../etcd/store-follower.js';
import type { Arguments } from '../arguments.js';
import { counted } from '../counted.js';
import type { EtcdTarget } from '../etcd-options.js';
import { printableLine } from '../printable.js';
import { UsageError } from '../usage-error.js';
import { type NodeState, stateOfNode } from './node-state.js';

export const WAIT_OPTION_TYPES = { wait: 'boolean', deadline: 'string' } as const;

export const WAIT_HELP = `  --wait                     wait until every gateway of the channel that reaches etcd runs the release; exit 1 when one
                             refuses it, or does not run it by the deadline
  --deadline SECONDS         of --wait (default: 60)
`;

const DEFAULT_SECONDS = '60';

/** Null without `--wait`. @throws UsageError */
export function readDeadline({ texts, flags }: Arguments): number | null {
  const text = texts.get('deadline');
  if (!flags.has('wait')) {
    if (text !== undefined) throw new UsageError('--deadline is for --wait');
    return null;
  }
  const seconds = text ?? DEFAULT_SECONDS;
  if (!/^[1-9]\d{0,5}$/.test(seconds))
    throw new UsageError(`--deadline ${seconds}: expected whole seconds, 1 to 999999`);
  return Number(seconds) * 1000;
}

export interface RolloutNode extends NodeReport {
  readonly state: NodeState;
}

/** How it stood when all had settled, when the channel was flipped again, or at the deadline. */
export interface Rollout {
  /** Release that the channel points to by now; null when it is gone. */
  readonly release: string | null;
  readonly nodes: readonly RolloutNode[];
  /** Every gateway runs the release that was waited for. */
  readonly isDone: boolean;
}

/** @throws GatewayError when the store did not answer all the time */
export async function awaitRollout(
  { connect, keys, channel }: EtcdTarget,
  release: string,
  deadlineMs: number,
): Promise<Rollout> {
  let last: Rollout | null = null;
  let failure: Error = new Error('no answer');
  const settled = new AbortController();
  const pointerKey = keys.channel(channel);
  const look = ({ entries }: StoreView): void => {
    const pointer = entries.get(pointerKey);
    const now = pointer === undefined ? null : parsePointer(pointer).release;
    const nodes = [...entries.values()]
      .filter(({ key }) => key.startsWith(keys.nodes))
      .map((entry) => parseReport(entry, keys))
      .filter((node) => node.channel === channel)
      .map((node) => ({ ...node, state: stateOfNode(node, release) }));
    const isDone = now === release && nodes.every(({ state }) => state === 'current');
    last = { release: now, nodes, isDone };
    if (now !== release || nodes.every(({ state }) => state !== 'lagging')) settled.abort();
  };
  const follower = new StoreFollower({
    connect,
    ranges: [{ key: pointerKey }, { prefix: keys.nodes }],
    listener: {
      view: look,
      lost: (error) => {
        failure = error;
      },
      replaced: () => undefined,
    },
  });
  follower.start();
  await delay(deadlineMs, undefined, { signal: settled.signal }).catch(() => undefined);
  await follower.close();
  if (last === null) throw failure;
  return last;
}

/** One line for each gateway that does not run it, and one in the end. */
export function formatRollout({ release: now, nodes }: Rollout, release: string): string {
  const others = nodes.filter(({ state }) => state !== 'current');
  const lines = others.map(({ node, state, release: runs, lastError }) =>
    state === 'refused'
      ? `${node} refuses it and runs ${runs}: ${lastError ?? 'it does not say why'}`
      : `${node} still runs ${runs ?? 'nothing'}`,
  );
  const running = nodes.length - others.length;
  lines.push(
    now === release
      ? `${running} of ${counted(nodes.length, 'gateway')} ${nodes.length === 1 ? 'runs' : 'run'} ${release}`
      : `somebody flipped the channel to ${now ?? 'nothing'} meanwhile`,
  );
  return lines.map((line) => `${printableLine(line)}\n`).join('');
}
