import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { GatewayError } from '../../../core/errors.js';
import type { KeyValueStore } from '../../../core/etcd/key-value-store.js';
import { NodeReporter, type NodeReporterOptions } from '../../../core/etcd/node-reporter.js';
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

function reporterOf(node: string, options: Partial<NodeReporterOptions> = {}): NodeReporter {
  const failed = (error: Error): never => assert.fail(error);
  return new NodeReporter({
    keys: fleet.keys,
    node,
    channel: 'stable',
    version: '1.2.3',
    failed,
    ...options,
  });
}

/** Waits for so many more keep-alives, with all that comes before each. */
async function keepAlives(calls: readonly string[], count: number): Promise<void> {
  const seen = (): number => calls.filter((call) => call === 'keepLease').length;
  const goal = seen() + count;
  await until(() => seen() >= goal);
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

  test('writes its entry again when somebody has removed it', async () => {
    const reporter = reporterOf('removed', { leaseSeconds: 1 });
    reporter.update({ release: 'a' });
    reporter.attach(fleet.store);
    await until(async () => (await releaseOf('removed')) === 'a');
    await fleet.store.commit([], [{ remove: fleet.keys.node('removed') }]);
    await until(async () => (await releaseOf('removed')) === 'a');
    await reporter.close();
  });

  test('says once that another gateway has its name, and has it back when that is gone', async () => {
    const { store, calls } = overheard(fleet.store);
    const told: string[] = [];
    const first = reporterOf('twice', { leaseSeconds: 1, failed: ({ message }) => void told.push(message) });
    first.update({ release: 'a' });
    first.attach(store);
    await until(async () => (await releaseOf('twice')) === 'a');
    const second = reporterOf('twice');
    second.update({ release: 'b' });
    second.attach(fleet.store);
    await until(() => told.length > 0);
    await keepAlives(calls, 3);
    assert.deepEqual(told, [
      'found another gateway that reports as twice, expected a name for each (--node)',
    ]);
    assert.equal(await releaseOf('twice'), 'b');
    await second.close();
    await until(async () => (await releaseOf('twice')) === 'a');
    await first.close();
  });

  test('says each reason once for which it cannot report, also when it lasts', async () => {
    const { store, calls } = overheard(fleet.store);
    let reason: string | null = 'permission denied';
    const denying = new Proxy(store, {
      get: (target, name) => {
        if (name !== 'commit' || reason === null) return Reflect.get(target, name);
        const message = reason;
        return () => Promise.reject(new GatewayError('SLUICE_CONFIG_STORE_DENIED', message));
      },
    });
    const told: string[] = [];
    const reporter = reporterOf('denied', {
      leaseSeconds: 1,
      failed: ({ message }) => void told.push(message),
    });
    reporter.update({ release: 'a' });
    reporter.attach(denying);
    await keepAlives(calls, 3);
    assert.deepEqual(told, ['permission denied']);
    reason = 'no space';
    await until(() => told.length > 1);
    assert.deepEqual(told, ['permission denied', 'no space']);
    reason = null;
    await until(async () => (await releaseOf('denied')) === 'a');
    reason = 'no space';
    reporter.update({ release: 'b' });
    await until(() => told.length > 2);
    assert.deepEqual(told.slice(2), ['no space'], 'as reports were possible again');
    await reporter.close();
  });
});
