// Releases that can be built and do harm: gateways find out by their traffic, and the fleet goes back.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, type TestContext, test } from 'node:test';
import { EtcdCluster } from '../support/etcd-process.js';
import { configOf, FleetStage } from '../support/fleet-stage.js';
import { route, TestGateway, until } from '../support/gateway.js';
import type { GatewayProcess } from '../support/gateway-process.js';
import { guestBytes } from '../support/test-guests.js';
import { startHttpTarget } from '../support/upstream-servers.js';

const ROLLOUT = { watchSeconds: 3600, leastRequests: 20 };

let cluster: EtcdCluster;
let upstream: Server;

before(async () => {
  cluster = await EtcdCluster.start();
  upstream = createServer((request, response) => {
    if (request.url === '/broken') response.statusCode = 500;
    response.end('here');
  });
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
});
after(async () => {
  upstream.close();
  await cluster.stop();
});

function app(): string {
  return `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
}

/** @param more keys in place of those of a release that is good */
function release(more: object = {}): string {
  const upstreams = { app: { targets: [{ url: app() }] } };
  return configOf('/*', { admin: { address: '127.0.0.1:0' }, rollout: ROLLOUT, upstreams, ...more });
}

const WRONG = { upstreams: { app: { targets: [{ url: 'http://127.0.0.1:9' }] } } };

async function ask(gateway: GatewayProcess, path = '/'): Promise<number> {
  const response = await fetch(gateway.url(path));
  await response.text();
  return response.status;
}

function runs(gateway: GatewayProcess, id: string): Promise<unknown> {
  return gateway.logged((line) => line['msg'] === 'configuration applied' && line['revision'] === id);
}

async function readiness(port: number): Promise<{ revision: string; reasons: string[] }> {
  return (await (await fetch(`http://127.0.0.1:${port}/readyz`)).json()) as never;
}

/** Asks until a gateway says that it went back. */
async function askUntilBack(gateway: GatewayProcess): Promise<string> {
  const back = gateway.logged((line) => /^configuration rolled back/.test(String(line['msg'])));
  let isBack = false;
  const asking = (async () => {
    while (!isBack) await ask(gateway);
  })();
  const { msg } = await back;
  isBack = true;
  await asking;
  return String(msg);
}

function stageOf(t: TestContext, name: string): FleetStage {
  return new FleetStage(t, cluster, name);
}

describe('a release that does harm', () => {
  test('with a wrong upstream is left by the gateway that has traffic, and by the fleet', async (t) => {
    const stage = stageOf(t, 'wrong-upstream');
    const good = await stage.fleet.apply(release());
    const [a, b] = [await stage.gateway('a'), await stage.gateway('b')];
    for (let i = 0; i < 30; i += 1) assert.equal(await ask(a), 200);
    const bad = await stage.fleet.apply(release(WRONG));
    await Promise.all([runs(a, bad), runs(b, bad)]);

    assert.match(await askUntilBack(a), /100 % of requests failed, 0 % before it/);
    await until(async () => (await stage.release()) === good);
    await until(async () => (await readiness(b.adminPort)).revision === good);
    assert.deepEqual([await ask(a), await ask(b)], [200, 200]);
    const pointer = (await stage.fleet.channels.read('stable')).pointer!;
    assert.deepEqual([pointer.flippedBy, pointer.earlier], ['a, by itself', []]);
    assert.match((await readiness(a.adminPort)).reasons.join(), new RegExp(`${bad} was rolled back: 100 %`));
    const metrics = await (await fetch(`http://127.0.0.1:${a.adminPort}/metrics`)).text();
    assert.match(metrics, /^sluice_config_rollbacks_total 1$/m);
    await stage.reported('a', (report) => report?.['refused'] === null && report['release'] === good);
    const status = await stage.run('status');
    assert.equal(status.code, 0);
    assert.match(status.stdout, new RegExp(`a rolled back ${bad}: 100 % of requests failed`));

    // Somebody wants it all the same: it runs until it fails again.
    await stage.fleet.flip(bad);
    await until(async () => (await readiness(a.adminPort)).revision === bad);
    await askUntilBackAgain(stage, a, good);
  });

  test('with a filter that fails is left by both gateways at once, and flipped back once', async (t) => {
    const stage = stageOf(t, 'bad-filter');
    const good = await stage.fleet.apply(release());
    const [a, b] = [await stage.gateway('a'), await stage.gateway('b')];
    const trap = stage.file('trap.wasm', await guestBytes('trap'));
    const filters = { f: { module: trap, onFailure: 'open' } };
    const routes = [{ id: 'one', match: { path: '/*', methods: ['GET'] }, upstream: 'app', filters: ['f'] }];
    const applied = await stage.run('apply', stage.file('bad.json', release({ filters, routes })), '--yes');
    assert.equal(applied.code, 0, applied.stderr);
    const bad = (await stage.release())!;
    await Promise.all([runs(a, bad), runs(b, bad)]);
    // Each of them has traffic that would do: whoever is later finds the channel flipped, or goes back by itself first.
    await Promise.all(
      [a, b].map((gateway) =>
        until(async () => {
          await (await fetch(gateway.url('/'), { headers: { 'x-trap': 'abort' } })).text();
          return (await readiness(gateway.adminPort)).revision === good;
        }),
      ),
    );
    await until(async () => (await stage.release()) === good);
    const { earlier, flippedBy } = (await stage.fleet.channels.read('stable')).pointer!;
    assert.deepEqual(earlier, []);
    assert.match(flippedBy, /^[ab], by itself$/);
    const lines = [a, b].flatMap((gateway) => gateway.lines.map(({ msg }) => String(msg)));
    assert.ok(
      lines.some((line) => /^configuration rolled back: .* of requests had a filter fail/.test(line)),
    );
  });

  test('is kept when its upstream failed before it as well', async (t) => {
    const stage = stageOf(t, 'broken-before');
    await stage.fleet.apply(release());
    const a = await stage.gateway('a');
    for (let i = 0; i < 30; i += 1) assert.equal(await ask(a, '/broken'), 500);
    const next = await stage.fleet.apply(release({ shutdown: { drainMs: 1 } }));
    await runs(a, next);
    for (let i = 0; i < 60; i += 1) assert.equal(await ask(a, '/broken'), 500);
    assert.equal((await readiness(a.adminPort)).revision, next);
    assert.equal(await stage.release(), next);
  });

  test('in a file is left as well, and the file is read again when it changes', async (t) => {
    const target = await startHttpTarget(t, (_, response) => response.end('here'));
    const config = (url: string, more: object = {}) =>
      ({
        upstreams: { sample: { targets: [{ url }] } },
        routes: [route('all', '/*')],
        rollout: ROLLOUT,
        ...more,
      }) as never;
    const gateway = await TestGateway.start(t, config(target.url));
    const { revision: good } = await gateway.state();
    await gateway.apply(config('http://127.0.0.1:9'));
    await until(async () => {
      await (await fetch(gateway.url('/'))).text();
      return (await gateway.state()).revision === good;
    });
    assert.equal((await fetch(gateway.url('/'))).status, 200);
    assert.equal(await gateway.metric('sluice_config_rollbacks_total'), 1);
    await gateway.apply(config(target.url, { shutdown: { drainMs: 1 } }));
    assert.deepEqual((await readiness(gateway.gateway.adminPort)).reasons, []);
  });
});

async function askUntilBackAgain(stage: FleetStage, gateway: GatewayProcess, good: string): Promise<void> {
  await until(async () => {
    await ask(gateway);
    return (await stage.release()) === good;
  });
}
