// A bar that says how far the bench is: one line that is written over on a terminal, and elsewhere a line where the
// bar has grown.

const WIDTH = 24;

export interface Output {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export class ProgressBar {
  readonly #output: Output;
  #shown = '';

  constructor(output: Output) {
    this.#output = output;
  }

  /** `done` of `total` steps are behind us, `step` is under way. */
  show(suite: string, done: number, total: number, step: string): void {
    const share = total === 0 ? 0 : Math.min(1, done / total);
    const filled = Math.round(share * WIDTH);
    const bar = `[${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}]`;
    const line = `${suite} ${bar} ${done}/${total} ${step}`;
    if (this.#output.isTTY !== true) {
      if (this.#shown !== suite + bar) this.#output.write(`${line}\n`);
      this.#shown = suite + bar;
    } else this.#output.write(`\r\x1b[2K${line.slice(0, (this.#output.columns ?? 80) - 1)}`);
  }

  /** Takes the bar away, so that text can follow. */
  clear(): void {
    if (this.#output.isTTY === true) this.#output.write('\r\x1b[2K');
  }
}
