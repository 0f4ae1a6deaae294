// The one place that says which snapshot is current. Readers take it and hold it; a swap is one assignment.
import assert from 'node:assert/strict';
import type { Snapshot } from './snapshot.js';

/** Empty until the first `swap`; to ask it for a snapshot before that is a bug. */
export class SnapshotStore {
  #current: Snapshot | undefined;

  /** The snapshot that new exchanges run on. */
  get current(): Snapshot {
    assert(this.#current !== undefined, 'no snapshot yet');
    return this.#current;
  }

  /** Takes the current snapshot for one exchange, which must release it. */
  acquire(): Snapshot {
    const snapshot = this.current;
    snapshot.acquire();
    return snapshot;
  }

  /** Makes `next` current and retires what was. */
  swap(next: Snapshot): void {
    const previous = this.#current;
    this.#current = next;
    previous?.retire();
  }

  /** Retires the last snapshot. */
  clear(): void {
    this.#current?.retire();
  }
}
