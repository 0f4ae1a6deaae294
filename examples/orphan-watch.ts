// What ends with whoever started it: npm may be killed, and tells nobody then.

const LOOK_MS = 500;

/** Calls `end` once the parent of this process is gone. */
export function whenOrphaned(end: () => void): void {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    end();
  }, LOOK_MS);
  watch.unref();
}
