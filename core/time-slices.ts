// Long work of the gateway's thread in short pieces: between two of them events are handled, so requests do not wait for
// it. Floor 0.
import { setTimeout as delay } from 'node:timers/promises';
import { collectYoung } from './garbage.js';

/**
 * Longest piece, in milliseconds, but for one item that takes longer. A request needs half a dozen turns of the event loop,
 * and may wait for a piece in each.
 */
const SLICE_MS = 0.25;
/**
 * After each the thread sleeps for a millisecond. Where it goes on at once, requests of a flip's time wait for a piece at each
 * of their turns, and the kernel takes the processor for several milliseconds of a thread that works all the time; one that
 * sleeps gets it at once when a request comes.
 */
const PAUSE_MS = 1;
/**
 * After so many slices the thread collects what they left behind. Most of what long work makes is here to stay, and V8, which
 * waits until there are several megabytes of it, takes 10 ms to move them. Half as many slices would take a fifth more of the
 * whole, twice as many take no less.
 */
const SLICES_A_COLLECTION = 4;

/** Between two pieces of work of which each takes a slice, and cannot be cut. */
export async function pause(): Promise<void> {
  await delay(PAUSE_MS);
}

/** Works on one item after the other. @throws what `work` throws; the items after that are left */
export async function inSlices<T>(items: Iterable<T>, work: (item: T) => void): Promise<void> {
  const slices = new Slices();
  for (const item of items) {
    work(item);
    if (slices.isOver) await slices.next();
  }
}

/** For work that `inSlices` does not fit: ask between two steps. */
export class Slices {
  #end = performance.now() + SLICE_MS;
  #done = 0;

  get isOver(): boolean {
    return performance.now() >= this.#end;
  }

  /** Lets events be handled. */
  async next(): Promise<void> {
    this.#done += 1;
    if (this.#done % SLICES_A_COLLECTION === 0) collectYoung();
    await pause();
    this.#end = performance.now() + SLICE_MS;
  }
}
