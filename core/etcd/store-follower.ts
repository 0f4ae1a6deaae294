// Follows ranges of a store: list at revision R, watch from R + 1. On any doubt (an error, a lost watch, a list that
// shows what the watch did not) the connection is thrown away, and a new one begins with a list: there is no way to go
// on from where one was.
import { setTimeout as delay } from 'node:timers/promises';
import { GatewayError } from '../errors.js';
import type { KeyRange, KeyValueStore, Listing, StoreConnector, StoredEntry } from './key-value-store.js';
import { StoreCopy } from './store-copy.js';

/** What the ranges hold. */
export interface StoreView {
  readonly clusterId: string;
  /** The view is of this revision or a later one. */
  readonly revision: bigint;
  readonly entries: ReadonlyMap<string, StoredEntry>;
}

export interface FollowerListener {
  /** What the ranges hold now: after each list, and after each change. `store` is good for reads until `lost`. */
  view(view: StoreView, store: KeyValueStore): void;
  /** Each failure; `view` says that there is a connection again. */
  lost(error: GatewayError): void;
  /** This is not the store that was followed before: another cluster, or one that was restored or wiped. */
  replaced(why: string): void;
}

export interface FollowerOptions {
  readonly connect: StoreConnector;
  readonly ranges: readonly KeyRange[];
  readonly listener: FollowerListener;
  /** How often what is known is held against a linearizable list. Default 3000. */
  readonly checkMs?: number;
}

/** How far a watch may be behind a list. */
const WATCH_LAG_MS = 1_000;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 2_000;

export class StoreFollower {
  readonly #options: FollowerOptions;
  readonly #checkMs: number;
  readonly #closing = new AbortController();
  /** Ends the connection of now, with the reason. */
  #doubt: ((error: Error) => void) | null = null;
  /** Ends the wait for the next check or the next try. */
  #wake: AbortController | null = null;
  #confirmedAt = 0;
  #last: { readonly clusterId: string; readonly revision: bigint } | null = null;
  #done: Promise<void> | null = null;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#checkMs = options.checkMs ?? 3_000;
  }

  start(): void {
    this.#confirmedAt = performance.now();
    this.#done ??= this.#run();
  }

  /** Seconds since the view was known to be what the store holds. */
  get stalenessSeconds(): number {
    return (performance.now() - this.#confirmedAt) / 1000;
  }

  /** Begins anew with a list, because somebody found that what was read does not fit. */
  doubt(error: Error): void {
    this.#doubt?.(error);
  }

  /** Resolves when nothing of it runs any more. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#wake?.abort();
    this.#doubt?.(new Error('closed'));
    await this.#done;
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#isClosed) {
      try {
        await this.#followOnce(() => {
          failures = 0;
        });
      } catch (cause) {
        if (this.#isClosed) return;
        this.#options.listener.lost(GatewayError.from(cause));
        // The first try comes at once: most connections end because a member does, and others are there.
        if (failures > 0) await this.#wait(retryDelay(failures));
        failures += 1;
      }
    }
  }

  /**
   * One connection, from its list to its end; always throws, unless it was closed.
   * @param proven is called once it has been good for a while: one that is doubted as soon as it stands was no better than none
   */
  async #followOnce(proven: () => void): Promise<void> {
    const store = await this.#options.connect();
    const ended = new Promise<never>((_, reject) => {
      this.#doubt = reject;
    });
    // Whoever waits for it is told; nobody waits for it during a list.
    ended.catch(() => undefined);
    try {
      const { ranges, listener } = this.#options;
      const listing = await this.#confirm(store);
      const copy = new StoreCopy(listing);
      const show = (): void => {
        listener.view(
          { clusterId: listing.clusterId, revision: copy.revision, entries: copy.entries() },
          store,
        );
      };
      let isShown = false;
      await store.watch(ranges, listing.revision + 1n, {
        events: (events) => {
          copy.apply(events);
          this.#confirmedAt = performance.now();
          if (isShown) show();
        },
        lost: (error) => this.#doubt?.(error),
      });
      if (this.#isClosed) return;
      isShown = true;
      show();
      while (!this.#isClosed) {
        await Promise.race([this.#wait(this.#checkMs), ended]);
        if (!this.#isClosed) await Promise.race([this.#check(store, copy), ended]);
        proven();
      }
    } finally {
      this.#doubt = null;
      store.close();
    }
  }

  /** Holds the copy against a list; the watch is another stream, and may be a little behind it. */
  async #check(store: KeyValueStore, copy: StoreCopy): Promise<void> {
    const listing = await this.#confirm(store);
    if (copy.missedBy(listing) !== null) await this.#wait(WATCH_LAG_MS);
    const missed = copy.missedBy(listing);
    if (missed === null) {
      copy.forgetRemoved();
      return;
    }
    throw new GatewayError(
      'SLUICE_CONFIG_STORE_UNREACHABLE',
      `${store.endpoint}: the watch did not tell of ${missed}`,
    );
  }

  /** Lists, and finds out whether it is still the same store. */
  async #confirm(store: KeyValueStore): Promise<Listing> {
    const listing = await store.list(this.#options.ranges);
    const last = this.#last;
    if (last !== null && last.clusterId !== listing.clusterId) {
      this.#options.listener.replaced(`cluster ${last.clusterId} became cluster ${listing.clusterId}`);
    } else if (last !== null && listing.revision < last.revision) {
      this.#options.listener.replaced(
        `revision ${last.revision} was followed by revision ${listing.revision}`,
      );
    }
    this.#last = { clusterId: listing.clusterId, revision: listing.revision };
    this.#confirmedAt = performance.now();
    return listing;
  }

  /** Ends early, without an error, when it is closed. */
  async #wait(ms: number): Promise<void> {
    this.#wake = new AbortController();
    try {
      await delay(ms, undefined, { signal: this.#wake.signal, ref: false });
    } catch {
      // Woken.
    }
  }
}

/** Equal for failures that say the same, in whatever order members were asked: times and ports differ from one to the next. */
export function kindOfFailure({ code, message }: GatewayError): string {
  const parts = message.split('; ').map((part) => part.replace(/\d+(?:\.\d+)*/g, '#'));
  return [code, ...new Set(parts.sort())].join('\n');
}

/** Doubles up to a limit; spread, so that a fleet does not come back as one. */
function retryDelay(failures: number): number {
  const most = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 10));
  return most / 2 + Math.random() * (most / 2);
}
