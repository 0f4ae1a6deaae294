// The collector of V8: when it runs by itself, and to run it where to wait costs more. Floor 0, imports nothing of ours.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options: { readonly type: 'minor' }) => void;

let exposed: Collect | undefined;

/**
 * Has V8 collect the old garbage of a thread when its heap is four times what was in use the last time: the most that it takes
 * by itself, where it is told that collecting slows a thread down. What it takes for a small heap, one and a half times and
 * less, fills up with each revision. And has it mark on one thread beside, in place of four, which leave requests no processor
 * where there are two. For a process that does nothing but serve; it holds for all threads.
 */
export function collectSeldom(): void {
  setFlagsFromString('--heap-growing-percent=300');
  setFlagsFromString('--concurrent-marking-max-worker-num=1');
}

/**
 * Collects what was made since the last time and is no longer used. It takes as long as it takes to copy what is still used:
 * of much that is here to stay, little by little is better than all at once.
 */
export function collectYoung(): void {
  collector()({ type: 'minor' });
}

function collector(): Collect {
  if (exposed === undefined) {
    // A context that is made after this flag has `gc`.
    setFlagsFromString('--expose-gc');
    // There are as many threads with work of their own as processors: helpers would take turns with them, and be waited for.
    setFlagsFromString('--no-parallel-scavenge');
    exposed = runInNewContext('gc') as Collect;
  }
  return exposed;
}
