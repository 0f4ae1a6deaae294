// What anybody may have put where a manifest belongs.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sha256 } from '../../../core/etcd/chunked-value.js';
import { EtcdFleet } from '../../support/etcd-fleet.js';
import { EtcdCluster } from '../../support/etcd-process.js';

let cluster: EtcdCluster;
let fleet: EtcdFleet;
before(async () => {
  cluster = await EtcdCluster.start();
  fleet = new EtcdFleet(cluster.store(), 'releases');
});
after(async () => {
  fleet.store.close();
  await cluster.stop();
});

const LIST = { writing: 'w', chunks: 1, bytes: 1, sha256: '0' };
const RELEASE = { createdAt: '2026-01-01', modules: [], document: LIST };
/** In place of the manifest of a release, of a module, or of both. */
const MANIFESTS: readonly unknown[] = [
  ...[null, 1, 'text', [], {}, true],
  ...[undefined, null, 1, {}, []].map((document) => ({ ...RELEASE, document })),
  ...[null, 'text', {}].map((value) => ({ ...RELEASE, value })),
  ...[undefined, null, 'all', [1], {}].map((modules) => ({ ...RELEASE, modules })),
  { ...RELEASE, document: { ...LIST, writing: 1 } },
  { ...RELEASE, document: { ...LIST, chunks: -1 } },
  { ...RELEASE, document: { ...LIST, chunks: 1e300 } },
  { ...RELEASE, document: { ...LIST, chunks: 2 ** 40 } },
  { ...RELEASE, document: { ...LIST, bytes: 'many', first: {} } },
  { ...RELEASE, document: { ...LIST, sha256: null } },
];
const TEXT = '# a release\n';
const MODULE = Buffer.from('\0asm\x01\0\0\0');
const DAMAGED = { code: 'SLUICE_CONFIG_RELEASE' };

function publish(): Promise<string> {
  return fleet.releases.publish({
    text: TEXT,
    value: '{}',
    modules: [MODULE],
    createdBy: 'test',
    message: '',
  });
}

async function put(key: string, value: string): Promise<void> {
  await fleet.store.commit([], [{ put: key, value: Buffer.from(value) }]);
}

describe('a manifest that is something else', () => {
  test('of a release refuses it, and is mended by publishing it again', async () => {
    const id = await publish();
    for (const manifest of MANIFESTS) {
      const text = JSON.stringify(manifest);
      await put(fleet.keys.release(id), text);
      await assert.rejects(fleet.releases.readDocument(id), DAMAGED, text);
      assert.equal(await publish(), id, text);
      assert.equal((await fleet.releases.readDocument(id)).text.toString(), TEXT, text);
    }
  });

  test('of a module likewise', async () => {
    const digest = sha256(MODULE);
    for (const manifest of [...MANIFESTS, LIST, { ...LIST, first: -1 }]) {
      const text = JSON.stringify(manifest);
      await put(fleet.keys.module(digest), text);
      await assert.rejects(fleet.releases.readModule(digest), DAMAGED, text);
      await publish();
      assert.deepEqual(await fleet.releases.readModule(digest), MODULE, text);
    }
  });

  test('may lack what people alone read', async () => {
    const id = await publish();
    const { document, modules } = (await fleet.releases.manifest(id))!;
    await put(fleet.keys.release(id), JSON.stringify({ document, modules, createdAt: 1, message: null }));
    assert.equal(await fleet.releases.read(id), TEXT);
    assert.deepEqual(await fleet.releases.list(), [
      { id, createdAt: '', createdBy: '', message: '', modules, document },
    ]);
  });
});
