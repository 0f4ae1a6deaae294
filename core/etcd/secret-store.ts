// The entries below `secrets/`: sealed by whoever writes them, bytes to this file.
import { parsePointer } from './channel-store.js';
import type { KeyLayout } from './key-layout.js';
import type { Condition, KeyValueStore, StoredEntry } from './key-value-store.js';

/** A secret as it stands in the store. */
export interface SecretEntry {
  readonly name: string;
  readonly bytes: Buffer;
  /** Of the store, at which it was written. */
  readonly revision: bigint;
}

/** A channel, whose release may need a secret. */
export interface ChannelUse {
  readonly name: string;
  /** Null when the channel is damaged, and nobody knows. */
  readonly release: string | null;
}

/** A secret and all that could need it, as they stood together. */
export interface SecretUse {
  /** Null when there is no such secret. */
  readonly entry: SecretEntry | null;
  readonly channels: readonly ChannelUse[];
  /** Holds as long as nobody writes the secret or flips a channel. */
  readonly unchanged: readonly Condition[];
}

export class SecretStore {
  readonly #store: KeyValueStore;
  readonly #keys: KeyLayout;

  constructor(store: KeyValueStore, keys: KeyLayout) {
    this.#store = store;
    this.#keys = keys;
  }

  /** All secrets, by name. */
  async list(): Promise<SecretEntry[]> {
    const { entries } = await this.#store.list([{ prefix: this.#keys.secrets }]);
    return entries.map((entry) => this.#entryOf(entry));
  }

  /** Null when there is no such secret. */
  async get(name: string): Promise<SecretEntry | null> {
    const entry = await this.#store.get(this.#keys.secret(name));
    return entry === null ? null : this.#entryOf(entry);
  }

  /** Writes a secret, whatever stands there; true when nothing did. */
  async put(name: string, bytes: Uint8Array): Promise<boolean> {
    const key = this.#keys.secret(name);
    const writes = [{ put: key, value: bytes }];
    if (await this.#store.commit([{ key, state: 'absent' }], writes)) return true;
    await this.#store.commit([], writes);
    return false;
  }

  /** Writes a secret in place of what was read; false when somebody wrote or removed it since. */
  replace({ name, revision }: SecretEntry, bytes: Uint8Array): Promise<boolean> {
    const key = this.#keys.secret(name);
    return this.#store.commit([{ key, state: revision }], [{ put: key, value: bytes }]);
  }

  async use(name: string): Promise<SecretUse> {
    const { channels, lastFlip } = this.#keys;
    const key = this.#keys.secret(name);
    const { entries } = await this.#store.list([{ key }, { key: lastFlip }, { prefix: channels }]);
    const find = (wanted: string) => entries.find((entry) => entry.key === wanted);
    const stateOf = (wanted: string): Condition => ({
      key: wanted,
      state: find(wanted)?.modRevision ?? 'absent',
    });
    const entry = find(key);
    return {
      entry: entry === undefined ? null : this.#entryOf(entry),
      channels: entries
        .filter((pointer) => pointer.key.startsWith(channels))
        .map((pointer) => ({ name: pointer.key.slice(channels.length), release: releaseOf(pointer) })),
      unchanged: [stateOf(key), stateOf(lastFlip)],
    };
  }

  /** False when what was read has changed. */
  remove(name: string, { unchanged }: SecretUse): Promise<boolean> {
    return this.#store.commit(unchanged, [{ remove: this.#keys.secret(name) }]);
  }

  #entryOf({ key, value, modRevision }: StoredEntry): SecretEntry {
    return { name: key.slice(this.#keys.secrets.length), bytes: value, revision: modRevision };
  }
}

function releaseOf(pointer: StoredEntry): string | null {
  try {
    return parsePointer(pointer).release;
  } catch {
    return null;
  }
}

/** Entries of secrets by the name of the secret. */
export function secretsIn(entries: Iterable<StoredEntry>, keys: KeyLayout): Map<string, Buffer> {
  return new Map(
    [...entries]
      .filter(({ key }) => key.startsWith(keys.secrets))
      .map(({ key, value }) => [key.slice(keys.secrets.length), value]),
  );
}
