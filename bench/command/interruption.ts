// Ends a run that somebody interrupts: what it started goes with it, whatever a suite does about it.
import { setTimeout as delay } from 'node:timers/promises';
import { descendants, signalDescendants } from '../harness/descendants.js';

/** What a suite is thrown when it says how far it is. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** npm passes a signal on that the terminal has sent to all of them already. */
const ECHO_MS = 1000;
/** Processes are asked to end, again and again since a suite may start others, and after this they are made to. */
const PATIENCE_MS = 5000;
const SWEEP_MS = 200;

/**
 * Listens for signals. The first one asks, and what `wait` waits for gets some seconds to clean up after itself; another
 * one ends the process at once.
 */
export class Interruption {
  readonly #listener = (): void => this.#ask();
  readonly #asked: Promise<void>;
  #resolve = (): void => {};
  #askedAtMs: number | null = null;

  constructor() {
    this.#asked = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    for (const signal of SIGNALS) process.on(signal, this.#listener);
  }

  get isAsked(): boolean {
    return this.#askedAtMs !== null;
  }

  /** @throws InterruptedError once somebody asked */
  check(): void {
    if (this.isAsked) throw new InterruptedError('interrupted');
  }

  /**
   * What comes of `work`. Once somebody asks, its processes are ended, and work that does not end then either is left alone.
   * @throws InterruptedError when that is why there is no result
   */
  async wait<T>(work: Promise<T>): Promise<T> {
    const settled = work.then(
      () => {},
      () => {},
    );
    await Promise.race([settled, this.#asked]);
    if (this.isAsked) {
      await sweepUntil(settled);
      this.check();
    }
    return work;
  }

  /** Signals mean what they meant before. */
  dispose(): void {
    for (const signal of SIGNALS) process.off(signal, this.#listener);
  }

  #ask(): void {
    const now = performance.now();
    if (this.#askedAtMs === null) {
      this.#askedAtMs = now;
      this.#resolve();
    } else if (now - this.#askedAtMs > ECHO_MS) {
      signalDescendants('SIGKILL');
      process.exit(INTERRUPTED_CODE);
    }
  }
}

/** What shells say of a process that SIGINT ended. */
export const INTERRUPTED_CODE = 130;

/** Ends all processes below this one, as those of a suite that failed. */
export async function endDescendants(): Promise<void> {
  await sweepUntil(Promise.resolve());
}

/** Sends signals until the work has settled and no process is left, or patience is at its end. */
async function sweepUntil(settled: Promise<void>): Promise<void> {
  let isSettled = false;
  void settled.then(() => {
    isSettled = true;
  });
  await null;
  const startMs = performance.now();
  for (;;) {
    const elapsedMs = performance.now() - startMs;
    const isOver = elapsedMs > PATIENCE_MS;
    const isAlone = descendants().length === 0;
    if (isAlone && (isSettled || isOver)) return;
    // What even this does not end hangs in the kernel.
    if (elapsedMs > 2 * PATIENCE_MS) return;
    signalDescendants(isOver ? 'SIGKILL' : 'SIGTERM');
    await Promise.race([delay(SWEEP_MS), isSettled ? delay(SWEEP_MS) : settled]);
  }
}
