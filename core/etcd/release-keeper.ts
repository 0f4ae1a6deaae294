// Keeps the release that runs on disk, and tries again where it cannot: on the day that it is needed it is too late to find
// out that it is not there.
import type { ReleaseCache, StoredRelease } from './release-cache.js';

export interface ReleaseKeeperOptions {
  readonly cache: ReleaseCache;
  /** Told why a release cannot be kept: once for each reason and release. */
  readonly failed: (why: string) => void;
  /** How long until the next try, in milliseconds. Default 30000. */
  readonly retryMs?: number;
}

export class ReleaseKeeper {
  readonly #options: ReleaseKeeperOptions;
  /** What is to be kept and is not yet; null when there is nothing. */
  #wanted: StoredRelease | null = null;
  /** Writes come one after another. */
  #turn: Promise<void> = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;
  #fault: string | null = null;
  #told: string | null = null;

  constructor(options: ReleaseKeeperOptions) {
    this.#options = options;
  }

  /** Why the last try failed; null when it did not. */
  get fault(): string | null {
    return this.#fault;
  }

  /** Writes in the background. Of several that come while one is written, the last one counts. */
  keep(release: StoredRelease): void {
    this.#wanted = release;
    this.#told = null;
    this.#save();
  }

  /** What was begun comes to its end; what failed is not tried again. */
  async close(): Promise<void> {
    await this.#turn;
    clearTimeout(this.#retry);
  }

  #save(): void {
    clearTimeout(this.#retry);
    this.#turn = this.#turn.then(() => this.#saveOnce());
  }

  async #saveOnce(): Promise<void> {
    const release = this.#wanted;
    if (release === null) return;
    const { cache, failed, retryMs = 30_000 } = this.#options;
    try {
      await cache.save(release);
      this.#fault = null;
      if (this.#wanted === release) this.#wanted = null;
    } catch (cause) {
      this.#fault = (cause as Error).message;
      if (this.#told !== this.#fault) failed(this.#fault);
      this.#told = this.#fault;
      this.#retry = setTimeout(() => this.#save(), retryMs).unref();
    }
  }
}
