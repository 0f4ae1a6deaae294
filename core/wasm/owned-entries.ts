// What several filters of a thread share: made once, kept for as long as one of them uses it.

interface Entry<T> {
  readonly value: T;
  readonly owners: Set<number>;
}

export class OwnedEntries<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #counts = new Map<number, number>();
  readonly #what: string;
  readonly #mostOfOwner: number;

  /**
   * @param what what the values are, for messages
   * @param mostOfOwner each instance of a filter may ask for other ones than those before it, and nothing that one of them
   *   asked for goes before the filter does
   */
  constructor(what: string, mostOfOwner: number) {
    this.#what = what;
    this.#mostOfOwner = mostOfOwner;
  }

  get size(): number {
    return this.#entries.size;
  }

  keys(): Iterable<string> {
    return this.#entries.keys();
  }

  *values(): Generator<T> {
    for (const { value } of this.#entries.values()) yield value;
  }

  /** The values that `owner` uses. */
  *of(owner: number): Generator<T> {
    for (const { value, owners } of this.#entries.values()) if (owners.has(owner)) yield value;
  }

  /**
   * The value of a key, which `owner` uses from now on.
   * @param make called when there is none; what it throws leaves everything as it was
   * @throws RangeError when `owner` uses as many others as it may
   */
  take(key: string, owner: number, make: () => T): T {
    let entry = this.#entries.get(key);
    if (entry?.owners.has(owner)) return entry.value;
    const count = this.#counts.get(owner) ?? 0;
    if (count >= this.#mostOfOwner)
      throw new RangeError(
        `more than ${this.#mostOfOwner} different ${this.#what} of one filter, all its instances together`,
      );
    if (entry === undefined) {
      entry = { value: make(), owners: new Set() };
      this.#entries.set(key, entry);
    }
    entry.owners.add(owner);
    this.#counts.set(owner, count + 1);
    return entry.value;
  }

  /** `owner` is gone: what nobody else uses is forgotten. */
  release(owner: number): void {
    for (const [key, { owners }] of this.#entries) {
      if (owners.delete(owner) && owners.size === 0) this.#entries.delete(key);
    }
    this.#counts.delete(owner);
  }
}
