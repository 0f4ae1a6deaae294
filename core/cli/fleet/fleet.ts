// A connection to a fleet, for the time of one command.
import { hostname, userInfo } from 'node:os';
import { ChannelStore } from '../../etcd/channel-store.js';
import { type KeyValueStore, withStore } from '../../etcd/key-value-store.js';
import { NodeStore } from '../../etcd/node-store.js';
import { ReleasePruner } from '../../etcd/release-pruner.js';
import { ReleaseStore } from '../../etcd/release-store.js';
import type { EtcdSourceOptions } from '../../etcd-source.js';
import type { Arguments } from '../arguments.js';
import { type EtcdTarget, readFleetTarget } from '../etcd-options.js';
import { fleetSecrets } from '../open-source.js';

export interface Fleet {
  readonly target: EtcdTarget;
  readonly store: KeyValueStore;
  readonly releases: ReleaseStore;
  readonly channels: ChannelStore;
  readonly nodes: NodeStore;
  readonly pruner: ReleasePruner;
  /** As a gateway finds them. */
  readonly findSecrets: EtcdSourceOptions['findSecrets'];
}

/** What stands before the options of every command of a fleet. */
export const FLEET_HELP =
  '  --config etcd://HOST:PORT[,HOST:PORT]/PREFIX\n                             the fleet\n';

/**
 * Connects and runs `work`.
 * @throws UsageError when no fleet is named
 */
export async function withFleet(
  parsed: Arguments,
  help: string,
  work: (fleet: Fleet) => Promise<void>,
): Promise<void> {
  const target = readFleetTarget(parsed, help);
  const { connect, keys } = target;
  await withStore(connect, (store) =>
    work({
      target,
      store,
      releases: new ReleaseStore(store, keys),
      channels: new ChannelStore(store, keys),
      nodes: new NodeStore(store, keys),
      pruner: new ReleasePruner(store, keys),
      findSecrets: fleetSecrets(parsed),
    }),
  );
}

/** Who runs this command, for those who read of it later. */
export function whoRuns(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    // The user of a container may have no name.
    return `${process.getuid?.() ?? 'somebody'}@${hostname()}`;
  }
}
