// Long work of the gateway's thread in short pieces: between two of them events are handled, so requests do not wait for
// it. Floor 0, imports nothing of ours.
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longest piece, in milliseconds, but for one item that takes longer: what a request may wait. */
const SLICE_MS = 1;

/** Works on one item after the other. @throws what `work` throws; the items after that are left */
export async function inSlices<T>(items: Iterable<T>, work: (item: T) => void): Promise<void> {
  let end = performance.now() + SLICE_MS;
  for (const item of items) {
    work(item);
    if (performance.now() < end) continue;
    await nextTurn();
    end = performance.now() + SLICE_MS;
  }
}
