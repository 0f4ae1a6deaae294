// A command that was called wrongly.

/** Ends the process with exit code 2; `message` is printed as it is. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
