// Stands before the way to the log and takes out what must not be written. Without an order it hands on what it gets.
import type { LineWriter } from './log-destination.js';

/** Takes a text out of lines of JSON. */
export interface LineGuard {
  /**
   * Returns the same string when there is nothing to take out.
   * @param found told of each thing that is taken out, by what it may be called
   */
  redactText(text: string, found: (name: string) => void): string;
}

const LEFT_OUT = '{"level":"warn","msg":"a line of the log was left out, as it had a secret in it"}';

export class RedactingWriter implements LineWriter {
  readonly #destination: LineWriter;
  readonly #found: (name: string) => void;
  /** Null takes out nothing. */
  guard: LineGuard | null = null;

  /** @param found told of what was taken out of lines that were written */
  constructor(destination: LineWriter, found: (name: string) => void) {
    this.#destination = destination;
    this.#found = found;
  }

  write(lines: string): void {
    this.#destination.write(this.guard === null ? lines : this.#redact(lines, this.guard));
  }

  #redact(lines: string, guard: LineGuard): string {
    // As a rule there is nothing, and one look at all of them is the end of it.
    if (guard.redactText(lines, () => {}) === lines) return lines;
    return lines.replaceAll(/[^\n]+/g, (line) => {
      const kept = guard.redactText(line, this.#found);
      return kept === line || isJson(kept) ? kept : LEFT_OUT;
    });
  }
}

/** What was taken out may have begun with half of an escape. */
function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
