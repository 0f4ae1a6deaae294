import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { KeyValueStore } from '../../../core/etcd/key-value-store.js';
import { NodeReporter } from '../../../core/etcd/node-reporter.js';
import { EtcdFleet } from '../../support/etcd-fleet.js';
import { EtcdCluster } from '../../support/etcd-process.js';
import { until } from '../../support/gateway.js';

let cluster: EtcdCluster;
let fleet: EtcdFleet;
before(async () => {
  cluster = await EtcdCluster.start();
  fleet = new EtcdFleet(cluster.store(), 'nodes');
});
after(async () => {
  fleet.store.close();
  await cluster.stop();
});

function reporterOf(node: string): NodeReporter {
  const failed = (error: Error): never => assert.fail(error);
  return new NodeReporter({ keys: fleet.keys, node, channel: 'stable', version: '1.2.3', failed });
}

/** The release that the fleet knows a node to run; null when it does not know the node. */
async function releaseOf(node: string): Promise<string | null> {
  const entry = await fleet.store.get(fleet.keys.node(node));
  return entry === null ? null : (JSON.parse(entry.value.toString()) as { release: string }).release;
}

/** The store, and which of its methods were called. */
function overheard(store: KeyValueStore): { store: KeyValueStore; calls: string[] } {
  const calls: string[] = [];
  const proxy = new Proxy(store, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        calls.push(String(name));
        return Reflect.apply(member, target, args);
      };
    },
  });
  return { store: proxy, calls };
}

describe('the reporter of a node', () => {
  test('writes what changes, and takes it away in the end', async () => {
    const reporter = reporterOf('alone');
    reporter.update({ release: 'a' });
    reporter.attach(fleet.store);
    await until(async () => (await releaseOf('alone')) === 'a');
    reporter.update({ release: 'b' });
    await until(async () => (await releaseOf('alone')) === 'b');
    await reporter.close();
    assert.equal(await releaseOf('alone'), null);
  });

  test('leaves the entry to another by the same name that came after it', async () => {
    const { store, calls } = overheard(fleet.store);
    const before = reporterOf('shared');
    before.update({ release: 'a' });
    before.attach(store);
    await until(async () => (await releaseOf('shared')) === 'a');
    const next = reporterOf('shared');
    next.update({ release: 'b' });
    next.attach(fleet.store);
    await until(async () => (await releaseOf('shared')) === 'b');

    calls.length = 0;
    before.update({ release: 'late' });
    await until(() => calls.includes('get') || calls.includes('commit'));
    await before.close();
    assert.equal(await releaseOf('shared'), 'b');
    next.update({ release: 'c' });
    await until(async () => (await releaseOf('shared')) === 'c');
    await next.close();
    assert.equal(await releaseOf('shared'), null);
  });
});
