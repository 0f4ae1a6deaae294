// A child process whose output a test reads: start, wait for a text, stop, and how it ended.
import { type ChildProcess, spawn } from 'node:child_process';

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class OutputProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Set<() => void>();
  readonly ended: Promise<ProcessEnd>;
  #stdout = '';
  #stderr = '';

  /** Starts `command` without a shell. Its standard input is empty. */
  constructor(command: string, args: readonly string[], cwd: string) {
    this.#child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      for (const look of this.#waiting) look();
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
      for (const look of this.#waiting) look();
    });
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code, signal) => {
        resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
  }

  /** Resolves when `text` stands in the standard output; throws with everything it said when it ends first. */
  printed(text: string): Promise<void> {
    return this.#said(text, () => this.#stdout.includes(text));
  }

  /** Resolves with the match when the standard error fits `pattern`; throws like `printed`. */
  async complained(pattern: RegExp): Promise<RegExpExecArray> {
    await this.#said(String(pattern), () => pattern.test(this.#stderr));
    return pattern.exec(this.#stderr)!;
  }

  /** Resolves when `is` holds, looked at each time it prints something; throws like `printed`. */
  printedUntil(is: () => boolean): Promise<void> {
    return this.#said(String(is), is);
  }

  async #said(what: string, is: () => boolean): Promise<void> {
    let look = (): void => {};
    const seen = new Promise<void>((resolve) => {
      look = () => {
        if (is()) resolve();
      };
      this.#waiting.add(look);
      look();
    });
    const end = await Promise.race([seen, this.ended]);
    this.#waiting.delete(look);
    if (end === undefined || is()) return;
    throw new Error(
      `ended with ${end.code ?? end.signal} before it printed ${what}:\n${end.stdout}${end.stderr}`,
    );
  }

  /** Sends the signal and waits for the end. */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<ProcessEnd> {
    this.#child.kill(signal);
    return this.ended;
  }
}
