// Channels: which release the gateways that follow one run. A flip is one transaction, which fails when somebody else
// flipped since the channel was read.
import { GatewayError } from '../errors.js';
import { damaged } from './chunked-value.js';
import type { KeyLayout } from './key-layout.js';
import type { Condition, KeyValueStore, StoredEntry, Write } from './key-value-store.js';

/** What a channel points to. */
export interface ChannelPointer {
  readonly release: string;
  /** Releases that ran before this one, the newest first, at most 20. A rollback takes those away that it goes back over. */
  readonly earlier: readonly string[];
  /** ISO 8601. */
  readonly flippedAt: string;
  readonly flippedBy: string;
}

/** A channel as it was read. */
export interface Channel {
  readonly name: string;
  /** Null when the channel does not exist. */
  readonly pointer: ChannelPointer | null;
  /** Revision of the entry, for the next flip. */
  readonly revision: bigint | 'absent';
}

/** Releases that a channel can go back over. */
const MOST_EARLIER = 20;

export class ChannelStore {
  readonly #store: KeyValueStore;
  readonly #keys: KeyLayout;

  constructor(store: KeyValueStore, keys: KeyLayout) {
    this.#store = store;
    this.#keys = keys;
  }

  async read(name: string): Promise<Channel> {
    const entry = await this.#store.get(this.#keys.channel(name));
    return {
      name,
      pointer: entry === null ? null : parsePointer(entry),
      revision: entry?.modRevision ?? 'absent',
    };
  }

  /** All channels, by name. */
  async list(): Promise<Channel[]> {
    const { entries } = await this.#store.list([{ prefix: this.#keys.channels }]);
    return entries.map((entry) => ({
      name: entry.key.slice(this.#keys.channels.length),
      pointer: parsePointer(entry),
      revision: entry.modRevision,
    }));
  }

  /**
   * Points the channel, as it was read, to a release.
   * @throws GatewayError SLUICE_CONFIG_CONFLICT when somebody flipped it since, SLUICE_CONFIG_RELEASE when there is no
   * such release
   */
  flip(channel: Channel, release: string, flippedBy: string): Promise<ChannelPointer> {
    return this.#point(channel, { release, earlier: earlierThan(channel, release), flippedBy });
  }

  /**
   * Likewise, back to a release that ran earlier: those after it are forgotten, so that the next rollback goes further
   * back and not forth again. Another release is taken as `flip` takes it.
   */
  rollBack(channel: Channel, release: string, flippedBy: string): Promise<ChannelPointer> {
    const earlier = channel.pointer?.earlier ?? [];
    const at = earlier.indexOf(release);
    if (at === -1) return this.flip(channel, release, flippedBy);
    return this.#point(channel, { release, earlier: earlier.slice(at + 1), flippedBy });
  }

  async #point(channel: Channel, target: Omit<ChannelPointer, 'flippedAt'>): Promise<ChannelPointer> {
    const key = this.#keys.channel(channel.name);
    const { release } = target;
    const pointer: ChannelPointer = { ...target, flippedAt: new Date().toISOString() };
    const conditions: Condition[] = [
      { key, state: channel.revision },
      { key: this.#keys.release(release), state: 'present' },
    ];
    const writes: Write[] = [
      { put: key, value: Buffer.from(JSON.stringify(pointer)) },
      { put: this.#keys.lastFlip, value: Buffer.from(`${channel.name} ${release}`) },
    ];
    if (await this.#store.commit(conditions, writes)) return pointer;
    if ((await this.#store.get(this.#keys.release(release))) === null)
      throw damaged(`release ${release} is not in the store`);
    const now = await this.read(channel.name);
    throw new GatewayError(
      'SLUICE_CONFIG_CONFLICT',
      `channel ${channel.name}: found ${describe(now)}, expected ${describe(channel)} as it was read`,
    );
  }
}

function earlierThan({ pointer }: Channel, release: string): string[] {
  if (pointer === null) return [];
  // The same again is no step that one could go back.
  if (pointer.release === release) return [...pointer.earlier];
  return [pointer.release, ...pointer.earlier].slice(0, MOST_EARLIER);
}

/**
 * Of what a gateway does not need, what is of another type is as if nothing was said.
 * @throws GatewayError SLUICE_CONFIG_RELEASE
 */
export function parsePointer(entry: StoredEntry): ChannelPointer {
  let pointer: Partial<Record<keyof ChannelPointer, unknown>> | null = null;
  try {
    pointer = JSON.parse(entry.value.toString()) as Partial<Record<keyof ChannelPointer, unknown>> | null;
  } catch {
    // Not JSON, and so not a pointer.
  }
  if (typeof pointer?.release !== 'string')
    throw damaged(`${entry.key}: found something else than a JSON object with the id of a release`);
  const { release, earlier, flippedAt, flippedBy } = pointer;
  return {
    release,
    earlier: Array.isArray(earlier) ? earlier.filter((id) => typeof id === 'string') : [],
    flippedAt: typeof flippedAt === 'string' ? flippedAt : '',
    flippedBy: typeof flippedBy === 'string' ? flippedBy : '',
  };
}

function describe({ pointer }: Channel): string {
  return pointer === null ? 'no release' : `release ${pointer.release} of ${pointer.flippedBy}`;
}
