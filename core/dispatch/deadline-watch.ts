// Looks at the progress cells and ends workers whose filter runs longer than it may, or that do not start.
// It needs no clock of the worker: a cell that shows the same odd count at two looks shows the same call.
import type { Channel } from './channel.js';
import type { FilterLoads } from './filter-loads.js';

/** How often the cells are looked at: deadlines are kept to within one look. */
const LOOK_EVERY_MS = 5;

interface Watched {
  sequence: number;
  /** `performance.now()` when this sequence was first seen. */
  sinceMs: number;
  /** Sequence of the call for which this worker was ended. */
  overdue: number | null;
}

export class DeadlineWatch {
  readonly #loads: FilterLoads;
  readonly #startMs: number;
  readonly #watched = new Map<Channel, Watched>();
  #timer: NodeJS.Timeout | undefined;

  constructor(loads: FilterLoads, startMs: number) {
    this.#loads = loads;
    this.#startMs = startMs;
  }

  watch(channel: Channel): void {
    this.#watched.set(channel, { sequence: -1, sinceMs: performance.now(), overdue: null });
    this.wake();
  }

  /**
   * Stops watching. Answers the sequence of the call for which this watch ended the worker, null when it did
   * not. The worker may have gone on to another call before it ended: that one is not to blame.
   */
  forget(channel: Channel): number | null {
    const overdue = this.#watched.get(channel)?.overdue ?? null;
    this.#watched.delete(channel);
    return overdue;
  }

  /** There is work again. */
  wake(): void {
    this.#timer ??= setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  close(): void {
    this.#rest();
    this.#watched.clear();
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    const now = performance.now();
    let busy = false;
    for (const [channel, watched] of this.#watched) {
      // A worker announces results by the batch: what was done before a filter that takes its time has not to wait.
      channel.drain();
      const { sequence, ticket, filterId } = channel.progress;
      if (sequence !== watched.sequence) {
        watched.sequence = sequence;
        watched.sinceMs = now;
      }
      busy ||= !channel.isReady || channel.load > 0 || channel.loads > 0;
      if (watched.overdue !== null) continue;
      const calling = (sequence & 1) === 1;
      const limitMs = this.#limitMs(channel, calling, ticket, filterId);
      if (now - watched.sinceMs <= limitMs) continue;
      watched.overdue = sequence;
      channel.terminate();
    }
    // Not as soon as the last job is done: under load that is after every batch, and a timer costs more than a look.
    if (!busy) this.#rest();
  }

  /** How long the worker may stay as it is. */
  #limitMs(channel: Channel, calling: boolean, ticket: number, filterId: number): number {
    if (!channel.isReady) return this.#startMs;
    if (!calling) return Number.POSITIVE_INFINITY;
    if (ticket === 0) return this.#startMs;
    return this.#loads.find(filterId)?.deadlineMs ?? this.#startMs;
  }
}
