// Hands of an operator on a fleet's keys, for tests: without the checks of the command line, so that bad releases can be
// published too.
import { parseDocument } from '../../core/config/document.js';
import { ConfigErrors } from '../../core/errors.js';
import { ChannelStore } from '../../core/etcd/channel-store.js';
import { KeyLayout } from '../../core/etcd/key-layout.js';
import type { KeyValueStore } from '../../core/etcd/key-value-store.js';
import { ReleaseStore } from '../../core/etcd/release-store.js';
import { releaseValue } from '../../core/release.js';

export class EtcdFleet {
  readonly keys: KeyLayout;
  readonly store: KeyValueStore;
  readonly releases: ReleaseStore;
  readonly channels: ChannelStore;

  constructor(store: KeyValueStore, prefix: string) {
    this.keys = new KeyLayout(prefix);
    this.store = store;
    this.releases = new ReleaseStore(store, this.keys);
    this.channels = new ChannelStore(store, this.keys);
  }

  /** Publishes a document and points a channel to it; answers the id of the release. */
  async apply(text: string, channel = 'stable', modules: readonly Uint8Array[] = []): Promise<string> {
    const value = valueIn(text);
    const release = await this.releases.publish({ text, value, modules, createdBy: 'test', message: '' });
    await this.flip(release, channel);
    return release;
  }

  async flip(release: string, channel = 'stable'): Promise<void> {
    await this.channels.flip(await this.channels.read(channel), release, 'test');
  }
}

/** Null for a text that nobody can parse. */
function valueIn(text: string): string | null {
  try {
    return releaseValue(parseDocument(text, 'release'));
  } catch (cause) {
    if (!(cause instanceof ConfigErrors)) throw cause;
    return null;
  }
}
