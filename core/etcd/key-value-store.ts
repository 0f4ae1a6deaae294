// What the rooms above need of etcd: reads at one revision, conditional writes, a watch that never hides a gap, leases.
// One store is one connection to one member; whoever meets an error throws it away and connects anew.

/** A key with what stands there. */
export interface StoredEntry {
  readonly key: string;
  readonly value: Buffer;
  /** Revision of the store at which the entry was written last. */
  readonly modRevision: bigint;
}

/** One key, or all keys that begin with a prefix. */
export type KeyRange = { readonly key: string } | { readonly prefix: string };

/** What a read saw: everything in it is of the same revision. */
export interface Listing {
  /** Which cluster answered: another one means another store, whatever its revision says. */
  readonly clusterId: string;
  readonly revision: bigint;
  /** Of all ranges, in the order of the ranges, and of the keys within each. */
  readonly entries: readonly StoredEntry[];
}

/** A commit happens only when every condition holds. */
export interface Condition {
  readonly key: string;
  /** The entry is as it was read: written at this revision; `absent`: there is none; `present`: there is one. */
  readonly state: bigint | 'absent' | 'present';
}

/** A part of a commit: an entry is written, or one or more are removed. */
export type Write =
  | { readonly put: string; readonly value: Uint8Array; readonly lease?: string }
  | { readonly remove: string }
  | { readonly removePrefix: string };

/** An entry was written or removed. */
export interface WatchEvent {
  readonly key: string;
  /** At which it happened. */
  readonly revision: bigint;
  /** Null when the entry was removed. */
  readonly entry: StoredEntry | null;
}

/** Who follows what happens in the store. */
export interface WatchListener {
  /** What happened in one or more revisions, in order. */
  events(events: readonly WatchEvent[]): void;
  /** The watch is over, for whatever reason, and events may have been missed. Once; nothing follows. */
  lost(error: Error): void;
}

/**
 * Every method throws GatewayError: SLUICE_CONFIG_STORE_UNREACHABLE when there was no answer in time,
 * SLUICE_CONFIG_STORE_DENIED when the credentials do not suffice, SLUICE_CONFIG_STORE_REFUSED when the store says no.
 */
export interface KeyValueStore {
  /** The member that this is connected to, for people. */
  readonly endpoint: string;
  /** Reads all ranges at one revision, linearizable: no answer from a member that lost its cluster. */
  list(ranges: readonly KeyRange[]): Promise<Listing>;
  /** The keys alone. */
  keys(prefix: string): Promise<string[]>;
  get(key: string): Promise<StoredEntry | null>;
  /** Writes all or nothing. False when a condition does not hold. */
  commit(conditions: readonly Condition[], writes: readonly Write[]): Promise<boolean>;
  /** Reports what happens to the ranges from `revision` on. Resolves once the store has accepted the watch. */
  watch(ranges: readonly KeyRange[], revision: bigint, listener: WatchListener): Promise<void>;
  /** A lease that ends after `seconds` unless it is kept alive; entries written with it go with it. */
  grantLease(seconds: number): Promise<string>;
  /** False when the lease is gone. */
  keepLease(lease: string): Promise<boolean>;
  revokeLease(lease: string): Promise<void>;
  /** Ends the watches, silently, and the connection. */
  close(): void;
}

/** Connects to a member that answers; throws as a KeyValueStore does. */
export type StoreConnector = () => Promise<KeyValueStore>;

/** Runs `work` on a connection of its own. */
export async function withStore<Result>(
  connect: StoreConnector,
  work: (store: KeyValueStore) => Promise<Result>,
): Promise<Result> {
  const store = await connect();
  try {
    return await work(store);
  } finally {
    store.close();
  }
}
