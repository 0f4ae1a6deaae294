// Runs code and lets something else happen before a chosen one of its atomic steps: what another thread may do there, or
// the end of the thread.
import { mock } from 'node:test';

class ThreadEnded extends Error {}

/** Ends the code that `interrupted` runs, as if its thread had been terminated. */
export function endThread(): never {
  throw new ThreadEnded();
}

/**
 * Runs `code` and calls `interruption` before its atomic step number `step`, counted from 0.
 * @returns what `code` returned, undefined when it was ended; and whether it had so many steps
 */
export function interrupted<T>(
  code: () => T,
  step: number,
  interruption: () => void,
): { result: T | undefined; wasReached: boolean } {
  let steps = 0;
  const { load, compareExchange } = Atomics;
  const count = (): void => {
    steps += 1;
    if (steps === step + 1) interruption();
  };
  // Whatever runs inside of the interruption takes steps as well; they come after the one that was chosen.
  const mocks = [
    mock.method(Atomics, 'load', (array: Int32Array, index: number) => {
      count();
      return load(array, index);
    }),
    mock.method(Atomics, 'compareExchange', (array: Int32Array, index: number, old: number, next: number) => {
      count();
      return compareExchange(array, index, old, next);
    }),
  ];
  try {
    return { result: code(), wasReached: steps > step };
  } catch (cause) {
    if (cause instanceof ThreadEnded) return { result: undefined, wasReached: true };
    throw cause;
  } finally {
    for (const { mock: replaced } of mocks) replaced.restore();
  }
}
