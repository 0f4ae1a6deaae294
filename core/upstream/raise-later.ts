// An exception of one among many that are called in a row: the others are called all the same.

/** Has it thrown where nobody catches it but whoever has the process. */
export function raiseLater(bug: unknown): void {
  queueMicrotask(() => {
    throw bug;
  });
}
