// Sealed secrets of a real etcd in a gateway with traffic: damaged ones are refused, rotated ones and rotated keys reach it.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: braces are the syntax of a secret reference
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { type Agent, get, type IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { CountingAgent } from '../support/counting-agent.js';
import { EtcdCluster } from '../support/etcd-process.js';
import { route, until } from '../support/gateway.js';
import { type GatewayProcess, sluice } from '../support/gateway-process.js';
import { SealedFleet } from '../support/sealed-fleet.js';
import { guestBytes } from '../support/test-guests.js';
import { startHttpTarget } from '../support/upstream-servers.js';

const CLIENTS = 4;

let cluster: EtcdCluster;
let guest: Uint8Array;
before(async () => {
  cluster = await EtcdCluster.start();
  guest = await guestBytes('secrets');
});
after(() => cluster.stop());

/** One secret in a header of the upstream, one in the config of a filter, one granted to it. */
function documentOf(url: string): string {
  return JSON.stringify({
    listeners: [{ name: 'public', address: '127.0.0.1:0' }],
    admin: { address: '127.0.0.1:0' },
    upstreams: { sample: { targets: [{ url }], headers: { 'x-key': 'Key ${secret://users/header}' } } },
    filters: {
      user: {
        module: SealedFleet.moduleName('secrets', guest),
        config: { greeting: 'Hello ${secret://config#name}' },
        limits: { deadlineMs: 2000 },
        grants: { secrets: [{ name: 'token', from: 'secret://granted' }] },
      },
    },
    routes: [route('all', '/*', ['user'])],
    workers: { count: 1 },
  });
}

interface Stage {
  readonly sealed: SealedFleet;
  readonly gateway: GatewayProcess;
  /** Waits for a request that reaches the upstream with these values. */
  sends(header: string, config: string, granted: string): Promise<void>;
  /** Requests on kept connections, one after another on each, until it is called; what came of them. */
  traffic(): () => Promise<{ statuses: Set<number>; requests: number; connections: number }>;
  /** Connections of the gateway to the upstream that came to their end. */
  cuts(): number;
}

async function start(t: TestContext, prefix: string): Promise<Stage> {
  const sealed = new SealedFleet(t, cluster, prefix);
  let last: IncomingHttpHeaders = {};
  let cuts = 0;
  const target = await startHttpTarget(t, (request, response) => {
    last = request.headers;
    if (!request.socket.listeners('close').includes(countCut)) request.socket.once('close', countCut);
    response.end('{}');
  });
  function countCut(): void {
    cuts += 1;
  }
  for (const name of ['users/header', 'granted']) await sealed.put(name, 'one');
  await sealed.put('config', '{"name":"one"}');
  await sealed.fleet.apply(documentOf(target.url), 'stable', [guest]);
  const gateway = await sealed.start(t);
  return {
    sealed,
    gateway,
    sends: (header, config, granted) =>
      until(() => {
        const { 'x-key': key, 'x-greeting': greeting, authorization } = last;
        return (
          key === `Key ${header}` && greeting === `Hello ${config}` && authorization === `Bearer ${granted}`
        );
      }),
    traffic: () => startTraffic(gateway.url('/set')),
    cuts: () => cuts,
  };
}

function startTraffic(url: string): ReturnType<Stage['traffic']> {
  const agent = new CountingAgent({ keepAlive: true, maxSockets: CLIENTS });
  const statuses = new Set<number>();
  let requests = 0;
  let isOver = false;
  const clients = Array.from({ length: CLIENTS }, async () => {
    while (!isOver) {
      statuses.add(await statusOf(url, agent));
      requests += 1;
    }
  });
  return async () => {
    isOver = true;
    await Promise.all(clients);
    agent.destroy();
    return { statuses, requests, connections: agent.connections };
  };
}

function statusOf(url: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode!));
      response.once('error', reject);
    }).once('error', reject);
  });
}

async function readiness(gateway: GatewayProcess): Promise<{ reasons: string[]; lastError: string | null }> {
  const answer = await fetch(`http://127.0.0.1:${gateway.adminPort}/readyz`);
  return (await answer.json()) as { reasons: string[]; lastError: string | null };
}

describe('a gateway with sealed secrets', () => {
  test('refuses entries that are not as they were sealed, says which and why, and goes on with what it has', async (t) => {
    const { sealed, gateway, sends, traffic } = await start(t, 'damage');
    const stop = traffic();
    await sends('one', 'one', 'one');
    const whole = sealed.sealed('granted', 'two');
    const tampered = Buffer.from(whole);
    tampered[whole.byteLength - 1]! ^= 1;
    const later = Buffer.from(whole);
    later[3] = 9;
    const cases: [what: string, entry: Buffer | null, code: string, said: RegExp][] = [
      [
        'tampered',
        tampered,
        'SLUICE_SECRET_SEALED',
        /an entry granted as it was sealed: it was changed since/,
      ],
      ['cut', whole.subarray(0, -3), 'SLUICE_SECRET_SEALED', /an entry granted that is whole: it has/],
      [
        'swapped',
        sealed.sealed('users/header', 'two'),
        'SLUICE_SECRET_SEALED',
        /an entry granted sealed under this name: it was sealed as users\/header/,
      ],
      [
        'of another key',
        sealed.sealed('granted', 'two', 'foreign'),
        'SLUICE_SECRET_KEYS',
        /sealed with a key of the ring, which has first: it was sealed with foreign/,
      ],
      ['of another format', later, 'SLUICE_SECRET_SEALED', /of the format 1, .* it has the format 9/],
      ['plain', Buffer.from('two'), 'SLUICE_SECRET_SEALED', /an entry granted that is sealed: found 3 bytes/],
      ['removed', null, 'SLUICE_SECRET_UNRESOLVED', /an entry granted in the store, which has none/],
    ];
    for (const [what, entry, code, said] of cases) {
      const key = sealed.fleet.keys.secret('granted');
      await sealed.fleet.store.commit([], [entry === null ? { remove: key } : { put: key, value: entry }]);
      const line = await gateway.logged((each) => each['code'] === code && said.test(String(each['msg'])));
      assert.equal(
        (line['place'] as { pointer: string }).pointer,
        '/filters/user/grants/secrets/0/from',
        what,
      );
      const { reasons, lastError } = await readiness(gateway);
      assert.deepEqual(reasons, ['the last configuration was refused; the one before it runs']);
      assert.match(lastError!, said);
      await sends('one', 'one', 'one');
    }
    await sealed.put('granted', 'three');
    await sends('one', 'one', 'three');
    assert.deepEqual((await readiness(gateway)).reasons, []);
    const { statuses } = await stop();
    assert.deepEqual([...statuses], [200]);
  });

  test('sends rotated secrets, goes through a rotation of keys, drops no connection and fails no request', async (t) => {
    const { sealed, gateway, sends, traffic, cuts } = await start(t, 'rotation');
    const stop = traffic();
    await sends('one', 'one', 'one');
    for (const [name, value, seen] of [
      ['users/header', 'two', ['two', 'one', 'one']],
      ['config', '{"name":"two"}', ['two', 'two', 'one']],
      ['granted', 'two', ['two', 'two', 'two']],
    ] as const) {
      const end = await sealed.secret(`${value}\n`, 'set', name);
      assert.equal(end.code, 0, end.stderr);
      await sends(...(seen as unknown as [string, string, string]));
    }

    // The new key is known to the gateway before anything is sealed with it.
    sealed.keep('first', 'second');
    gateway.child.kill('SIGHUP');
    await until(() => applied(gateway) >= 4);
    sealed.keep('second', 'first');
    const rekeyed = await sealed.secret('', 'rekey', '--json');
    assert.deepEqual(
      (JSON.parse(rekeyed.stdout) as { rekeyed: unknown[]; unusedKeys: string[] }).unusedKeys,
      ['first'],
      rekeyed.stderr,
    );
    sealed.keep('second');
    gateway.child.kill('SIGHUP');
    // Sealed with the new key alone, and read with it alone.
    await sealed.put('granted', 'three', 'second');
    await sends('two', 'two', 'three');

    // What the old key sealed cannot come back.
    await sealed.put('granted', 'one', 'first');
    await gateway.logged(({ msg }) => /which has second: it was sealed with first/.test(String(msg)));
    await sends('two', 'two', 'three');
    // Keys that cannot be read are refused like anything else.
    sealed.keep();
    gateway.child.kill('SIGHUP');
    await gateway.logged(({ msg }) => /keys: found no key, expected a line NAME:BASE64/.test(String(msg)));
    await sends('two', 'two', 'three');
    sealed.keep('second', 'first');
    gateway.child.kill('SIGHUP');
    await sends('two', 'two', 'one');

    assert.equal(cuts(), 0, 'connections to the upstream that ended');
    const { statuses, connections, requests } = await stop();
    assert.deepEqual([...statuses], [200]);
    assert.equal(connections, CLIENTS);
    t.diagnostic(`${requests} requests over ${connections} connections`);
  });

  test('starts from its cache with etcd down, which holds secrets only sealed', async (t) => {
    const own = await EtcdCluster.start();
    t.after(() => own.stop());
    const sealed = new SealedFleet(t, own, 'down');
    const target = await startHttpTarget(t, (request, response) =>
      response.end(request.headers.authorization),
    );
    for (const name of ['users/header', 'granted']) await sealed.put(name, 'one');
    await sealed.put('config', '{"name":"one"}');
    await sealed.fleet.apply(documentOf(target.url), 'stable', [guest]);
    await (await sealed.start(t)).stop();
    await own.members[0]!.kill();
    const gateway = await sealed.start(t);
    assert.equal(await (await fetch(gateway.url('/set'))).text(), 'Bearer one');
    await gateway.stop();
    sealed.keep('second');
    await assert.rejects(sealed.start(t), /ended with 1/);
  });
});

describe('commands that judge a configuration', () => {
  test('find secrets as gateways do, and change nothing without them', async (t) => {
    const sealed = new SealedFleet(t, cluster, 'judge');
    for (const name of ['users/header', 'granted']) await sealed.put(name, 'one');
    await sealed.put('config', '{"name":"one"}', 'foreign');
    const file = join(sealed.folder, 'sluice.json');
    writeFileSync(file, documentOf('http://127.0.0.1:9').replace(/etcd:[^"]*/, './secrets.wasm'));
    writeFileSync(join(sealed.folder, 'secrets.wasm'), guest);
    const apply = (...more: string[]) => sluice('apply', file, '--config', sealed.location, '--yes', ...more);

    const without = await apply();
    assert.equal(without.code, 1);
    assert.match(
      without.stderr,
      /^SLUICE_SECRET_KEYS .*\/upstreams\/sample\/headers\/x-key: .*give --keys FILE/m,
    );
    const foreign = await apply('--keys', sealed.keyFile);
    assert.equal(foreign.code, 1);
    assert.match(
      foreign.stderr,
      /^SLUICE_SECRET_KEYS .*\/filters\/user\/config\/greeting: .*which has first: it was sealed with foreign$/m,
    );
    assert.equal((await sealed.fleet.channels.read('stable')).pointer, null);

    sealed.keep('first', 'foreign');
    const done = await apply('--keys', sealed.keyFile);
    assert.equal(done.code, 0, done.stderr);
    const checked = await sluice('check', sealed.location, '--keys', sealed.keyFile);
    assert.deepEqual([checked.code, checked.stderr], [0, '']);
    assert.equal((await sluice('check', sealed.location)).code, 1);
    // Keys are for a configuration in etcd, and a file has no store beside it.
    const inFile = await sluice('check', file);
    assert.equal(inFile.code, 1);
    assert.match(inFile.stderr, /^SLUICE_SECRET_UNRESOLVED .*only a configuration in etcd has a store/m);
    assert.equal((await sluice('run', '--config', file, '--keys', sealed.keyFile)).code, 2);
  });
});

function applied(gateway: GatewayProcess): number {
  return gateway.lines.filter(({ msg }) => msg === 'configuration applied').length;
}
