// What a source over etcd says while it cannot follow, and that it finds back.
import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import type { ConfigListener } from '../../core/config/source.js';
import { GatewayError } from '../../core/errors.js';
import { etcdConnector } from '../../core/etcd/etcd-connector.js';
import type { KeyValueStore, StoreConnector } from '../../core/etcd/key-value-store.js';
import { EtcdSource } from '../../core/etcd-source.js';
import { documentOf } from '../contract/config-source.contract.js';
import { EtcdFleet } from '../support/etcd-fleet.js';
import { EtcdCluster } from '../support/etcd-process.js';
import { requireUsers } from '../support/etcd-users.js';
import { until } from '../support/gateway.js';
import { TcpProxy } from '../support/tcp-proxy.js';

let cluster: EtcdCluster;
before(async () => {
  cluster = await EtcdCluster.start();
});
after(() => cluster.stop());

/** What was said of the way to the store: codes of outages, and `reachable`. */
class Heard implements ConfigListener {
  readonly said: string[] = [];
  revisions = 0;

  changed(): void {
    this.revisions += 1;
  }

  failed(): void {}
  warned(): void {}

  unreachable({ code }: GatewayError): void {
    this.said.push(code);
  }

  reachable(): void {
    this.said.push('reachable');
  }
}

function sourceOf(test: TestContext, fleet: EtcdFleet, connect: StoreConnector): EtcdSource {
  const source = new EtcdSource({
    ...{ description: 'etcd', connect, keys: fleet.keys, channel: 'stable', node: 'one', cache: null },
    findSecrets: () => () => [],
  });
  test.after(() => source.close());
  return source;
}

function connectorOf(endpoint: string, prefix: string): StoreConnector {
  return etcdConnector({ endpoints: [endpoint], prefix });
}

async function isReported({ store, keys }: EtcdFleet): Promise<boolean> {
  return (await store.get(keys.node('one'))) !== null;
}

describe('a source that cannot follow its store', () => {
  test('says each reason once, in the order in which they show, and again to whoever asks', async (t) => {
    const own = await EtcdCluster.start();
    t.after(() => own.stop());
    const proxy = await TcpProxy.start(own.endpoints[0]!);
    t.after(() => proxy.stop());
    const fleet = new EtcdFleet(own.store(), 'reasons');
    t.after(() => fleet.store.close());
    await fleet.apply(documentOf('a'));
    const heard = new Heard();
    const source = sourceOf(t, fleet, connectorOf(proxy.endpoint, 'reasons'));
    await source.load();
    source.watch(heard);
    await until(() => isReported(fleet));
    proxy.refuse();
    await until(() => heard.said.length > 0);
    await requireUsers(own, {});
    proxy.heal();
    await until(() => heard.said.includes('SLUICE_CONFIG_STORE_DENIED'));
    const before = [...heard.said];
    assert.deepEqual([...new Set(before)], ['SLUICE_CONFIG_STORE_UNREACHABLE', 'SLUICE_CONFIG_STORE_DENIED']);
    await source.reload();
    assert.deepEqual(heard.said, [...before, 'SLUICE_CONFIG_STORE_DENIED']);
  });

  test('follows on when only the connection of a reload failed', async (t) => {
    const fleet = new EtcdFleet(cluster.store(), 'reload');
    t.after(() => fleet.store.close());
    await fleet.apply(documentOf('a'));
    const connect = connectorOf(cluster.endpoints[0]!, 'reload');
    let isOnce = false;
    const heard = new Heard();
    const source = sourceOf(t, fleet, () => {
      if (!isOnce) return connect();
      isOnce = false;
      return Promise.reject(new GatewayError('SLUICE_CONFIG_STORE_UNREACHABLE', 'no answer'));
    });
    await source.load();
    source.watch(heard);
    await until(() => isReported(fleet));
    isOnce = true;
    await source.reload();
    await until(() => heard.said.at(-1) === 'reachable');
    assert.deepEqual(heard.said, ['SLUICE_CONFIG_STORE_UNREACHABLE', 'reachable']);
  });

  test('tries again while it cannot read what its channel points to, says so once, and how old its view is', async (t) => {
    const fleet = new EtcdFleet(cluster.store(), 'unread');
    t.after(() => fleet.store.close());
    await fleet.apply(documentOf('a'));
    const connect = connectorOf(cluster.endpoints[0]!, 'unread');
    let isDenied = true;
    let connections = 0;
    const heard = new Heard();
    const source = sourceOf(t, fleet, async () => {
      connections += 1;
      return denying(await connect(), (key) => isDenied && key.startsWith(fleet.keys.releases));
    });
    source.watch(heard);
    await until(() => connections > 1);
    const staleness = source.stalenessSeconds;
    await until(() => connections > 4);
    assert.deepEqual(heard.said, ['SLUICE_CONFIG_STORE_DENIED']);
    assert.ok(
      source.stalenessSeconds > staleness,
      'although each connection lists what the channel points to',
    );
    isDenied = false;
    await until(() => heard.said.includes('reachable'));
    assert.equal(heard.revisions, 1);
  });
});

/** The store as a user has it who may not read these keys. */
function denying(store: KeyValueStore, isDenied: (key: string) => boolean): KeyValueStore {
  return new Proxy(store, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) =>
        name === 'get' && isDenied(String(args[0]))
          ? Promise.reject(new GatewayError('SLUICE_CONFIG_STORE_DENIED', 'permission denied'))
          : Reflect.apply(member, target, args);
    },
  });
}
