// A build as a start makes it, thrown away: what it refuses, a gateway would refuse.
import type { ConfigRevision } from '../config/source.js';
import { Dispatcher } from '../dispatch/dispatcher.js';
import { SnapshotBuilder } from '../snapshot-builder.js';

/** Loads every filter into a worker and runs its configure. @throws ConfigErrors */
export async function buildOnce(revision: ConfigRevision): Promise<void> {
  const dispatcher = new Dispatcher({ ...revision.config.workers, count: 1, spare: 0 });
  try {
    await dispatcher.start();
    const snapshot = await new SnapshotBuilder(dispatcher).build(revision);
    snapshot.retire();
  } finally {
    await dispatcher.close();
  }
}
