// What was reported last of a channel and the secrets beside it, so that nothing is reported twice.
import { parsePointer } from './channel-store.js';
import type { KeyLayout } from './key-layout.js';
import type { StoredEntry } from './key-value-store.js';

/** Of a channel and of secrets, by key. */
export type Entries = ReadonlyMap<string, StoredEntry>;

interface Report {
  /** Equal for two states that make the same revision with the same secrets. */
  readonly state: string;
  readonly release: string | null;
  readonly pointer: bigint;
  readonly isFailure: boolean;
}

export class ReportedState {
  readonly #pointerKey: string;
  #last: Report | null = null;

  constructor(keys: KeyLayout, channel: string) {
    this.#pointerKey = keys.channel(channel);
  }

  /** Release that the channel pointed to; null when there was none, and before the first report. */
  get release(): string | null {
    return this.#last?.release ?? null;
  }

  /** Revision of the pointer to it; 0 when there was none. */
  get pointer(): bigint {
    return this.#last?.pointer ?? 0n;
  }

  /** It could not be read, or was left again. */
  get isFailure(): boolean {
    return this.#last?.isFailure === true;
  }

  note(entries: Entries, isFailure: boolean): void {
    const entry = entries.get(this.#pointerKey);
    this.#last = {
      state: this.#stateOf(entries),
      release: entry === undefined ? null : releaseIn(entry),
      pointer: this.pointerOf(entries),
      isFailure,
    };
  }

  /** What was good turned out to be none: it is taken again when somebody points to it again. */
  fail(): void {
    if (this.#last !== null) this.#last = { ...this.#last, isFailure: true };
  }

  /** There is nothing new to report. */
  has(entries: Entries): boolean {
    const last = this.#last;
    if (last === null || last.state !== this.#stateOf(entries)) return false;
    // What failed is tried again when somebody points to it again: it may have been mended.
    return !last.isFailure || last.pointer === this.pointerOf(entries);
  }

  /** Revision of the pointer; 0 when there is none. */
  pointerOf(entries: Entries): bigint {
    return entries.get(this.#pointerKey)?.modRevision ?? 0n;
  }

  #stateOf(entries: Entries): string {
    const parts: string[] = [];
    for (const [key, entry] of [...entries].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (key === this.#pointerKey) parts.push(releaseIn(entry));
      else parts.push(`${key} ${entry.value.toString('base64')}`);
    }
    return parts.join('\n');
  }
}

function releaseIn(entry: StoredEntry): string {
  try {
    return parsePointer(entry).release;
  } catch {
    return entry.value.toString('base64');
  }
}
