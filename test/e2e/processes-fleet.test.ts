// Several processes that follow etcd, as the fleet sees them.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { EtcdCluster } from '../support/etcd-process.js';
import { configOf, FleetStage } from '../support/fleet-stage.js';
import { until } from '../support/gateway.js';
import { freePort, ProcessSet } from '../support/process-set.js';

let cluster: EtcdCluster;
before(async () => {
  cluster = await EtcdCluster.start();
});
after(() => cluster.stop());

interface Status {
  readonly current: boolean;
  readonly nodes: readonly { readonly node: string; readonly release: string; readonly state: string }[];
}

describe('several processes from etcd', () => {
  it('are nodes of their own, follow each release, and have the same names after a reload', async (test) => {
    const stage = new FleetStage(test, cluster, 'processes');
    const listeners = [{ name: 'public', address: `127.0.0.1:${await freePort()}` }];
    const admin = { address: '127.0.0.1:0' };
    const first = await stage.fleet.apply(configOf('/a', { listeners, admin }));
    const set = new ProcessSet(await stage.gateway('edge', '--processes', '2'));
    const shows = async (release: string): Promise<void> => {
      const expected = ['edge-1', 'edge-2'].map((node) => ({ node, release, state: 'current' }));
      let nodes: unknown;
      await until(async () => {
        const status = await stage.json<Status>('status');
        nodes = status.nodes.map(({ node, release: runs, state }) => ({ node, release: runs, state }));
        return status.current && status.nodes.length === 2;
      }, 30_000);
      assert.deepEqual(nodes, expected);
    };
    await shows(first);

    const second = await stage.fleet.apply(configOf('/b', { listeners, admin }));
    await until(async () => {
      const { revision, reasons } = await set.state();
      return revision === second && reasons.length === 0;
    });
    await shows(second);

    await set.reload();
    // What the processes of before wrote last, and took away, is over.
    await shows(second);
    const third = await stage.fleet.apply(configOf('/c', { listeners, admin }));
    await shows(third);
    assert.equal((await fetch(set.gateway.url('/c'))).status, 502);
    assert.equal(await set.gateway.stop(), 0);
    await until(async () => (await stage.json<Status>('status')).nodes.length === 0, 30_000);
  });

  it('start with what ran last when etcd is down, all of them', async (test) => {
    const stage = new FleetStage(test, cluster, 'cached');
    const listeners = [{ name: 'public', address: `127.0.0.1:${await freePort()}` }];
    const admin = { address: '127.0.0.1:0' };
    const release = await stage.fleet.apply(configOf('/a', { listeners, admin }));
    const before = await stage.gateway('edge', '--processes', '2');
    await until(() => readdirSync(join(stage.folder, 'caches', 'edge')).includes('release.json'));
    assert.equal(await before.stop(), 0);

    await cluster.stop();
    const set = new ProcessSet(await stage.gateway('edge', '--processes', '2'));
    const { ready, revision, processes } = await set.state();
    assert.deepEqual([ready, revision, processes.length], [true, release, 2]);
    assert.equal((await fetch(set.gateway.url('/a'))).status, 502);
  });
});
