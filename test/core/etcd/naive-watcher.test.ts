// What etcd3's own watcher does not survive, and the follower does: each case runs both over the same broken link, and
// fails if the follower were that watcher.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Etcd3 } from 'etcd3';
import { etcdConnector } from '../../../core/etcd/etcd-connector.js';
import { StoreFollower } from '../../../core/etcd/store-follower.js';
import { EtcdCluster } from '../../support/etcd-process.js';
import { NaiveWatcher } from '../../support/naive-watcher.js';
import { TcpProxy } from '../../support/tcp-proxy.js';

const KEY = 'followed/key';
const CHECK_MS = 300;
/** How long a naive watcher may take after the follower knew. */
const GRACE_MS = 1_500;
const DEADLINE_MS = 30_000;

interface Follower {
  readonly value: string | null;
}

class Pair {
  readonly proxy: TcpProxy;
  readonly ours: Follower & { readonly events: string[] };
  readonly naive: NaiveWatcher;
  /** Done when the naive watcher is connected again. */
  whenConnected: () => void = () => undefined;
  readonly #ends: (() => unknown)[];

  private constructor(proxy: TcpProxy, ours: Pair['ours'], naive: Pair['naive'], ends: (() => unknown)[]) {
    this.proxy = proxy;
    this.ours = ours;
    this.naive = naive;
    this.#ends = ends;
  }

  static async start(cluster: EtcdCluster): Promise<Pair> {
    const proxy = await TcpProxy.start(cluster.endpoints[0]!);
    const ours = { value: null as string | null, events: [] as string[] };
    const follower = new StoreFollower({
      connect: etcdConnector({
        endpoints: [proxy.endpoint],
        prefix: 'followed',
        callMs: 500,
      }),
      ranges: [{ key: KEY }],
      checkMs: CHECK_MS,
      listener: {
        view: ({ entries }) => {
          ours.value = entries.get(KEY)?.value.toString() ?? null;
        },
        lost: () => ours.events.push('lost'),
        replaced: () => ours.events.push('replaced'),
      },
    });
    follower.start();
    let pair: Pair | null = null;
    const naive = NaiveWatcher.begin(proxy.endpoint, KEY, () => pair?.whenConnected());
    await naive.created();
    pair = new Pair(proxy, ours, naive, [() => follower.close(), () => naive.end(), () => proxy.stop()]);
    return pair;
  }

  /** Waits until both know a value. */
  async both(value: string | null): Promise<void> {
    await until(() => this.ours.value === value && this.naive.value === value);
  }

  /** Waits until the follower knows a value, and sees that the naive watcher does not come to know it. */
  async onlyOurs(value: string | null): Promise<void> {
    await until(() => this.ours.value === value);
    await delay(GRACE_MS);
    assert.notEqual(this.naive.value, value, 'the naive watcher knew it too: the case proves nothing');
  }

  async end(): Promise<void> {
    for (const end of this.#ends) await end();
  }
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!holds()) {
    assert.ok(performance.now() < deadline, 'it did not come to pass');
    await delay(10);
  }
}

let cluster: EtcdCluster;

before(async () => {
  cluster = await EtcdCluster.start();
});
after(() => cluster.stop());

async function put(value: string): Promise<void> {
  const store = cluster.store();
  await store.commit([], [{ put: KEY, value: Buffer.from(value) }]);
  store.close();
}

async function withPair(body: (pair: Pair) => Promise<void>): Promise<void> {
  const pair = await Pair.start(cluster);
  try {
    await put('first');
    await pair.both('first');
    await body(pair);
  } finally {
    await pair.end();
  }
}

describe('where the watcher of etcd3 fails, the follower', () => {
  test('sees what happened between two cuts', () =>
    withPair(async (pair) => {
      let cuts = 0;
      pair.whenConnected = () => {
        cuts += 1;
        if (cuts === 1) pair.proxy.cut();
      };
      pair.proxy.refuse();
      await put('second');
      pair.proxy.heal();
      await pair.onlyOurs('second');
    }));

  test('goes on after history was compacted while it was away', () =>
    withPair(async (pair) => {
      pair.proxy.refuse();
      await put('second');
      await put('third');
      const client = new Etcd3({ hosts: `http://${cluster.endpoints[0]}` });
      const { header } = await client.kv.range({ key: Buffer.from(KEY) });
      await client.kv.compact({ revision: header.revision, physical: true });
      client.close();
      pair.proxy.heal();
      await pair.onlyOurs('third');
      await put('fourth');
      await pair.onlyOurs('fourth');
    }));

  test('notices that the store was wiped', () =>
    withPair(async (pair) => {
      for (let times = 0; times < 20; times++) await put('old');
      await pair.both('old');
      await cluster.wipe();
      await pair.onlyOurs(null);
      assert.ok(pair.ours.events.includes('replaced'));
      await put('new');
      await pair.onlyOurs('new');
    }));

  test('notices a link that is half-open', () =>
    withPair(async (pair) => {
      pair.proxy.freeze();
      await until(() => pair.ours.events.includes('lost'));
      await put('second');
      // New connections work again; the frozen ones stay as they are, as behind a router that forgot them.
      pair.proxy.thaw();
      await pair.onlyOurs('second');
    }));

  test('does not wait for ever for a store that is down', async () => {
    const proxy = await TcpProxy.start(cluster.endpoints[0]!);
    proxy.freeze();
    const naive = NaiveWatcher.begin(proxy.endpoint, KEY, () => undefined);
    let isCreated = false;
    void naive.created().then(() => {
      isCreated = true;
    });
    const connect = etcdConnector({
      endpoints: [proxy.endpoint],
      prefix: 'followed',
      callMs: 500,
    });
    await assert.rejects(connect(), { code: 'SLUICE_CONFIG_STORE_UNREACHABLE' });
    await delay(GRACE_MS);
    assert.equal(isCreated, false);
    await naive.end();
    await proxy.stop();
  });
});
