import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parseDocument } from '../../core/config/document.js';
import { ConfigErrors, type GatewayError } from '../../core/errors.js';
import { sha256 } from '../../core/etcd/chunked-value.js';
import { etcdConnector } from '../../core/etcd/etcd-connector.js';
import { ReleaseCache } from '../../core/etcd/release-cache.js';
import { EtcdSource, type EtcdSourceOptions } from '../../core/etcd-source.js';
import { releaseValue } from '../../core/release.js';
import {
  describeConfigSource,
  documentOf,
  ReportQueue,
  type SourceSubject,
} from '../contract/config-source.contract.js';
import { EtcdFleet } from '../support/etcd-fleet.js';
import { EtcdCluster } from '../support/etcd-process.js';

let cluster: EtcdCluster;
let subjects = 0;

before(async () => {
  cluster = await EtcdCluster.start();
});
after(() => cluster.stop());

interface Subject extends SourceSubject {
  readonly fleet: EtcdFleet;
  readonly source: EtcdSource;
  readonly cacheFolder: string;
  /** Another source over the same fleet and cache, which `dispose` closes too. */
  again(options?: Partial<EtcdSourceOptions>): EtcdSource;
}

async function open(text: string | null): Promise<Subject> {
  subjects += 1;
  const fleet = new EtcdFleet(cluster.store(), `fleet-${subjects}`);
  const cacheFolder = mkdtempSync(join(tmpdir(), 'sluice-cache-'));
  const sources: EtcdSource[] = [];
  const again = (options: Partial<EtcdSourceOptions> = {}): EtcdSource => {
    const { prefix } = fleet.keys;
    const source = new EtcdSource({
      description: cluster.location(prefix),
      connect: etcdConnector({ endpoints: cluster.endpoints, prefix }),
      keys: fleet.keys,
      channel: 'stable',
      node: `node-${sources.length}`,
      cache: new ReleaseCache(cacheFolder),
      findSecrets: () => () => [],
      ...options,
    });
    sources.push(source);
    return source;
  };
  if (text !== null) await fleet.apply(text);
  return {
    fleet,
    cacheFolder,
    source: again(),
    again,
    write: async (next) => {
      await fleet.apply(next);
    },
    remove: async () => {
      await fleet.store.commit([], [{ remove: fleet.keys.channel('stable') }]);
    },
    dispose: async () => {
      await Promise.all(sources.map((source) => source.close()));
      fleet.store.close();
      rmSync(cacheFolder, { recursive: true, force: true });
    },
  };
}

describeConfigSource('a source over etcd', open);

async function withSubject(text: string | null, body: (subject: Subject) => Promise<void>): Promise<void> {
  const subject = await open(text);
  try {
    await body(subject);
  } finally {
    await subject.dispose();
  }
}

const MODULE = Buffer.from('\0asm\x01\0\0\0');

function documentWith(modules: readonly string[]): string {
  const filters = Object.fromEntries(modules.map((module, index) => [`f${index}`, { module, config: {} }]));
  return JSON.stringify({ listeners: [{ name: 'a', address: '127.0.0.1:0' }], filters });
}

describe('a release', () => {
  test('brings the modules that it names', () =>
    withSubject(null, async ({ fleet, source }) => {
      const digest = sha256(MODULE);
      await fleet.apply(documentWith([`etcd:mine@sha256:${digest}`]), 'stable', [MODULE]);
      const { modules } = await source.load();
      assert.deepEqual([...modules], [[digest, MODULE]]);
    }));

  test('of many chunks is whole, or is refused', () =>
    withSubject(null, async ({ fleet, source }) => {
      const text = `${documentOf('a')}# ${'x'.repeat(3 * 1024 * 1024)}\n`;
      const id = await fleet.apply(text);
      assert.equal((await source.load()).id, id);
      const chunk = (await fleet.store.keys(fleet.keys.releases)).find((key) => key.endsWith('/00002'))!;
      await fleet.store.commit([], [{ put: chunk, value: Buffer.from('something else') }]);
      await fleet.apply(documentOf('b'));
      const other = await source.load();
      assert.notEqual(other.id, id);
      await fleet.flip(id);
      await rejectsWith(source.load(), 'SLUICE_CONFIG_RELEASE', /another digest/);
      await fleet.store.commit([], [{ remove: chunk }]);
      await rejectsWith(source.load(), 'SLUICE_CONFIG_RELEASE', /chunk 2 of 13 is missing/);
      await fleet.apply(text);
      assert.equal((await source.load()).id, id, 'publishing again mends it');
    }));

  test('that names a module which is missing, or is another, is refused', () =>
    withSubject(null, async ({ fleet, source }) => {
      await fleet.apply(documentWith([`etcd:mine@sha256:${'0'.repeat(64)}`]));
      await rejectsWith(source.load(), 'SLUICE_CONFIG_RELEASE', /module sha256:0{64} is not in the store/);
    }));

  test('does not name files of whoever runs it', () =>
    withSubject(documentWith(['./mine.wasm']), async ({ source }) => {
      await rejectsWith(source.load(), 'SLUICE_CONFIG_INVALID', /found the file \/mine\.wasm/);
    }));

  test('is tried again when somebody points to it again', () =>
    withSubject(documentOf('a'), async ({ fleet, source }) => {
      const reports = new ReportQueue();
      await source.load();
      source.watch(reports);
      const id = await fleet.releases.publish({
        text: documentOf('b'),
        value: null,
        modules: [],
        createdBy: 'test',
        message: '',
      });
      const chunks = (await fleet.store.keys(`${fleet.keys.releases}${id}/`)).filter((key) =>
        /\d$/.test(key),
      );
      await fleet.store.commit([], [{ remove: chunks[0]! }]);
      await fleet.flip(id);
      assert.equal((await reports.takeErrors()).errors[0]!.code, 'SLUICE_CONFIG_RELEASE');
      await fleet.apply(documentOf('b'));
      assert.equal((await reports.takeRevision()).id, id);
    }));
});

describe('the value of a release', () => {
  const valueIn = (text: string): string => releaseValue(parseDocument(text, 'd'));
  const publish = (fleet: EtcdFleet, text: string, value: string | null): Promise<string> =>
    fleet.releases.publish({ text, value, modules: [], createdBy: 'test', message: '' });

  test('is what runs, and who compares finds one that the text does not say', () =>
    withSubject(null, async ({ fleet, source, again }) => {
      await fleet.flip(await publish(fleet, documentOf('text'), valueIn(documentOf('value'))));
      assert.equal((await source.load()).config.listeners[0]!.name, 'value');
      const comparing = again({ comparesValues: true });
      await rejectsWith(
        comparing.load(),
        'SLUICE_CONFIG_RELEASE',
        /found a value that its text does not say/,
      );
      // Published again, it says what its text says; the same id, so gateways take it with a reload.
      await publish(fleet, documentOf('text'), valueIn(documentOf('text')));
      assert.equal((await comparing.load()).config.listeners[0]!.name, 'text');
      const reports = new ReportQueue();
      source.watch(reports);
      await source.reload();
      assert.equal((await reports.takeRevision()).config.listeners[0]!.name, 'text');
    }));

  test('is refused when something of it is missing, or it is no JSON', () =>
    withSubject(null, async ({ fleet, source }) => {
      const text = documentOf('a');
      const id = await fleet.apply(text);
      const chunk = (await fleet.store.keys(fleet.keys.releases)).find((key) => key.endsWith('/00001'))!;
      await fleet.store.commit([], [{ remove: chunk }]);
      await rejectsWith(
        source.load(),
        'SLUICE_CONFIG_RELEASE',
        /value of release \w+: chunk 0 of 1 is missing/,
      );
      await fleet.store.commit([], [{ put: chunk, value: Buffer.from('{}') }]);
      await rejectsWith(source.load(), 'SLUICE_CONFIG_RELEASE', /value of release \w+: found 2 bytes/);
      await fleet.apply(text);
      assert.equal((await source.load()).id, id, 'publishing again mends it');
      await fleet.flip(await publish(fleet, documentOf('b'), '{'));
      await rejectsWith(source.load(), 'SLUICE_CONFIG_RELEASE', /its value is not JSON/);
    }));

  test('is in memory that the thread which validates it is given without a copy', () =>
    withSubject(null, async ({ fleet }) => {
      const text = documentOf('a');
      const document = await fleet.releases.readDocument(await fleet.apply(text));
      assert.equal(document.text.toString(), text);
      assert.ok(document.text.buffer instanceof SharedArrayBuffer);
      assert.ok(document.value!.buffer instanceof SharedArrayBuffer);
    }));

  test('that is refused is refused at the places of its text', () =>
    withSubject(null, async ({ fleet, source }) => {
      const text = `# a line\n${documentOf('a')}nonsense: 1\n`;
      await fleet.apply(text);
      await rejectsWith(source.load(), 'SLUICE_CONFIG_INVALID', /:5:1 \/nonsense: found the unknown key/);
    }));

  test('is made of the text where a release has none, until it is published again', () =>
    withSubject(null, async ({ fleet, source }) => {
      const text = documentOf('a');
      const id = await publish(fleet, text, null);
      await fleet.flip(id);
      assert.equal((await fleet.releases.manifest(id))!.value, undefined);
      assert.equal((await source.load()).config.listeners[0]!.name, 'a');
      await fleet.apply(text);
      assert.equal((await fleet.releases.readDocument(id)).value!.toString(), valueIn(text));
    }));
});

describe('the last good release', () => {
  test('is kept once it was applied, with its modules, and is checked when it is read', () =>
    withSubject(null, async ({ fleet, source, again, cacheFolder }) => {
      const digest = sha256(MODULE);
      const id = await fleet.apply(documentWith([`etcd:mine@sha256:${digest}`]), 'stable', [MODULE]);
      const revision = await source.load();
      assert.equal(await again().lastGood(), null, 'nothing was applied yet');
      source.applied(revision);
      await source.close();
      const kept = await again({ connect: () => Promise.reject(new Error('down')) }).lastGood();
      assert.equal(kept?.id, id);
      assert.deepEqual([...kept.modules], [[digest, MODULE]]);

      const documents = readdirSync(cacheFolder).filter((file) => file.endsWith('.document'));
      assert.equal(documents.length, 1, 'text and value are equal here, and kept once');
      const change = (file: string, from: string, to: string): void => {
        const path = join(cacheFolder, file);
        writeFileSync(path, readFileSync(path, 'utf8').replace(from, to));
      };
      change(documents[0]!, '127.0.0.1', '127.0.0.2');
      await rejectsWith(again().lastGood(), 'SLUICE_CONFIG_RELEASE', /missing, or not what its name says/);
      change(documents[0]!, '127.0.0.2', '127.0.0.1');
      assert.equal((await again().lastGood())?.id, id);
      change('release.json', id, id.replace(/./g, '0'));
      await rejectsWith(again().lastGood(), 'SLUICE_CONFIG_RELEASE', /digest of its first line/);
    }));

  test('holds what the store holds of secrets, and nothing else of them', () =>
    withSubject(documentOf('a'), async ({ fleet, source, cacheFolder }) => {
      await fleet.store.commit([], [{ put: fleet.keys.secret('users/token'), value: Buffer.from('sealed') }]);
      source.applied(await source.load());
      await source.close();
      const [first, ...rest] = readFileSync(join(cacheFolder, 'release.json'), 'utf8').split('\n');
      assert.equal(first, sha256(Buffer.from(rest.join('\n'))));
      assert.deepEqual(JSON.parse(rest.join('\n')).secrets, {
        'users/token': Buffer.from('sealed').toString('base64'),
      });
    }));
});

describe('a node', () => {
  test('says what it runs, what it refuses, and leaves when it closes', () =>
    withSubject(documentOf('a'), async ({ fleet, source }) => {
      const revision = await source.load();
      source.applied(revision);
      source.watch(new ReportQueue());
      const report = await nodeUntil(fleet, (node) => node?.['release'] === revision.id);
      assert.equal(report!['channel'], 'stable');
      assert.equal(report!['lastError'], null);
      source.refused(new ConfigErrors([]), { ...revision, id: 'another' });
      const refusing = await nodeUntil(fleet, (node) => node?.['lastError'] !== null);
      assert.equal(refusing!['refused'], 'another');
      source.applied(revision);
      assert.equal((await nodeUntil(fleet, (node) => node?.['lastError'] === null))!['refused'], null);
      await source.close();
      await nodeUntil(fleet, (node) => node === null);
    }));
});

describe('secrets of the store', () => {
  test('that change make a new report of the same release', () =>
    withSubject(documentOf('a'), async ({ fleet, source }) => {
      const reports = new ReportQueue();
      const { id } = await source.load();
      source.watch(reports);
      await fleet.store.commit([], [{ put: fleet.keys.secret('a'), value: Buffer.from('1') }]);
      assert.equal((await reports.takeRevision()).id, id);
    }));
});

async function nodeUntil(
  { store, keys }: EtcdFleet,
  fits: (node: Record<string, unknown> | null) => boolean,
): Promise<Record<string, unknown> | null> {
  for (;;) {
    const entry = await store.get(keys.node('node-0'));
    const node = entry === null ? null : (JSON.parse(entry.value.toString()) as Record<string, unknown>);
    if (fits(node)) return node;
  }
}

async function rejectsWith(promise: Promise<unknown>, code: string, message: RegExp): Promise<void> {
  await assert.rejects(promise, (error) => {
    const [first] = (error as ConfigErrors).errors as [GatewayError];
    assert.equal(first.code, code);
    assert.match(first.message, message);
    return true;
  });
}
