import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ChannelStore } from '../../../core/etcd/channel-store.js';
import { sha256 } from '../../../core/etcd/chunked-value.js';
import type { Write } from '../../../core/etcd/key-value-store.js';
import { ReleasePruner } from '../../../core/etcd/release-pruner.js';
import { ReleaseStore } from '../../../core/etcd/release-store.js';
import { EtcdFleet } from '../../support/etcd-fleet.js';
import { EtcdCluster } from '../../support/etcd-process.js';
import { interleaved } from '../../support/interleaved-store.js';

let cluster: EtcdCluster;
let fleets = 0;
before(async () => {
  cluster = await EtcdCluster.start();
});
after(() => cluster.stop());

interface Subject {
  readonly fleet: EtcdFleet;
  readonly pruner: ReleasePruner;
  /** Publishes one more release; answers its id. */
  publish(name: string, modules?: readonly Uint8Array[]): Promise<string>;
  ids(): Promise<string[]>;
  modules(): Promise<string[]>;
}

async function withFleet(body: (subject: Subject) => Promise<void>): Promise<void> {
  fleets += 1;
  const fleet = new EtcdFleet(cluster.store(), `prune-${fleets}`);
  try {
    await body({
      fleet,
      pruner: new ReleasePruner(fleet.store, fleet.keys),
      publish: (name, modules = []) => fleet.releases.publish({ ...newRelease(name), modules }),
      ids: async () => (await fleet.releases.list()).map(({ id }) => id).sort(),
      modules: async () => {
        const keys = await fleet.store.keys(fleet.keys.modules);
        return keys.flatMap((key) => /\/([0-9a-f]{64})\/manifest$/.exec(key)?.[1] ?? []);
      },
    });
  } finally {
    fleet.store.close();
  }
}

function newRelease(name: string) {
  return { text: `# ${name}\n`, value: null, modules: [], createdBy: 'test', message: '' };
}

const [ONE, TWO, THREE] = ['one', 'two', 'three'].map((text) => Buffer.from(text)) as [
  Buffer,
  Buffer,
  Buffer,
];

const removes = (writes: readonly Write[]): boolean => writes.some((write) => 'removePrefix' in write);
const puts =
  (key: string) =>
  (writes: readonly Write[]): boolean =>
    writes.some((write) => 'put' in write && write.put === key);

describe('a pruning', () => {
  test('keeps what channels run and would go back to, what gateways run, and the newest', () =>
    withFleet(async ({ fleet, pruner, publish, ids, modules }) => {
      const [old, before, current, other, running] = [
        await publish('old', [ONE]),
        await publish('before', [TWO]),
        await publish('current', [TWO]),
        await publish('other'),
        await publish('running'),
      ];
      const loose = await publish('loose', [ONE, THREE]);
      const newest = await publish('newest');
      for (const id of [old, before, current]) await fleet.flip(id);
      await fleet.flip(other, 'canary');
      const report = Buffer.from(JSON.stringify({ channel: 'stable', release: running }));
      await fleet.store.commit([], [{ put: fleet.keys.node('one'), value: report }]);

      const expected = {
        releases: [old, loose].sort(),
        modules: [ONE, THREE].map(sha256).sort(),
        chunks: [],
      };
      const preview = await pruner.preview(1);
      assert.deepEqual({ ...preview, releases: [...preview.releases].sort() }, expected);
      assert.equal((await ids()).length, 7);
      const done = await pruner.prune(1);
      assert.deepEqual({ ...done, releases: [...done.releases].sort() }, expected);
      assert.deepEqual(await ids(), [before, current, other, running, newest].sort());
      assert.deepEqual(await modules(), [sha256(TWO)]);
      const left = await fleet.store.keys(`${fleet.keys.prefix}/`);
      for (const id of [old, loose]) assert.ok(!left.some((key) => key.includes(id)));
      assert.deepEqual(await pruner.prune(1), { releases: [], modules: [], chunks: [] });
    }));

  test('takes what an interrupted publishing left, and nothing of what is whole', () =>
    withFleet(async ({ fleet, pruner, publish }) => {
      const id = await publish('whole', [ONE]);
      const { keys, store } = fleet;
      const strays = [
        keys.releaseChunks(id, 'another'),
        keys.releaseChunks('0123456789ab', 'alone'),
        keys.moduleChunks(sha256(ONE), 'another'),
        keys.moduleChunks(sha256(TWO), 'alone'),
      ];
      for (const stray of strays) await store.commit([], [{ put: `${stray}00000`, value: ONE }]);
      const { releases, modules, chunks } = await pruner.prune(5);
      assert.deepEqual(
        { releases, modules, chunks: [...chunks].sort() },
        { releases: [], modules: [], chunks: strays.sort() },
      );
      assert.equal(await fleet.releases.read(id), '# whole\n');
      assert.deepEqual(await fleet.releases.readModule(sha256(ONE)), ONE);
    }));

  test('takes the chunks of a module whose manifest is something else', () =>
    withFleet(async ({ fleet, pruner, publish }) => {
      await publish('whole', [ONE]);
      const manifest = fleet.keys.module(sha256(ONE));
      for (const text of ['null', '1', '[]', '{}', 'no JSON', '\xff']) {
        await fleet.store.commit([], [{ put: manifest, value: Buffer.from(text) }]);
        assert.equal((await pruner.prune(5)).chunks.length, 1, text);
        await publish('whole', [ONE]);
        assert.deepEqual(await fleet.releases.readModule(sha256(ONE)), ONE, text);
      }
    }));

  test('leaves a release that somebody flips to right before', () =>
    withFleet(async ({ fleet, publish, ids, modules }) => {
      const id = await publish('wanted', [ONE]);
      const loose = await publish('loose', [TWO]);
      const store = interleaved(fleet.store, { fits: removes, times: 1, act: () => fleet.flip(id) });
      const done = await new ReleasePruner(store, fleet.keys).prune(0);
      assert.deepEqual([done.releases, done.modules], [[loose], [sha256(TWO)]]);
      assert.deepEqual([await ids(), await modules()], [[id], [sha256(ONE)]]);
    }));

  test('makes a flip fail that comes right after', () =>
    withFleet(async ({ fleet, pruner, publish }) => {
      const id = await publish('gone');
      const store = interleaved(fleet.store, {
        fits: puts(fleet.keys.lastFlip),
        times: 1,
        act: () => pruner.prune(0),
      });
      const channels = new ChannelStore(store, fleet.keys);
      await assert.rejects(channels.flip(await channels.read('stable'), id, 'test'), {
        code: 'SLUICE_CONFIG_RELEASE',
      });
      assert.equal((await fleet.channels.read('stable')).pointer, null);
    }));

  test('leaves the modules of a release that is published right before', () =>
    withFleet(async ({ fleet, publish, ids, modules }) => {
      await fleet.flip(await publish('kept', []));
      await publish('loose', [ONE]);
      let published = '';
      const store = interleaved(fleet.store, {
        fits: puts(fleet.keys.lastPrune),
        times: 1,
        act: async () => {
          published = await publish('new', [ONE]);
          await fleet.flip(published);
        },
      });
      await new ReleasePruner(store, fleet.keys).prune(0);
      assert.deepEqual(await modules(), [sha256(ONE)]);
      assert.ok((await ids()).includes(published));
    }));

  test('makes a publishing write again what it takes from it', () =>
    withFleet(async ({ fleet, pruner }) => {
      const store = interleaved(fleet.store, {
        fits: puts(fleet.keys.lastPublish),
        times: 2,
        act: () => pruner.prune(0),
      });
      const releases = new ReleaseStore(store, fleet.keys);
      const id = await releases.publish({ ...newRelease('new'), modules: [ONE] });
      assert.equal(await fleet.releases.read(id), '# new\n');
      assert.deepEqual(await fleet.releases.readModule(sha256(ONE)), ONE);
      // Nothing of the tries before is left.
      assert.deepEqual((await pruner.preview(1)).chunks, []);
    }));

  test('gives up when others flip all the time, and says so', () =>
    withFleet(async ({ fleet, publish }) => {
      const ids = [await publish('a'), await publish('b'), await publish('c')];
      let turn = 0;
      const store = interleaved(fleet.store, {
        fits: removes,
        times: Number.POSITIVE_INFINITY,
        act: () => fleet.flip(ids[turn++ % 2]!),
      });
      await assert.rejects(new ReleasePruner(store, fleet.keys).prune(0), { code: 'SLUICE_CONFIG_CONFLICT' });
    }));

  test('never takes what a channel points to, whoever publishes, flips and prunes', () =>
    withFleet(async ({ fleet }) => {
      const writer = async (channel: string): Promise<void> => {
        for (let step = 0; step < 25; step++) {
          const release = {
            ...newRelease(`${channel} ${step % 5}`),
            modules: [ONE, TWO, THREE].slice(step % 5),
          };
          try {
            await fleet.flip(await fleet.releases.publish(release), channel);
          } catch (cause) {
            // It was pruned before it was pointed to, or there was no moment without the others.
            assert.match((cause as { code: string }).code, /^SLUICE_CONFIG_(?:RELEASE|CONFLICT)$/);
          }
        }
      };
      let isOver = false;
      const pruners = [0, 1].map(async () => {
        const pruner = new ReleasePruner(fleet.store, fleet.keys);
        while (!isOver) {
          await pruner.prune(0).catch((cause) => assert.equal(cause.code, 'SLUICE_CONFIG_CONFLICT'));
        }
      });
      const reader = (async () => {
        while (!isOver) {
          for (const { pointer, revision } of await fleet.channels.list()) {
            if ((await fleet.releases.manifest(pointer!.release)) !== null) continue;
            // Gone only because the channel has gone on.
            const now = await fleet.channels.list();
            assert.ok(!now.some((channel) => channel.revision === revision));
          }
        }
      })();
      await Promise.all(['a', 'b', 'c'].map(writer)).finally(() => {
        isOver = true;
      });
      await Promise.all([...pruners, reader]);
      await new ReleasePruner(fleet.store, fleet.keys).prune(0);
      for (const { pointer } of await fleet.channels.list()) {
        await fleet.releases.read(pointer!.release);
        for (const digest of (await fleet.releases.manifest(pointer!.release))!.modules)
          await fleet.releases.readModule(digest);
      }
    }));
});
