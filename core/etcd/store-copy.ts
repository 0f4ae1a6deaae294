// The copy of ranges that a follower keeps, and how it is held against a list that was made beside the watch.
import type { Listing, StoredEntry, WatchEvent } from './key-value-store.js';

export class StoreCopy {
  readonly #entries = new Map<string, StoredEntry>();
  /** Revision at which each key was written or removed last. */
  readonly #touched = new Map<string, bigint>();
  #revision: bigint;

  constructor(listing: Listing) {
    this.#revision = listing.revision;
    for (const entry of listing.entries) this.#put(entry);
  }

  /** Of the last list or event. */
  get revision(): bigint {
    return this.#revision;
  }

  /** A copy that does not change. */
  entries(): Map<string, StoredEntry> {
    return new Map(this.#entries);
  }

  apply(events: readonly WatchEvent[]): void {
    for (const { key, revision, entry } of events) {
      if (entry !== null) this.#put(entry);
      else this.#entries.delete(key);
      this.#touched.set(key, revision);
      if (revision > this.#revision) this.#revision = revision;
    }
  }

  /** A key of which the list knows something that no event has told yet, or null. */
  missedBy(listing: Listing): string | null {
    const listed = new Set<string>();
    for (const { key, modRevision } of listing.entries) {
      listed.add(key);
      if ((this.#touched.get(key) ?? 0n) < modRevision) return key;
    }
    for (const { key, modRevision } of this.#entries.values()) {
      if (!listed.has(key) && modRevision <= listing.revision) return key;
    }
    return null;
  }

  /** What was removed long ago need not be known any more. */
  forgetRemoved(): void {
    for (const key of this.#touched.keys()) if (!this.#entries.has(key)) this.#touched.delete(key);
  }

  /** Two keys that are no text may look the same: the later of the two counts, or it would be missed for ever. */
  #put(entry: StoredEntry): void {
    if ((this.#touched.get(entry.key) ?? 0n) > entry.modRevision) return;
    this.#entries.set(entry.key, entry);
    this.#touched.set(entry.key, entry.modRevision);
  }
}
