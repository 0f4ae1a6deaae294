// The compiler of V8 that makes fast code of what runs often, for when that is not worth it. Floor 0, imports nothing of
// ours.
import { setFlagsFromString } from 'node:v8';

/** The longest function that V8 optimises unless told otherwise, in bytes of bytecode. */
const LONGEST_BYTES = 60 * 1024;

let resting = 0;

/**
 * Has V8 optimise nothing, on no thread, as long as `work` takes; what is optimised stays so. For work of a thread that is gone
 * soon: all it runs is new to it, V8 would optimise most of that on threads of its own, and these go before requests
 * whatever the priority of who made them work.
 */
export async function withoutOptimiser<Result>(work: () => Promise<Result>): Promise<Result> {
  resting += 1;
  if (resting === 1) letOptimise(0);
  try {
    return await work();
  } finally {
    resting -= 1;
    if (resting === 0) letOptimise(LONGEST_BYTES);
  }
}

function letOptimise(longestBytes: number): void {
  // V8 looks at it each time that a function has run for a while.
  setFlagsFromString(`--max-optimized-bytecode-size=${longestBytes}`);
}
