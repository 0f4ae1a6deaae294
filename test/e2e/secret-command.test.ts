// `sluice secret` on a real etcd.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: braces are the syntax of a secret reference
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SecretStore } from '../../core/etcd/secret-store.js';
import { KeyRing, newKeyLine } from '../../core/secrets/key-ring.js';
import { openSecret, sealSecret } from '../../core/secrets/sealed-secret.js';
import { EtcdFleet } from '../support/etcd-fleet.js';
import { EtcdCluster } from '../support/etcd-process.js';
import { type CommandEnd, sluice, sluiceWith } from '../support/gateway-process.js';

const MAIN = fileURLToPath(new URL('../../core/cli/main.js', import.meta.url));
const CANARY = 'canary-command-5e0d';
const [OLD, NEW] = ['old', 'new'].map(newKeyLine) as [string, string];
const folder = mkdtempSync(join(tmpdir(), 'sluice-command-'));

let cluster: EtcdCluster;
before(async () => {
  cluster = await EtcdCluster.start();
});
after(async () => {
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A key file with these lines. */
function keysOf(name: string, ...lines: readonly string[]): string {
  const file = join(folder, name);
  rmSync(file, { force: true });
  writeFileSync(file, lines.join('\n'), { mode: 0o600 });
  return file;
}

interface Stage {
  readonly fleet: EtcdFleet;
  readonly secrets: SecretStore;
  /** Runs `sluice secret` on the fleet; whatever it prints, it is no value. */
  secret(input: string | Buffer, ...args: readonly string[]): Promise<CommandEnd>;
  /** Seals in this process, with the key of a line. */
  put(name: string, value: string, line?: string): Promise<unknown>;
  opened(name: string, keys?: string): Promise<string>;
}

function stageOf(t: TestContext, name: string): Stage {
  const fleet = new EtcdFleet(cluster.store(), name);
  t.after(() => fleet.store.close());
  const secrets = new SecretStore(fleet.store, fleet.keys);
  return {
    fleet,
    secrets,
    secret: async (input, ...args) => {
      const end = await sluiceWith({ input }, 'secret', ...args, '--config', cluster.location(name));
      assert.ok(!(end.stdout + end.stderr).includes(CANARY), `${args}: ${end.stdout}${end.stderr}`);
      return end;
    },
    put: (secret, value, line = NEW) =>
      secrets.put(
        secret,
        sealSecret(
          { name: secret, value: Buffer.from(value), changedAtMs: Date.now() },
          KeyRing.parse(line, 'line').first,
        ),
      ),
    opened: async (secret, keys = join(folder, 'keys')) => {
      const entry = await secrets.get(secret);
      assert(entry !== null);
      return Buffer.from(openSecret(secret, entry.bytes, KeyRing.readFile(keys)).value).toString();
    },
  };
}

function documentWith(text: string): string {
  return JSON.stringify({
    listeners: [{ name: 'public', address: '127.0.0.1:0' }],
    upstreams: { app: { targets: [{ url: 'http://127.0.0.1:9' }], headers: { authorization: text } } },
    routes: [],
  });
}

describe('sluice secret set', () => {
  test('seals what comes on standard input or stands in a file, without one line break at its end', async (t) => {
    const { secret, opened, fleet } = stageOf(t, 'set');
    const keys = keysOf('keys', NEW, OLD);
    const made = await secret(`${CANARY}\n`, 'set', 'users/token', '--keys', keys);
    assert.deepEqual([made.code, made.stdout, made.stderr], [0, 'users/token: new, sealed with new\n', '']);
    assert.equal(await opened('users/token'), CANARY);
    const again = await secret(`${CANARY}\r\n`, 'set', 'users/token', '--keys', keys, '--json');
    const { changedAt, ...said } = JSON.parse(again.stdout) as Record<string, unknown>;
    assert.deepEqual(said, { name: 'users/token', key: 'new', isNew: false });
    assert.equal(new Date(String(changedAt)).toISOString(), changedAt);
    for (const [text, value] of [
      [` ${CANARY}\n\n`, ` ${CANARY}\n`],
      [`${'x'.repeat(65_536)}\r\n`, 'x'.repeat(65_536)],
    ] as const) {
      writeFileSync(join(folder, 'value'), text);
      const end = await secret('', 'set', 'file', '--keys', keys, '--from-file', join(folder, 'value'));
      assert.equal(end.code, 0, end.stderr);
      assert.equal(await opened('file'), value);
    }
    const entry = await fleet.store.get(fleet.keys.secret('users/token'));
    assert.ok(!entry!.value.includes(CANARY));
  });

  test('refuses a value that no gateway could use, and changes nothing', async (t) => {
    const { secret, secrets } = stageOf(t, 'unfit');
    const keys = keysOf('keys', NEW);
    const cases: [input: string | Buffer, args: string[], code: number, said: RegExp][] = [
      ['', [], 1, /found an empty value/],
      ['\n', [], 1, /found an empty value/],
      [Buffer.of(0x63, 0x61, 0xff), [], 1, /not UTF-8/],
      ['x'.repeat(65_537), [], 1, /found 65537 bytes, expected a secret of at most 65536/],
      ['x'.repeat(200_000), [], 1, /found more than 65536 bytes/],
      ['x', ['--from-file', join(folder, 'none')], 1, /ENOENT/],
      ['x', ['--from-file', folder], 1, /no regular file/],
      ['x', [CANARY], 2, /one NAME is needed/],
    ];
    for (const [input, args, code, said] of cases) {
      const end = await secret(input, 'set', 'name', ...args, '--keys', keys);
      assert.equal(end.code, code, `${args}`);
      assert.match(end.stderr, said);
      assert.equal(end.stdout, '');
    }
    for (const name of ['../up', 'x'.repeat(256)])
      assert.equal((await secret('x', 'set', name, '--keys', keys)).code, 2, name);
    assert.deepEqual(await secrets.list(), []);
  });

  test('takes keys from the environment, and refuses a key file that others may read', async (t) => {
    const { opened } = stageOf(t, 'keys');
    const args = ['secret', 'set', 'name', '--config', cluster.location('keys')];
    const set = (env: Record<string, string>, ...more: string[]) =>
      sluiceWith({ input: CANARY, env }, ...args, ...more);
    const file = keysOf('keys', NEW);
    assert.equal(
      (await set({ SLUICE_SECRET_KEYS: `${OLD}\n${NEW}` })).stdout,
      'name: new, sealed with old\n',
    );
    assert.equal((await set({ SLUICE_SECRET_KEYS_FILE: file })).stdout, 'name: replaced, sealed with new\n');
    assert.equal((await set({ SLUICE_SECRET_KEYS: OLD }, '--keys', file)).code, 0);
    assert.equal(await opened('name'), CANARY);

    const both = await set({ SLUICE_SECRET_KEYS: OLD, SLUICE_SECRET_KEYS_FILE: file });
    assert.equal(both.code, 2);
    assert.match(both.stderr, /both set/);
    const none = await set({});
    assert.equal(none.code, 2);
    assert.match(none.stderr, /--keys FILE, SLUICE_SECRET_KEYS_FILE or SLUICE_SECRET_KEYS is needed/);
    const open = keysOf('open', NEW);
    chmodSync(open, 0o644);
    const refused = await set({}, '--keys', open);
    assert.equal(refused.code, 1);
    assert.equal(
      refused.stderr,
      `SLUICE_SECRET_KEYS ${open}: found the mode 0644, expected one that lets nobody but its owner and group read it: chmod 400 ${open}\n`,
    );
    const bad = await set({ SLUICE_SECRET_KEYS: NEW.slice(4) });
    assert.equal(bad.code, 1);
    assert.equal(
      bad.stderr,
      'SLUICE_SECRET_KEYS SLUICE_SECRET_KEYS:1: found a line without ":", expected NAME:BASE64\n',
    );
  });

  test('reads from a terminal without showing it', async (t) => {
    const { opened } = stageOf(t, 'typed');
    const keys = keysOf('keys', NEW);
    const command = `'${process.execPath}' '${MAIN}' secret set typed --keys '${keys}' --config ${cluster.location('typed')}`;
    const shown: { text: string; code: number | null }[] = [];
    for (const typed of [`wrong\x7f\x7f\x7f\x7f\x7f${CANARY}\r`, `${CANARY}\x03`]) {
      const terminal = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      let text = '';
      terminal.stdout.on('data', (bytes) => {
        if (!text.includes('(not shown)') && `${text}${bytes}`.includes('(not shown)'))
          terminal.stdin.write(typed);
        text += bytes;
      });
      const [code] = (await once(terminal, 'close')) as [number | null];
      shown.push({ text, code });
    }
    assert.match(shown[0]!.text, /^value of typed \(not shown\): \s+typed: new, sealed with new\s+$/);
    assert.equal(shown[0]!.code, 0);
    assert.match(shown[1]!.text, /no value was typed, nothing is changed/);
    assert.equal(shown[1]!.code, 1);
    assert.ok(!shown.some(({ text }) => text.includes(CANARY)));
    assert.equal(await opened('typed'), CANARY);
  });
});

describe('sluice secret list', () => {
  test('shows names, keys and times, and with keys what is wrong', async (t) => {
    const { secret, secrets, fleet, put } = stageOf(t, 'list');
    assert.equal((await secret('', 'list')).stdout, '');
    assert.equal((await secret('', 'list', '--json')).stdout, '[]\n');
    const keys = keysOf('keys', OLD);
    await put('b/one', CANARY, OLD);
    await put('a', CANARY);
    const { bytes } = (await secrets.get('b/one'))!;
    const plain = await secret('', 'list');
    assert.equal(plain.code, 0, plain.stderr);
    assert.match(
      plain.stdout,
      /^SECRET {2}KEY {2}CHANGED AT\na {7}new {2}\d{4}-[\dT:.-]+Z\nb\/one {3}old {2}\d{4}-[\dT:.-]+Z\n$/,
    );

    await fleet.store.commit([], [{ put: fleet.keys.secret('c'), value: bytes }]);
    await fleet.store.commit([], [{ put: fleet.keys.secret('d\x1b[2J'), value: Buffer.from(CANARY) }]);
    const judged = await secret('', 'list', '--keys', keys, '--json');
    assert.equal(judged.code, 1);
    const rows = JSON.parse(judged.stdout) as { name: string; key: string | null; problem: string | null }[];
    assert.deepEqual(
      rows.map(({ name, key, problem }) => [name, key, problem]),
      [
        [
          'a',
          'new',
          'expected an entry a sealed with a key of the ring, which has old: it was sealed with new',
        ],
        ['b/one', 'old', null],
        ['c', 'old', 'expected an entry c sealed under this name: it was sealed as b/one'],
        ['d\x1b[2J', null, rows[3]!.problem],
      ],
    );
    assert.match(rows[3]!.problem!, /that is sealed: found 19 bytes that begin otherwise$/);
    const shown = await secret('', 'list');
    assert.equal(shown.code, 1);
    assert.match(shown.stdout, /^[\x20-\x7e\n]+$/);
  });
});

describe('sluice secret rm', () => {
  test('refuses while the release of any channel mentions the secret, unless it is forced to', async (t) => {
    const { secret, secrets, fleet, put } = stageOf(t, 'rm');
    for (const name of ['token', 'token/other']) await put(name, CANARY);
    await fleet.apply(documentWith('Bearer ${secret://token/other}'));
    await fleet.apply(documentWith('Bearer ${secret://token#field}').replaceAll('/', '\\/'), 'canary');
    const refused = await secret('', 'rm', 'token');
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /^SLUICE_SECRET_IN_USE secret token: found it in the release [0-9a-f]{12} of the channel canary, expected/,
    );
    await fleet.apply(documentWith('none'), 'canary');
    const removed = await secret('', 'rm', 'token', '--json');
    assert.deepEqual([removed.code, removed.stdout, removed.stderr], [0, '{"name":"token"}\n', '']);
    const missing = await secret('', 'rm', 'token');
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /^SLUICE_SECRET_UNRESOLVED secret token: found no such entry in the store/);
    assert.equal((await secret('', 'rm', 'token/other')).code, 1);
    const forced = await secret('', 'rm', 'token/other', '--force');
    assert.deepEqual([forced.code, forced.stdout], [0, 'token/other: removed\n']);
    assert.deepEqual(await secrets.list(), []);
  });

  test('refuses where it cannot be told whether a channel needs the secret', async (t) => {
    const { secret, fleet, put } = stageOf(t, 'unknown');
    await put('token', CANARY);
    await fleet.store.commit([], [{ put: fleet.keys.channel('odd'), value: Buffer.from('{}') }]);
    assert.match(
      (await secret('', 'rm', 'token')).stderr,
      /found no release that can be read of the channel odd/,
    );
    await fleet.apply('a: [', 'even');
    await fleet.store.commit([], [{ remove: fleet.keys.channel('odd') }]);
    assert.match((await secret('', 'rm', 'token')).stderr, /cannot be read whether it stands in the release/);
  });

  test('sees a flip that comes between the look and the removal', async (t) => {
    const { secrets, fleet, put } = stageOf(t, 'race');
    await put('token', CANARY);
    const use = await secrets.use('token');
    await fleet.apply(documentWith('secret://token'));
    assert.equal(await secrets.remove('token', use), false);
    const other = await secrets.use('token');
    await put('token', CANARY);
    assert.equal(await secrets.remove('token', other), false);
    assert.equal(await secrets.remove('token', await secrets.use('token')), true);
  });
});

describe('sluice secret rekey', () => {
  test('seals all with the first key, keeps values and times, and says which keys can go', async (t) => {
    const { secret, secrets, opened, put } = stageOf(t, 'rekey');
    const old = keysOf('old', OLD);
    const both = keysOf('both', NEW, OLD);
    for (const name of ['a', 'b']) await put(name, `${CANARY} ${name}`, OLD);
    await put('c', `${CANARY} c`);
    const before = JSON.parse((await secret('', 'list', '--json')).stdout) as {
      name: string;
      changedAt: string;
    }[];

    const dry = await secret('', 'rekey', '--keys', both, '--dry-run');
    assert.equal(
      dry.stdout,
      'a: would be sealed with new in place of old\nb: would be sealed with new in place of old\n' +
        '2 to seal anew, 1 with new before\n',
    );
    assert.equal(await opened('a', old), `${CANARY} a`);
    const done = await secret('', 'rekey', '--keys', both);
    assert.equal(
      done.stdout,
      'a: sealed with new in place of old\nb: sealed with new in place of old\n2 sealed anew, 1 with new before\n' +
        'nothing is sealed with old any more\n',
    );
    assert.deepEqual([done.code, done.stderr], [0, '']);
    for (const name of ['a', 'b', 'c'])
      assert.equal(await opened(name, keysOf('new', NEW)), `${CANARY} ${name}`);
    const later = JSON.parse((await secret('', 'list', '--json')).stdout) as typeof before;
    assert.deepEqual(
      later.map(({ name, changedAt }) => [name, changedAt]),
      before.map(({ name, changedAt }) => [name, changedAt]),
    );
    const revisions = (await secrets.list()).map(({ revision }) => revision);
    const again = await secret('', 'rekey', '--keys', both, '--json');
    assert.deepEqual(JSON.parse(again.stdout), {
      key: 'new',
      dryRun: false,
      rekeyed: [],
      kept: ['a', 'b', 'c'],
      failed: [],
      unusedKeys: ['old'],
    });
    assert.deepEqual(
      (await secrets.list()).map(({ revision }) => revision),
      revisions,
      'what is sealed with the first key is not written',
    );
  });

  test('goes past entries that cannot be opened, and fails', async (t) => {
    const { secret, fleet, opened, put } = stageOf(t, 'broken');
    const both = keysOf('both', NEW, OLD);
    await put('z', CANARY, OLD);
    await put('foreign', CANARY, newKeyLine('third'));
    await fleet.store.commit([], [{ put: fleet.keys.secret('a'), value: Buffer.from(CANARY) }]);
    const end = await secret('', 'rekey', '--keys', both);
    assert.equal(end.code, 1);
    assert.equal(end.stdout, 'z: sealed with new in place of old\n1 sealed anew, 0 with new before\n');
    assert.match(
      end.stderr,
      /^SLUICE_SECRET_SEALED secret a: expected an entry a that is sealed.*\nSLUICE_SECRET_KEYS secret foreign: expected an entry foreign sealed with a key of the ring, which has new, old: it was sealed with third\n$/,
    );
    assert.equal(await opened('z', keysOf('new', NEW)), CANARY);
  });

  test('never puts an old value back over one that was set meanwhile', async (t) => {
    const { secret, secrets, opened, put } = stageOf(t, 'meanwhile');
    const both = keysOf('both', NEW, OLD);
    await put('token', `${CANARY} 1`, OLD);
    const read = (await secrets.get('token'))!;
    await put('token', `${CANARY} 2`, OLD);
    const first = KeyRing.readFile(both).first;
    const stale = sealSecret({ name: 'token', value: Buffer.from(`${CANARY} 1`), changedAtMs: 0 }, first);
    assert.equal(await secrets.replace(read, stale), false);
    // With many writes beside it: whatever the order, the last value stands.
    let at = 3;
    let isOver = false;
    const writer = (async () => {
      for (; !isOver; at++) await put('token', `${CANARY} ${at}`, OLD);
    })();
    const rekeyed = await secret('', 'rekey', '--keys', both);
    isOver = true;
    await writer;
    if (rekeyed.code !== 0)
      assert.match(rekeyed.stderr, /^SLUICE_CONFIG_CONFLICT secret token: expected an entry/);
    assert.equal(await opened('token', both), `${CANARY} ${at - 1}`);
  });
});

describe('sluice secret', () => {
  test('makes keys that a ring takes', async () => {
    const lines = await Promise.all([1, 2].map(() => sluice('secret', 'key', 'new', 'k')));
    assert.deepEqual(KeyRing.parse(lines[0]!.stdout, 'new').names, ['k']);
    assert.notEqual(lines[0]!.stdout, lines[1]!.stdout);
    for (const args of [['new'], ['new', 'a', 'b'], ['new', 'a:b'], ['old', 'a'], []])
      assert.equal((await sluice('secret', 'key', ...args)).code, 2, args.join(' '));
  });

  test('answers --help, and refuses what it does not know', async () => {
    for (const command of [['set'], ['list'], ['rm'], ['rekey'], ['key'], []]) {
      const help = await sluice('secret', ...command, '--help');
      assert.equal(help.code, 0);
      assert.match(help.stdout, /^sluice secret /);
    }
    for (const args of [['set', 'a'], ['list'], ['rm', 'a'], ['rekey'], ['none'], ['list', '--channel', 'x']])
      assert.equal(
        (await sluiceWith({ env: { SLUICE_SECRET_KEYS: NEW } }, 'secret', ...args)).code,
        2,
        `${args}`,
      );
    // It opens nothing, so it takes no keys.
    const keys = await sluice('secret', 'rm', 'a', '--keys', 'k', '--config', cluster.location('none'));
    assert.deepEqual([keys.code, /^unknown option --keys\b/m.test(keys.stderr)], [2, true]);
    const file = await sluice('secret', 'list', '--config', 'sluice.yaml');
    assert.equal(file.code, 2);
    assert.match(file.stderr, /expected etcd:\/\//);
  });
});
