// The collector of the calling thread, for when to wait until V8 runs it costs more than to run it. Floor 0, imports
// nothing of ours.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (options?: { readonly type: 'minor' | 'major' }) => void;

let exposed: Collect | undefined;

/** Collects all garbage. */
export function collectAll(): void {
  collector()();
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
