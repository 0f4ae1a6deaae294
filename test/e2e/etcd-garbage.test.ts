// Whatever stands in etcd, the gateways that follow it refuse it for what it is, serve on, and take the next good release.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: braces are the syntax of a secret reference
import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { parseDocument } from '../../core/config/document.js';
import { releaseValue } from '../../core/release.js';
import { EtcdCluster } from '../support/etcd-process.js';
import { Random } from '../support/fuzz/random.js';
import { spoil } from '../support/fuzz/spoiler.js';
import { route, until } from '../support/gateway.js';
import type { GatewayProcess } from '../support/gateway-process.js';
import { SealedFleet } from '../support/sealed-fleet.js';
import { guestBytes } from '../support/test-guests.js';
import { startHttpTarget } from '../support/upstream-servers.js';

const ROUNDS = 80;
/** In place of JSON of another shape, of a document, a module, or a sealed secret. */
const OTHERS = [
  ...[
    '',
    'null',
    '0',
    '[]',
    '{}',
    '""',
    '{"release":{}}',
    '{"release":"../secrets/key"}',
    '\0',
    '{"a":1e999}',
  ],
  ...[
    '['.repeat(30_000),
    `{"listeners":${'['.repeat(9_000)}${']'.repeat(9_000)}}`,
    '{"__proto__":[]}',
    'a: *b',
  ],
].map((text) => Buffer.from(text));

let cluster: EtcdCluster;
let guest: Uint8Array;
before(async () => {
  cluster = await EtcdCluster.start();
  guest = await guestBytes('mark-response');
});
after(() => cluster.stop());

class Stage {
  readonly sealed: SealedFleet;
  readonly gateway: GatewayProcess;
  readonly #url: string;
  #releases = 0;

  private constructor(sealed: SealedFleet, gateway: GatewayProcess, url: string) {
    this.sealed = sealed;
    this.gateway = gateway;
    this.#url = url;
  }

  static async start(test: TestContext, prefix: string): Promise<Stage> {
    const sealed = new SealedFleet(test, cluster, prefix);
    const target = await startHttpTarget(test, (request, response) => response.end(request.headers['x-key']));
    await sealed.put('key', 'the key');
    await sealed.fleet.apply(textOf(target.url, 0), 'stable', [guest]);
    return new Stage(sealed, await sealed.start(test), target.url);
  }

  /** Publishes one more good release. @returns its id */
  publishNext(): Promise<string> {
    const text = this.nextText();
    return this.publish(text, releaseValue(parseDocument(text, 'release')));
  }

  publish(text: string, value: string | null): Promise<string> {
    const { releases } = this.sealed.fleet;
    return releases.publish({ text, value, modules: [guest], createdBy: 'test', message: '' });
  }

  nextText(): string {
    this.#releases += 1;
    return textOf(this.#url, this.#releases);
  }

  /** Keys of all that this release is made of, and of what is beside it. */
  async keysOf(id: string): Promise<string[]> {
    const { keys, store } = this.sealed.fleet;
    const stored = await store.keys(`${keys.prefix}/`);
    return stored.filter(
      (key) => !key.startsWith(keys.nodes) && (!key.startsWith(keys.releases) || key.includes(id)),
    );
  }

  /** Does something, and waits until the gateway has said what it thinks of it. */
  async reported(work: () => Promise<unknown>): Promise<void> {
    const { keys, store } = this.sealed.fleet;
    const reportedAt = async () => (await store.get(keys.node('one')))?.modRevision ?? 0n;
    const before = await reportedAt();
    await work();
    await until(async () => (await reportedAt()) > before, 30_000);
  }

  async put(key: string, value: Uint8Array): Promise<void> {
    await this.sealed.fleet.store.commit([], [{ put: key, value }]);
  }

  async assertTakesNext(): Promise<void> {
    const good = await this.publishNext();
    await this.sealed.fleet.flip(good);
    await this.gateway.logged(({ revision, msg }) => msg === 'configuration applied' && revision === good);
    await this.assertServes();
    assert.doesNotMatch(this.gateway.output(), /SLUICE_INTERNAL/);
    assert.equal(await this.gateway.stop(), 0);
  }

  async assertServes(): Promise<void> {
    const answer = await fetch(this.gateway.url('/'));
    assert.deepEqual([answer.status, await answer.text()], [200, 'the key']);
  }
}

function textOf(url: string, mark: number): string {
  return JSON.stringify({
    listeners: [{ name: 'public', address: '127.0.0.1:0' }],
    admin: { address: '127.0.0.1:0' },
    upstreams: {
      sample: { targets: [{ url }], headers: { 'x-key': '${secret://key}', 'x-mark': String(mark) } },
    },
    filters: { mark: { module: SealedFleet.moduleName('mark', guest), config: { name: 'x-marked' } } },
    routes: [route('all', '/*', ['mark'])],
    workers: { count: 1 },
  });
}

describe('a gateway whose etcd holds anything', () => {
  test('refuses what is damaged, serves on, and takes what is good again', async (t) => {
    const stage = await Stage.start(t, 'damaged');
    const { store, keys } = stage.sealed.fleet;
    const pointer = keys.channel('stable');
    const random = new Random(1);
    for (let round = 0; round < ROUNDS; round++) {
      const id = await stage.publishNext();
      const key = random.pick(await stage.keysOf(id));
      const good = Buffer.from(JSON.stringify({ release: id }));
      const before = key === pointer ? good : (await store.get(key))!.value;
      const damaged = random.oneIn(3) ? random.pick(OTHERS) : spoil(random, before);
      await stage.reported(async () => {
        await stage.put(pointer, key === pointer ? damaged : good);
        if (key !== pointer) await stage.put(key, damaged);
      });
      await stage.assertServes();
      await stage.put(key, before);
    }
    for (const [at, other] of OTHERS.entries()) await stage.put(keys.node(`other-${at}`), other);
    await stage.assertTakesNext();
  });

  test('likewise where documents and values are anything', async (t) => {
    const stage = await Stage.start(t, 'documents');
    for (const other of OTHERS.map(String)) {
      for (const [text, value] of [
        [other, null],
        [stage.nextText(), other],
      ] as const) {
        const id = await stage.publish(text, value);
        await stage.reported(() => stage.sealed.fleet.flip(id));
        await stage.assertServes();
      }
    }
    await stage.assertTakesNext();
  });
});
