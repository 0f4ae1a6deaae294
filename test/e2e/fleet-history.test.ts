// `sluice releases`, `rollback` and `prune` against a real etcd, with gateways that follow.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { EtcdCluster } from '../support/etcd-process.js';
import { configOf, FleetStage, UNFIT } from '../support/fleet-stage.js';
import { sluice } from '../support/gateway-process.js';
import { guestBytes } from '../support/test-guests.js';

let cluster: EtcdCluster;
before(async () => {
  cluster = await EtcdCluster.start();
});
after(() => cluster.stop());

describe('sluice rollback', () => {
  test('goes back one release each time, with the gateways', async (t) => {
    const stage = new FleetStage(t, cluster, 'back');
    const [a, b, c] = [
      await stage.fleet.apply(configOf('/a')),
      await stage.fleet.apply(configOf('/b')),
      await stage.fleet.apply(configOf('/c')),
    ];
    await stage.gateway('one');
    await stage.reported('one', (report) => report?.['release'] === c);
    const first = await stage.run('rollback', '--yes', '--wait');
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stdout, new RegExp(`^--- release ${c} of channel stable\n\\+\\+\\+ release ${b}\n`));
    assert.match(first.stdout, /^-\s+"path": "\/c",\n\+\s+"path": "\/b",\n/m);
    assert.match(
      first.stdout,
      new RegExp(`^stable: release ${b}, before ${c}\n1 of 1 gateway runs ${b}\n$`, 'm'),
    );
    const dry = await stage.json<{ release: string; outcome: string }>('rollback', '--dry-run');
    assert.deepEqual([dry.code, dry.release, dry.outcome], [0, a, 'dry-run']);
    const second = await stage.json<{ release: string; nodes: { state: string }[] }>(
      'rollback',
      '--yes',
      '--wait',
    );
    assert.deepEqual(
      [second.code, second.release, second.nodes.map(({ state }) => state)],
      [0, a, ['current']],
    );
    assert.equal(await stage.release(), a);
    const third = await stage.run('rollback', '--yes');
    assert.equal(third.code, 1);
    assert.match(third.stderr, /^SLUICE_CONFIG_RELEASE channel stable: found release \w+ and none before it/);
    assert.equal((await stage.run('rollback', c, '--yes')).code, 0);
    assert.equal(await stage.release(), c);
  });

  test('refuses what cannot run now, what is not there, and whom it cannot ask', async (t) => {
    const stage = new FleetStage(t, cluster, 'no-way-back');
    const unfit = await stage.fleet.apply(configOf('/a', UNFIT));
    const id = await stage.fleet.apply(configOf('/b'));
    const ends = await Promise.all(
      [['--yes'], ['0123456789ab', '--yes'], ['nonsense', '--yes'], [], [id, '--yes']].map((args) =>
        stage.run('rollback', ...args),
      ),
    );
    assert.deepEqual(
      ends.map(({ code, stderr }) => [code, /^[A-Z_]*/.exec(stderr)![0]]),
      [
        [1, 'SLUICE_FILTER_CONFIG'],
        [1, 'SLUICE_CONFIG_RELEASE'],
        [2, ''],
        [2, ''],
        [0, ''],
      ],
    );
    assert.equal(await stage.release(), id);
    const nowhere = await stage.run('rollback', '--yes', '--channel', 'nowhere');
    assert.match(nowhere.stderr, /^SLUICE_CONFIG_RELEASE channel nowhere: found no such channel/);
    assert.notEqual(unfit, id);
  });
});

describe('sluice releases', () => {
  test('lists what was published, by whom, and where it runs', async (t) => {
    const stage = new FleetStage(t, cluster, 'list');
    const first = await stage.fleet.apply(configOf('/a'));
    await stage.gateway('one');
    await stage.reported('one', (report) => report?.['release'] === first);
    const file = stage.file('b.json', configOf('/b'));
    const args = ['--channel', 'canary', '--yes', '--message', 'try\u001b[2J it'];
    assert.equal((await stage.run('apply', file, ...args)).code, 0);
    const second = await stage.release('canary');
    const { code, stdout } = await stage.run('releases');
    assert.equal(code, 0);
    const [head, ...rows] = stdout.trimEnd().split('\n');
    assert.match(head!, /^RELEASE +CREATED +BY +CHANNELS +GATEWAYS +MESSAGE$/);
    assert.match(rows[0]!, new RegExp(`^${second}  \\S+Z  \\S+@\\S+ +canary +- +try\\\\x1b\\[2J it$`));
    assert.match(rows[1]!, new RegExp(`^${first}  \\S+Z  test +stable +one$`));
    const listed = JSON.parse((await stage.run('releases', '--json')).stdout) as Record<string, unknown>[];
    const names = ['id', 'createdAt', 'createdBy', 'message', 'bytes', 'modules', 'channels', 'nodes'];
    assert.deepEqual(Object.keys(listed[0]!).sort(), names.sort());
    assert.deepEqual(
      listed.map(({ id, channels, nodes, message }) => ({ id, channels, nodes, message })),
      [
        { id: second, channels: ['canary'], nodes: [], message: 'try\u001b[2J it' },
        { id: first, channels: ['stable'], nodes: ['one'], message: '' },
      ],
    );
  });
});

describe('sluice prune', () => {
  test('removes what nothing needs, and gateways that start later run on', async (t) => {
    const stage = new FleetStage(t, cluster, 'tidy');
    stage.file('f.wasm', await guestBytes('upper-body'));
    const withModule = configOf('/a', { filters: { f: { module: './f.wasm' } } });
    assert.equal((await stage.run('apply', stage.file('a.json', withModule), '--yes')).code, 0);
    const first = (await stage.release())!;
    for (const path of ['/b', '/c']) await stage.fleet.apply(configOf(path));
    const dry = await stage.run('prune', '--keep', '0', '--dry-run');
    assert.match(
      dry.stdout,
      new RegExp(`^release ${first}\nmodule sha256:[0-9a-f]{64}\n1 release, 1 module would be removed\n$`),
    );
    const kept = await stage.json<{ releases: string[] }>('prune');
    assert.deepEqual(kept.releases, [], 'the newest ten stay');
    const done = await stage.run('prune', '--keep', '0');
    assert.equal(done.stdout, dry.stdout.replace('would be removed', 'removed'));
    assert.deepEqual(await stage.fleet.store.keys(stage.fleet.keys.modules), []);
    const gateway = await stage.gateway('late');
    assert.equal(await gateway.stop(), 0);
    const gone = await stage.run('rollback', first, '--yes');
    assert.match(gone.stderr, /^SLUICE_CONFIG_RELEASE release \w+ is not in the store/);
    for (const args of [['--keep', '-1'], ['--keep', 'x'], ['more']])
      assert.equal((await stage.run('prune', ...args)).code, 2);
  });
});

describe('every command of a fleet', () => {
  test('has its help, and says when it cannot reach etcd', async (t) => {
    const stage = new FleetStage(t, cluster, 'help');
    const commands = ['apply', 'diff', 'rollback', 'releases', 'status', 'prune'];
    const main = await sluice('--help');
    for (const command of commands) {
      assert.match(main.stdout, new RegExp(`^  sluice ${command} `, 'm'));
      const { code, stdout } = await sluice(command, '--help');
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`^sluice ${command} `));
      assert.ok(stdout.split('\n').every((line) => line.length <= 130));
    }
    assert.equal((await sluice('status', '--config', 'etcd://127.0.0.1:1/x', '--etcd-ca', 'x')).code, 2);
    const down = await sluice('status', '--config', 'etcd://127.0.0.1:1/x');
    assert.equal(down.code, 1);
    assert.match(down.stderr, /^SLUICE_CONFIG_STORE_UNREACHABLE 127\.0\.0\.1:1: /);
    const typo = await stage.run('status', '--channel', 'stabel');
    assert.equal(typo.code, 1);
    assert.match(typo.stderr, /^SLUICE_CONFIG_UNREADABLE found no channel stabel, expected /);
    const nowhere = await stage.run('status');
    assert.equal(nowhere.code, 1);
    assert.match(nowhere.stderr, /^SLUICE_CONFIG_UNREADABLE found no channel and no gateway under help, /);
  });
});
