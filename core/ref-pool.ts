// Things that several config revisions share because nothing about them changed: made once, disposed by the last
// one that lets go. Floor 0, imports nothing.

interface Entry<T> {
  readonly value: T;
  references: number;
}

export class RefPool<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #dispose: (value: T) => void;

  constructor(dispose: (value: T) => void) {
    this.#dispose = dispose;
  }

  /** Takes a reference to the value of `key`; undefined when there is none. */
  acquire(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    entry.references += 1;
    return entry.value;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** Adds a value with one reference. The key must be free. */
  add(key: string, value: T): void {
    if (this.#entries.has(key)) throw new Error(`${key} is in the pool already`);
    this.#entries.set(key, { value, references: 1 });
  }

  /** Gives a reference back; the last one disposes the value. */
  release(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.references -= 1;
    if (entry.references > 0) return;
    this.#entries.delete(key);
    this.#dispose(entry.value);
  }

  values(): T[] {
    return [...this.#entries.values()].map(({ value }) => value);
  }
}
