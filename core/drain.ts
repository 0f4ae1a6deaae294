// How listeners are left: no new connection, then time for what runs and for what is about to be sent.
import { performance } from 'node:perf_hooks';
import { setTimeout as delay, setImmediate as immediate } from 'node:timers/promises';

/** What is left, and how long that may take. */
export interface DrainOptions {
  /** Accepts no new connection from then on. */
  readonly begin: () => void;
  /** Exchanges that run now. */
  readonly running: () => number;
  /** So long it waits for them, in milliseconds. */
  readonly drainMs: number;
  /** So long, and `drainMs` at most, it waits in any case, for connections to be told that they are to close. 0: not at all. */
  readonly lingerMs: number;
}

const LOOK_MS = 10;
const QUIET_TURN_MS = 0.1;
const MOST_TURNS = 200;

/** Resolves when no exchange runs any more, or the time is over. */
export async function drain({ begin, running, drainMs, lingerMs }: DrainOptions): Promise<void> {
  if (lingerMs > 0) await betweenAccepts();
  begin();
  const begunAt = performance.now();
  const isWithin = (ms: number): boolean => performance.now() < begunAt + Math.min(ms, drainMs);
  while (isWithin(lingerMs) || (running() > 0 && isWithin(drainMs))) await delay(LOOK_MS);
}

/**
 * Waits for a moment at which hardly a connection can wait to be accepted, which the kernel would reset: right after
 * a turn of the event loop that took no time.
 */
async function betweenAccepts(): Promise<void> {
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    const begunAt = performance.now();
    await immediate();
    if (performance.now() - begunAt < QUIET_TURN_MS) return;
  }
}
