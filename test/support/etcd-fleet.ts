// Hands of an operator on a fleet's keys, for tests: without the checks of the command line, so that bad releases can be
// published too.
import { ChannelStore } from '../../core/etcd/channel-store.js';
import { KeyLayout } from '../../core/etcd/key-layout.js';
import type { KeyValueStore } from '../../core/etcd/key-value-store.js';
import { ReleaseStore } from '../../core/etcd/release-store.js';

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
    const release = await this.releases.publish({ text, modules, createdBy: 'test', message: '' });
    await this.flip(release, channel);
    return release;
  }

  async flip(release: string, channel = 'stable'): Promise<void> {
    await this.channels.flip(await this.channels.read(channel), release, 'test');
  }
}
