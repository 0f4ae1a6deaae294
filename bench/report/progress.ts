// A bar that says how far the bench is: one line that is written over on a terminal, a line for each step elsewhere.

const WIDTH = 24;

export interface Output {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export class ProgressBar {
  readonly #output: Output;

  constructor(output: Output) {
    this.#output = output;
  }

  /** `done` of `total` steps are behind us, `step` is under way. */
  show(suite: string, done: number, total: number, step: string): void {
    const share = total === 0 ? 0 : Math.min(1, done / total);
    const filled = Math.round(share * WIDTH);
    const bar = `[${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}]`;
    const line = `${suite} ${bar} ${done}/${total} ${step}`;
    if (this.#output.isTTY !== true) this.#output.write(`${line}\n`);
    else this.#output.write(`\r\x1b[2K${line.slice(0, (this.#output.columns ?? 80) - 1)}`);
  }

  /** Takes the bar away, so that text can follow. */
  clear(): void {
    if (this.#output.isTTY === true) this.#output.write('\r\x1b[2K');
  }
}
