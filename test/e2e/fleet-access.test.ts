// A fleet with users of etcd, and with secrets: who may do what, and what each of them needs to know.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Etcd3 } from 'etcd3';
import { EtcdCluster } from '../support/etcd-process.js';
import { ETCD_PASSWORD, requireUsers } from '../support/etcd-users.js';
import { configOf, FleetStage } from '../support/fleet-stage.js';
import { sluice } from '../support/gateway-process.js';
import { SealedFleet } from '../support/sealed-fleet.js';

/** As docs/fleet.md has it: gateways read, and write below `nodes/` only. */
function addUsers(cluster: EtcdCluster, fleet: string): Promise<void> {
  const prefix = `${fleet}/`;
  return requireUsers(cluster, {
    operator: [{ permission: 'Readwrite', prefix }],
    gateway: [
      { permission: 'Read', prefix },
      { permission: 'Readwrite', prefix: `${prefix}nodes/` },
    ],
  });
}

describe('a fleet with users of etcd', () => {
  test('is changed by operators, and followed by gateways that can change nothing', async (t) => {
    const cluster = await EtcdCluster.start();
    t.after(() => cluster.stop());
    await addUsers(cluster, 'users');
    const stage = new FleetStage(t, cluster, 'users');
    const password = stage.file('password', `${ETCD_PASSWORD}\n`);
    const as = (name: string): string[] => ['--etcd-user', name, '--etcd-password-file', password];
    const file = stage.file('a.json', configOf('/a'));
    const stranger = await stage.run('apply', file, '--yes');
    assert.deepEqual([stranger.code, stranger.stdout], [1, '']);
    assert.match(stranger.stderr, /^SLUICE_CONFIG_STORE_DENIED /);
    assert.equal((await stage.run('apply', file, '--yes', ...as('operator'))).code, 0);

    const gateway = await stage.gateway('one', ...as('gateway'));
    await stage.reported('one', (report) => report !== null);
    const next = stage.file('b.json', configOf('/b'));
    const denied = await stage.run('apply', next, '--yes', ...as('gateway'));
    assert.match(denied.stderr, /^SLUICE_CONFIG_STORE_DENIED /);
    const applied = await stage.run('apply', next, '--yes', '--wait', ...as('operator'));
    assert.equal(applied.code, 0, applied.stderr);
    assert.match(applied.stdout, /^1 of 1 gateway runs /m);
    assert.equal((await stage.run('status', ...as('gateway'))).code, 0);
    assert.equal((await stage.run('prune', '--keep', '0', ...as('operator'))).code, 0);
    assert.equal(await gateway.stop(), 0);
    await stage.reported('one', (report) => report === null);
  });
});

describe('a gateway with a user of etcd', () => {
  test('shows the password that its file has now', async (t) => {
    const cluster = await EtcdCluster.start();
    t.after(() => cluster.stop());
    const stage = new FleetStage(t, cluster, 'renewed');
    await stage.fleet.apply(configOf('/a'));
    await addUsers(cluster, 'renewed');
    const password = stage.file('password', `${ETCD_PASSWORD}\n`);
    const gateway = await stage.gateway('one', '--etcd-user', 'gateway', '--etcd-password-file', password);

    const client = new Etcd3({
      hosts: `http://${cluster.endpoints[0]}`,
      auth: { username: 'root', password: ETCD_PASSWORD },
    });
    await client.user('gateway').setPassword('another one');
    client.close();
    stage.file('password', 'another one\n');
    await cluster.reconfigure({});
    await gateway.logged((line) => line['msg'] === 'the configuration store is followed again');
    assert.equal(await gateway.stop(), 0);
  });
});

describe('a fleet with secrets', () => {
  test('takes and goes back to what resolves with the keys at hand, and nothing else', async (t) => {
    const cluster = await EtcdCluster.start();
    t.after(() => cluster.stop());
    const stage = new FleetStage(t, cluster, 'sealed');
    const sealed = new SealedFleet(t, cluster, 'sealed');
    const upstreams = {
      app: { targets: [{ url: 'http://127.0.0.1:9' }], headers: { authorization: 'secret://token' } },
    };
    const file = stage.file('a.json', configOf('/a', { upstreams }));
    const keys = ['--keys', sealed.keyFile];
    const early = await stage.run('apply', file, '--yes', ...keys);
    assert.equal(early.code, 1);
    assert.match(
      early.stderr,
      /^SLUICE_SECRET_UNRESOLVED .*a\.json:\d+:\d+ \/upstreams\/app\/headers\/authorization/,
    );
    await sealed.put('token', 'hunter2 hunter2');
    assert.equal((await stage.run('apply', file, '--yes')).code, 1, 'without the keys');
    const { code, stdout, stderr } = await stage.run('apply', file, '--yes', ...keys);
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stdout, /hunter2/);
    const checked = await sluice('check', stage.location, '--against', file, ...keys);
    assert.equal(checked.code, 1, 'secrets of the store are none of a file');
    assert.equal((await sluice('check', stage.location, ...keys)).code, 0);

    await stage.fleet.apply(configOf('/b'));
    await stage.fleet.store.commit([], [{ remove: stage.fleet.keys.secret('token') }]);
    const gone = await stage.run('rollback', '--yes', ...keys);
    assert.match(gone.stderr, /^SLUICE_SECRET_UNRESOLVED release \w+:\d+:\d+ /);
    await sealed.put('token', 'another');
    const back = await stage.run('rollback', '--yes', ...keys);
    assert.equal(back.code, 0, back.stderr);
    assert.doesNotMatch(back.stdout, /another/);
  });
});
