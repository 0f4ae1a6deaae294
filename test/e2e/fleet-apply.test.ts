// `sluice apply`, `diff` and `check` against a real etcd, with gateways that follow.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { sha256 } from '../../core/etcd/chunked-value.js';
import { EtcdCluster } from '../support/etcd-process.js';
import { configOf, FleetStage, UNFIT } from '../support/fleet-stage.js';
import { sluice } from '../support/gateway-process.js';
import { guestBytes } from '../support/test-guests.js';

let cluster: EtcdCluster;
before(async () => {
  cluster = await EtcdCluster.start();
});
after(() => cluster.stop());

interface Applied {
  readonly release: string;
  readonly before: string | null;
  readonly outcome: string;
  readonly diff: string;
  readonly changes: readonly { readonly kind: string; readonly path: string }[] | null;
  readonly widening: boolean;
  readonly nodes: readonly { readonly node: string; readonly state: string }[] | null;
}

describe('sluice apply', () => {
  test('shows what changes, publishes and flips; the same again changes nothing', async (t) => {
    const stage = new FleetStage(t, cluster, 'apply');
    const first = await stage.run('apply', stage.file('a.json', configOf('/a')), '--yes');
    assert.equal(first.code, 0, first.stderr);
    const id = await stage.release();
    assert.match(first.stdout, /^--- release none of channel stable\n\+\+\+ .*a\.json\n@@ -0,0 \+1,\d+ @@\n/);
    assert.match(first.stdout, /^reachable GET \* \/a \[one\]\n1 reachable\n/m);
    assert.match(first.stdout, new RegExp(`^stable: release ${id}\n$`, 'm'));

    const file = stage.file('b.json', configOf('/b'));
    const second = await stage.run('apply', file, '--yes', '--message', 'move it');
    assert.equal(second.code, 0, second.stderr);
    assert.match(second.stdout, new RegExp(`^--- release ${id} of channel stable\n`));
    assert.match(second.stdout, /^-\s+"path": "\/a",\n\+\s+"path": "\/b",\n/m);
    assert.match(second.stdout, /^1 reachable, 1 unreachable\n/m);
    const now = (await stage.release())!;
    assert.equal(second.stdout.split('\n').at(-2), `stable: release ${now}, before ${id}`);
    const manifest = await stage.fleet.releases.manifest(now);
    assert.equal(manifest!.message, 'move it');
    assert.match(manifest!.createdBy, /@/);

    const { pointer } = await stage.fleet.channels.read('stable');
    const third = await stage.run('apply', file, '--yes');
    assert.deepEqual(third, {
      code: 0,
      stdout: `stable: runs release ${now} already, nothing to do\n`,
      stderr: '',
    });
    assert.deepEqual((await stage.fleet.channels.read('stable')).pointer, pointer);
  });

  test('publishes module files by their digest, once, and gateways run them', async (t) => {
    const stage = new FleetStage(t, cluster, 'modules');
    const bytes = await guestBytes('upper-body');
    stage.file('filters/my mark.wasm', bytes);
    stage.file('copy.wasm', bytes);
    const text = [
      'listeners: [{ name: public, address: "127.0.0.1:0" }] # one',
      'upstreams: { app: { targets: [{ url: "http://127.0.0.1:9" }] } }',
      'filters:',
      '  one: { module: "./filters/my mark.wasm" } # ours',
      '  two: { module: copy.wasm }',
      'routes: []',
      '',
    ].join('\n');
    const { code, stderr } = await stage.run('apply', stage.file('m.yaml', text), '--yes');
    assert.equal(code, 0, stderr);
    const digest = sha256(bytes);
    const release = (await stage.release())!;
    assert.equal(
      await stage.fleet.releases.read(release),
      text
        .replace('./filters/my mark.wasm', `etcd:my-mark@sha256:${digest}`)
        .replace('copy.wasm', `etcd:copy@sha256:${digest}`),
    );
    assert.deepEqual((await stage.fleet.releases.manifest(release))!.modules, [digest]);
    const chunks = await stage.fleet.store.keys(stage.fleet.keys.modules);
    await stage.gateway('one');

    // Another release with the same module, from the store this time, writes no module.
    const published = await stage.fleet.releases.read(release);
    const again = await stage.run('apply', stage.file('n.yaml', `${published}# more\n`), '--yes');
    assert.equal(again.code, 0, again.stderr);
    assert.deepEqual(await stage.fleet.store.keys(stage.fleet.keys.modules), chunks);
  });

  test('refuses files that a document names relative to itself, each at its place', async (t) => {
    const stage = new FleetStage(t, cluster, 'relative');
    const tls = { certificates: [{ cert: './api.crt', key: '/etc/sluice/api.key' }] };
    const file = stage.file(
      'a.json',
      configOf('/a', {
        listeners: [{ name: 'public', address: '127.0.0.1:0', tls }],
        upstreams: {
          app: {
            targets: [{ url: 'https://127.0.0.1:9' }],
            tls: { ca: ['../ca.crt'] },
            headers: { authorization: 'secret+file://./token' },
          },
        },
      }),
    );
    const { code, stderr } = await stage.run('apply', file, '--yes');
    assert.equal(code, 1);
    const found = [
      ...stderr.matchAll(/^SLUICE_CONFIG_INVALID \S+:\d+:\d+ (\S+): found (".*?"), expected a path/gm),
    ];
    assert.deepEqual(
      found.map(([, pointer, text]) => [pointer, text]),
      [
        ['/listeners/0/tls/certificates/0/cert', '"./api.crt"'],
        ['/upstreams/app/tls/ca/0', '"../ca.crt"'],
        ['/upstreams/app/headers/authorization', '"secret+file://./token"'],
      ],
    );
  });

  test('refuses what a gateway would refuse, and changes nothing', async (t) => {
    const stage = new FleetStage(t, cluster, 'refused');
    const cases: [string, RegExp][] = [
      [configOf('/a', { routes: 5 }), /^SLUICE_CONFIG_INVALID .*x\.json:\d+:\d+ \/routes: found 5/],
      [configOf('/a', UNFIT), /^SLUICE_FILTER_CONFIG .*x\.json:\d+:\d+ \/filters\/f\/config/],
      [
        configOf('/a', { filters: { f: { module: './no.wasm' } } }),
        /^SLUICE_FILTER_UNREADABLE .*x\.json:\d+:\d+ \/filters\/f\/module/,
      ],
      [
        configOf('/a', { filters: { f: { module: `etcd:f@sha256:${'0'.repeat(64)}` } } }),
        /^SLUICE_CONFIG_RELEASE module sha256:0{64} is not in the store/,
      ],
      ['listeners: [', /^SLUICE_CONFIG_SYNTAX .*x\.json:1:/],
    ];
    await Promise.all(
      cases.map(async ([text, expected], at) => {
        const file = stage.file(`${at}/x.json`, text);
        const { code, stdout, stderr } = await stage.run('apply', file, '--yes');
        assert.deepEqual({ code, stdout }, { code: 1, stdout: '' });
        assert.match(stderr, expected);
      }),
    );
    assert.equal((await stage.run('apply', 'nowhere.yaml', '--yes')).code, 1);
    assert.deepEqual(await stage.fleet.store.keys(`${stage.fleet.keys.prefix}/`), []);
  });

  test('changes nothing in a dry run, nor when the surface grows and must not', async (t) => {
    const stage = new FleetStage(t, cluster, 'dry');
    await stage.fleet.apply(configOf('/a'));
    const keys = await stage.fleet.store.keys('dry/');
    const file = stage.file('b.json', configOf('/*'));
    const dry = await stage.json<Applied>('apply', file, '--dry-run');
    assert.deepEqual([dry.code, dry.outcome, dry.widening], [0, 'dry-run', true]);
    assert.deepEqual(
      dry.changes!.map(({ kind, path }) => `${kind} ${path}`),
      ['reachable /*'],
    );
    const gated = await stage.run('apply', file, '--yes', '--fail-on-widening');
    assert.equal(gated.code, 1);
    assert.match(gated.stderr, /more becomes reachable/);
    assert.deepEqual(await stage.fleet.store.keys('dry/'), keys);

    const narrower = stage.file('c.json', configOf('/a', { routes: [] }));
    const fine = await stage.json<Applied>('apply', narrower, '--yes', '--fail-on-widening');
    assert.deepEqual([fine.code, fine.outcome, fine.widening], [0, 'applied', false]);
    assert.equal(fine.release, await stage.release());
  });

  test('asks nobody who cannot answer, and wants what it needs', async (t) => {
    const stage = new FleetStage(t, cluster, 'usage');
    const file = stage.file('a.json', configOf('/a'));
    const silent = await stage.run('apply', file);
    assert.equal(silent.code, 2);
    assert.match(
      silent.stderr,
      /^nobody can be asked, as this is no terminal: --yes or --dry-run is needed\n/,
    );
    assert.equal(await stage.release(), null);
    const wrong = [
      [file, '--json'],
      [],
      [file, file, '--yes'],
      [file, '--yes', '--deadline', '5'],
      [file, '--yes', '--wait', '--deadline', 'soon'],
      [file, '--yes', '--channel', 'a/b'],
      [file, '--yes', '--node', 'n'],
    ];
    await Promise.all(
      wrong.map(async (args) => assert.equal((await stage.run('apply', ...args)).code, 2, args.join(' '))),
    );
    assert.equal((await sluice('apply', file, '--yes')).code, 2);
    assert.equal((await sluice('apply', file, '--yes', '--config', 'sluice.yaml')).code, 2);
  });

  test('of several at once lets one through that saw what it changes, and tells the others', async (t) => {
    const stage = new FleetStage(t, cluster, 'race');
    await stage.fleet.apply(configOf('/start'));
    const ends = await Promise.all(
      ['/a', '/b', '/c'].map(async (path) => ({
        path,
        ...(await stage.run('apply', stage.file(`${path}.json`, configOf(path)), '--yes')),
      })),
    );
    const won = ends.filter(({ code }) => code === 0);
    assert.ok(won.length >= 1);
    for (const { code, stderr } of ends.filter((end) => end.code !== 0)) {
      assert.equal(code, 1);
      assert.match(
        stderr,
        /^SLUICE_CONFIG_CONFLICT channel stable: found release \w+ of .+, expected release \w+ of .+ as it was read\n$/,
      );
    }
    const text = await stage.fleet.releases.read((await stage.release())!);
    assert.ok(won.some(({ path }) => text === configOf(path)));
  });

  test('mends a release of which something is missing, and says that it cannot compare', async (t) => {
    const stage = new FleetStage(t, cluster, 'mend');
    const id = await stage.fleet.apply(configOf('/a'));
    const chunk = (await stage.fleet.store.keys(stage.fleet.keys.releases)).find((key) =>
      key.endsWith('/00000'),
    )!;
    await stage.fleet.store.commit([], [{ remove: chunk }]);
    const file = stage.file('a.json', configOf('/a'));
    const gated = await stage.run('apply', file, '--yes', '--fail-on-widening');
    assert.equal(gated.code, 1);
    const { code, stdout } = await stage.run('apply', file, '--yes');
    assert.equal(code, 0);
    assert.match(stdout, /^release \w+: chunk 0 of 1 is missing\n[\s\S]*what becomes reachable is not known/);
    assert.equal(await stage.fleet.releases.read(id), configOf('/a'));
  });

  test('finds a release whose value its text does not say, and mends it', async (t) => {
    const stage = new FleetStage(t, cluster, 'value');
    const [text, value] = [configOf('/shown'), JSON.stringify(JSON.parse(configOf('/hidden')))];
    const id = await stage.fleet.releases.publish({
      ...{ text, value, modules: [], createdBy: 'somebody', message: '' },
    });
    await stage.fleet.flip(id);
    const other = /release \w+.*: found a value that its text does not say/;
    const checked = await sluice('check', cluster.location('value'));
    assert.equal(checked.code, 1);
    assert.match(checked.stderr, /^SLUICE_CONFIG_RELEASE .*found a value that its text does not say/);
    const file = stage.file('shown.json', text);
    const diff = await stage.run('diff', stage.file('b.json', configOf('/b')));
    assert.match(diff.stdout, other);
    assert.match(diff.stdout, /what becomes reachable is not known/);
    const gated = await stage.run('apply', file, '--yes', '--fail-on-widening');
    assert.equal(gated.code, 1);
    const applied = await stage.run('apply', file, '--yes');
    assert.equal(applied.code, 0, applied.stderr);
    assert.match(applied.stdout, other);
    const mended = await stage.fleet.releases.readDocument(id);
    assert.equal(mended.value!.toString(), JSON.stringify(JSON.parse(text)));
    assert.equal((await sluice('check', cluster.location('value'))).code, 0);
  });

  test('waits for every gateway of its channel', async (t) => {
    const stage = new FleetStage(t, cluster, 'wait');
    await stage.fleet.apply(configOf('/a'));
    await stage.fleet.apply(configOf('/canary'), 'canary');
    await Promise.all([
      stage.gateway('one'),
      stage.gateway('two'),
      stage.gateway('three', '--channel', 'canary'),
    ]);
    for (const node of ['one', 'two', 'three']) await stage.reported(node, (report) => report !== null);
    const file = stage.file('b.json', configOf('/b'));
    const { code, stdout, stderr } = await stage.run('apply', file, '--yes', '--wait');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^2 of 2 gateways run \w+\n$/m);
    const again = await stage.json<Applied>('apply', file, '--yes', '--wait');
    assert.equal(again.outcome, 'unchanged');
    assert.deepEqual(
      again.nodes!.map(({ node, state }) => `${node} ${state}`),
      ['one current', 'two current'],
    );
    // This changes what only a restart can change: whoever runs already refuses it.
    const fixed = stage.file('c.json', configOf('/b', { admin: { address: '127.0.0.1:0' } }));
    const refused = await stage.run('apply', fixed, '--yes', '--wait');
    assert.equal(refused.code, 1);
    assert.match(
      refused.stdout,
      /^one refuses it and runs \w+: \S+:\d+:\d+ \/admin: changes only with a restart/m,
    );
    assert.match(refused.stdout, /^0 of 2 gateways run \w+\n$/m);
    const back = new RegExp(
      `^stable: still points to \\w{12}, .* to go back: sluice rollback ${again.release} --config etcd://\\S+ --channel stable$`,
      'm',
    );
    assert.match(refused.stderr, back);
    const status = await stage.run('status');
    assert.equal(status.code, 1);
    assert.match(status.stdout, /^one +stable +\w+ +\S+ +refused /m);
    assert.match(status.stdout, /^three +canary +\w+ +\S+ +current /m);
    assert.match(status.stdout, /^two refuses \w+: \S+:\d+:\d+ \/admin: changes only with a restart/m);
    assert.match(status.stdout, /^1 of 3 gateways current\n$/m);
    const canary = await stage.json<{ current: boolean; channels: { name: string }[] }>(
      'status',
      '--channel',
      'canary',
    );
    assert.deepEqual([canary.code, canary.current, canary.channels.length], [0, true, 1]);
  });
});

describe('sluice status', () => {
  test('tells a gateway that lags from one that is current', async (t) => {
    const stage = new FleetStage(t, cluster, 'lag');
    const id = await stage.fleet.apply(configOf('/a'));
    const gateway = await stage.gateway('slow');
    await stage.reported('slow', (report) => report?.['release'] === id);
    interface Status {
      readonly current: boolean;
      readonly channels: readonly { readonly name: string; readonly release: string }[];
      readonly nodes: readonly Record<string, unknown>[];
    }
    const before = await stage.json<Status>('status');
    assert.deepEqual([before.code, before.current], [0, true]);
    assert.deepEqual([before.nodes[0]!['node'], before.nodes[0]!['release']], ['slow', id]);
    gateway.child.kill('SIGSTOP');
    const next = await stage.fleet.apply(configOf('/b'));
    const waiting = await stage.run('status');
    gateway.child.kill('SIGCONT');
    assert.equal(waiting.code, 1);
    assert.match(waiting.stdout, new RegExp(`^channel stable: release ${next} since .*, by test\n`));
    assert.match(waiting.stdout, new RegExp(`^slow +stable +${id} +\\S+ +lagging `, 'm'));
    await stage.reported('slow', (report) => report?.['release'] === next);
    assert.equal((await stage.run('status')).code, 0);
  });

  test('says what a gateway holds against a store that has lost its channel', async (t) => {
    const stage = new FleetStage(t, cluster, 'lost');
    const id = await stage.fleet.apply(configOf('/a'));
    await stage.gateway('one');
    await stage.reported('one', (report) => report?.['release'] === id);
    await stage.fleet.store.commit([], [{ remove: stage.fleet.keys.channel('stable') }]);
    await stage.reported('one', (report) => report?.['lastError'] !== null);
    const { code, stdout } = await stage.run('status');
    assert.equal(code, 1);
    assert.match(stdout, new RegExp(`^one +stable +${id} +\\S+ +refused `, 'm'));
    assert.match(stdout, /^one refuses what the store holds: .*found no lost\/channels\/stable, expected/m);
    await stage.fleet.flip(id);
    await stage.reported('one', (report) => report?.['lastError'] === null);
    assert.equal((await stage.run('status')).code, 0);
  });

  test('shows what others wrote as what it is', async (t) => {
    const stage = new FleetStage(t, cluster, 'hostile');
    const report = { channel: 'stable', release: null, lastError: '\u001b[2J\nall is well', refused: 'x' };
    await stage.fleet.store.commit(
      [],
      [
        { put: stage.fleet.keys.node('bad'), value: Buffer.from(JSON.stringify(report)) },
        { put: stage.fleet.keys.node('worse'), value: Buffer.from('[') },
      ],
    );
    const { code, stdout } = await stage.run('status');
    assert.equal(code, 1);
    assert.match(stdout, /^bad refuses x: \\x1b\[2J; all is well\n/m);
    assert.match(stdout, /^worse +- +- +lagging/m);
  });
});

describe('sluice diff', () => {
  test('shows what apply would change, and changes nothing', async (t) => {
    const stage = new FleetStage(t, cluster, 'diff');
    const id = await stage.fleet.apply(configOf('/a'));
    const keys = await stage.fleet.store.keys('diff/');
    const same = await stage.run('diff', stage.file('a.json', configOf('/a')));
    assert.deepEqual(same, { code: 0, stdout: `stable: runs release ${id} already\n`, stderr: '' });
    const file = stage.file('b.json', configOf('/b'));
    const { code, stdout } = await stage.run('diff', file);
    assert.equal(code, 0);
    assert.match(stdout, /^--- release[\s\S]*^1 reachable, 1 unreachable\n$/m);
    const gated = await stage.json<Applied>('diff', file, '--fail-on-widening');
    assert.deepEqual([gated.code, gated.before, gated.widening], [1, id, true]);
    assert.equal(gated.diff, stdout.slice(0, gated.diff.length));
    assert.deepEqual(await stage.fleet.store.keys('diff/'), keys);
  });
});

describe('sluice check', () => {
  test('checks what a channel points to, and compares with it', async (t) => {
    const stage = new FleetStage(t, cluster, 'check');
    stage.file('f.wasm', await guestBytes('upper-body'));
    const withModule = configOf('/a', { filters: { f: { module: './f.wasm' } } });
    const file = stage.file('a.json', withModule.replace('"upstream"', '"filters": ["f"], "upstream"'));
    assert.equal((await stage.run('apply', file, '--yes')).code, 0);
    const valid = await sluice('check', stage.location);
    assert.equal(valid.stdout, `${stage.location}: valid (1 route, 1 filter, 1 upstream)\n`);
    // The file names its module by path, the release by digest: it is the same.
    const against = await sluice('check', file, '--against', stage.location, '--fail-on-widening');
    assert.equal(against.code, 0, against.stderr);
    assert.match(against.stdout, /^no change in what is reachable\n$/m);
    assert.equal((await sluice('check', stage.location, '--channel', 'none')).code, 1);
    assert.equal((await sluice('check', file, '--channel', 'stable')).code, 2);
    assert.ok(readFileSync(file, 'utf8').includes('./f.wasm'));
  });
});
