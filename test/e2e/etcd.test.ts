// `sluice run` from a real etcd, as an operator runs it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { EtcdFleet } from '../support/etcd-fleet.js';
import { EtcdCluster } from '../support/etcd-process.js';
import { GatewayProcess, sluice } from '../support/gateway-process.js';
import { freePort } from '../support/process-set.js';

let cluster: EtcdCluster;
let upstream: ReturnType<typeof createServer>;

before(async () => {
  cluster = await EtcdCluster.start();
  upstream = createServer((_, response) => response.end('here'));
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
});
after(async () => {
  upstream.close();
  await cluster.stop();
});

function configOf(path: string, more: object = {}): string {
  return JSON.stringify({
    listeners: [{ name: 'public', address: '127.0.0.1:0' }],
    admin: { address: '127.0.0.1:0' },
    upstreams: {
      app: { targets: [{ url: `http://127.0.0.1:${(upstream.address() as { port: number }).port}` }] },
    },
    routes: [{ id: 'one', match: { path, methods: ['GET'] }, filters: [], upstream: 'app' }],
    ...more,
  });
}

function fleetOf(test: TestContext, name: string): EtcdFleet {
  const fleet = new EtcdFleet(cluster.store(), name);
  test.after(() => fleet.store.close());
  return fleet;
}

/** Goes with the process: a gateway that writes to it outlives the first hooks of its test. */
function cacheOf(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-cache-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function statusOf(gateway: GatewayProcess, path: string): Promise<number> {
  const response = await fetch(gateway.url(path));
  await response.text();
  return response.status;
}

async function readiness(gateway: GatewayProcess): Promise<{ ready: boolean; reasons: string[] }> {
  const response = await fetch(`http://127.0.0.1:${gateway.adminPort}/readyz`);
  return (await response.json()) as { ready: boolean; reasons: string[] };
}

describe('sluice run --config etcd://', () => {
  test('serves what its channel points to, and follows it', async (t) => {
    const fleet = fleetOf(t, 'follow');
    await fleet.apply(configOf('/a'));
    await fleet.apply(configOf('/canary'), 'canary');
    const gateway = await GatewayProcess.startFrom(t, cluster.location('follow'), ['--cache', cacheOf()]);
    assert.equal(await statusOf(gateway, '/a'), 200);
    const id = await fleet.apply(configOf('/b'));
    await gateway.logged((line) => line['msg'] === 'configuration applied' && line['revision'] === id);
    assert.equal(await statusOf(gateway, '/a'), 404);
    assert.equal(await statusOf(gateway, '/b'), 200);
    assert.equal(await statusOf(gateway, '/canary'), 404);
    assert.equal(await gateway.stop(), 0);
  });

  test('goes on with what it has when a release is bad', async (t) => {
    const fleet = fleetOf(t, 'bad');
    await fleet.apply(configOf('/a'));
    const gateway = await GatewayProcess.startFrom(t, cluster.location('bad'), ['--cache', cacheOf()]);
    await fleet.apply('listeners: 5');
    await gateway.logged((line) => line['code'] === 'SLUICE_CONFIG_INVALID');
    assert.equal(await statusOf(gateway, '/a'), 200);
    assert.deepEqual((await readiness(gateway)).reasons, [
      'the last configuration was refused; the one before it runs',
    ]);
  });

  test('starts with the last good release when the one of its channel cannot be built', async (t) => {
    const fleet = fleetOf(t, 'restart');
    const cache = cacheOf();
    await fleet.apply(configOf('/a'));
    const first = await GatewayProcess.startFrom(t, cluster.location('restart'), ['--cache', cache]);
    await first.stop();
    // Fits the schema, and no worker can load it.
    const filters = { f: { module: 'builtin:policy', config: { nonsense: true } } };
    await fleet.apply(configOf('/b', { filters }));
    const second = await GatewayProcess.startFrom(t, cluster.location('restart'), ['--cache', cache]);
    assert.equal(await statusOf(second, '/a'), 200);
    assert.match((await readiness(second)).reasons.join(), /refused/);
    await fleet.apply(configOf('/c'));
    await second.logged((line) => line['msg'] === 'configuration applied');
    assert.equal(await statusOf(second, '/c'), 200);
    assert.deepEqual((await readiness(second)).reasons, []);
  });

  test('starts and serves while etcd is down, says so, and catches up by itself', async (t) => {
    const own = await EtcdCluster.start();
    t.after(() => own.stop());
    const fleet = new EtcdFleet(own.store(), 'down');
    const cache = cacheOf();
    await fleet.apply(configOf('/a'));
    const first = await GatewayProcess.startFrom(t, own.location('down'), ['--cache', cache]);
    await first.stop();
    fleet.store.close();
    const [member] = own.members;
    await member!.kill();

    const second = await GatewayProcess.startFrom(t, own.location('down'), ['--cache', cache]);
    assert.equal(await statusOf(second, '/a'), 200);
    await second.logged((line) => line['code'] === 'SLUICE_CONFIG_STORE_UNREACHABLE');
    const down = await readiness(second);
    assert.equal(down.ready, true);
    assert.match(
      down.reasons.join(),
      /the configuration store cannot be followed: 127\.0\.0\.1:\d+: .*ECONNREFUSED.*; what runs was current \d+ s ago/,
    );
    own.startMember(member!);
    await own.ready();
    const later = new EtcdFleet(own.store(), 'down');
    t.after(() => later.store.close());
    const id = await later.apply(configOf('/b'));
    await second.logged((line) => line['revision'] === id);
    assert.equal(await statusOf(second, '/b'), 200);
    assert.deepEqual((await readiness(second)).reasons, []);
  });

  test('says that it cannot keep what runs, from its first release on', async (t) => {
    const fleet = fleetOf(t, 'kept');
    const file = join(cacheOf(), 'no-folder');
    writeFileSync(file, '');
    await fleet.apply(configOf('/a'));
    const gateway = await GatewayProcess.startFrom(t, cluster.location('kept'), ['--cache', file]);
    const { level, msg } = await gateway.logged((line) => /cannot be kept/.test(String(line['msg'])));
    assert.equal(level, 'warn');
    assert.match(String(msg), /^the release cannot be kept in \S+no-folder: E(?:NOTDIR|EXIST): /);
    const { ready, reasons } = await readiness(gateway);
    assert.equal(ready, true);
    assert.deepEqual(reasons, ['what runs cannot be kept for a start without its store; the log says why']);
    const metrics = await (await fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`)).text();
    assert.match(metrics, /^sluice_config_last_good_kept 0$/m);
  });

  test('says why what ran last cannot be started either', async (t) => {
    const own = await EtcdCluster.start();
    t.after(() => own.stop());
    const fleet = new EtcdFleet(own.store(), 'either');
    t.after(() => fleet.store.close());
    const port = await freePort();
    const cache = cacheOf();
    await fleet.apply(configOf('/a', { listeners: [{ name: 'public', address: `127.0.0.1:${port}` }] }));
    const first = await GatewayProcess.startFrom(t, own.location('either'), ['--cache', cache]);
    await first.stop();
    await own.members[0]!.kill();
    const start = (folder: string): ReturnType<typeof sluice> =>
      sluice('run', '--config', own.location('either'), '--cache', folder);

    const taken = createServer().listen(port, '127.0.0.1');
    t.after(() => taken.close());
    await once(taken, 'listening');
    const further = (code: string, why: string): RegExp =>
      new RegExp(
        `^SLUICE_CONFIG_STORE_UNREACHABLE .*\n${code} what ran last cannot be started either: ${why}`,
      );
    const bound = await start(cache);
    assert.equal(bound.code, 1);
    assert.match(bound.stderr, further('SLUICE_LISTEN_ADDRESS', 'listener public cannot bind'));
    const file = join(cache, 'release.json');
    assert.match((await start(file)).stderr, further('SLUICE_CONFIG_UNREADABLE', '\\S+: found ENOTDIR'));
    writeFileSync(file, 'something else');
    assert.match((await start(cache)).stderr, further('SLUICE_CONFIG_RELEASE', '\\S+release\\.json'));
  });

  test('says what is wrong when there is nothing to start with', async () => {
    const nobody = await sluice('run', '--config', 'etcd://127.0.0.1:1/none', '--cache', cacheOf());
    assert.equal(nobody.code, 1);
    assert.match(nobody.stderr, /^SLUICE_CONFIG_STORE_UNREACHABLE 127\.0\.0\.1:1: /);
    const empty = await sluice('run', '--config', cluster.location('empty'), '--cache', cacheOf());
    assert.equal(empty.code, 1);
    assert.match(
      empty.stderr,
      /^SLUICE_CONFIG_UNREADABLE .*found no empty\/channels\/stable, expected a channel/,
    );
    const wrong = await sluice('run', '--config', 'etcd://user:pw@127.0.0.1:1/none');
    assert.equal(wrong.code, 2);
    assert.doesNotMatch(wrong.stderr, /pw/);
    assert.equal((await sluice('run', '--config', 'sluice.yaml', '--channel', 'canary')).code, 2);
  });
});
