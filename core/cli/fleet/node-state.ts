// Whether a gateway runs what its channel points to.
import type { Channel } from '../../etcd/channel-store.js';
import type { NodeReport } from '../../etcd/node-reporter.js';

/**
 * `current`: it runs the release of its channel. `lagging`: another one, and has not said why. `refused`: it cannot run
 * what the store holds, and says why in its last error; it goes on with the release that it names.
 */
export type NodeState = 'current' | 'lagging' | 'refused';

/** @param release that the channel of the node points to; null when there is no such channel */
export function stateOfNode(
  { release: runs, refused, lastError }: NodeReport,
  release: string | null,
): NodeState {
  // Where there is no channel any more, both are null.
  if (lastError !== null && refused === release) return 'refused';
  return runs !== null && runs === release ? 'current' : 'lagging';
}

/** The release of each channel by name. */
export function releasesOf(channels: readonly Channel[]): Map<string, string> {
  return new Map(
    channels.flatMap(({ name, pointer }) => (pointer === null ? [] : [[name, pointer.release] as const])),
  );
}
