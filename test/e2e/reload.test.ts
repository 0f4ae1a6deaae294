import assert from 'node:assert/strict';
import { renameSync, truncateSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { route, TestGateway, until } from '../support/gateway.js';
import { startHttpTarget } from '../support/upstream-servers.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

// The whole length, 200 reloads in 60 s, is test/soak/reload-soak.test.ts.
const RELOADS = 30;
const LOAD_MS = 6_000;
const CONNECTIONS = 64;

interface Answer {
  readonly status: number;
  readonly mark: string;
}

function ask(agent: Agent, url: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent }, (response) => {
      response.resume();
      response.on('end', () =>
        resolve({ status: response.statusCode!, mark: String(response.headers['x-mark']) }),
      );
      response.on('error', reject);
    });
    request.on('error', reject);
  });
}

describe('reloads', () => {
  it('under load fail no request, leave no memory behind, and every answer is of one revision', async (test) => {
    const target = await startHttpTarget(test, (_, response) => response.end('{"ok":true}'));
    const config = (mark: number) => ({
      upstreams: { sample: { targets: [{ url: target.url }], keepAliveMs: 30_000 } },
      filters: {
        mark: { module: './mark-response.wasm', config: { name: 'x-mark', revision: mark } },
        guard: { module: 'builtin:policy', config: { rules: [{ methods: ['GET'], path: `/users/:id` }] } },
      },
      routes: [route('users', '/users/:id', ['mark', 'guard']), route(`extra-${mark}`, `/extra/${mark}`)],
    });
    const gateway = await TestGateway.start(test, config(0), ['mark-response']);
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
    test.after(() => agent.destroy());

    const started = performance.now();
    let isOver = false;
    let requests = 0;
    const failed: unknown[] = [];
    const clients = Array.from({ length: CONNECTIONS }, async () => {
      while (!isOver) {
        const answer = await ask(agent, gateway.url('/users/1')).catch((error: unknown) => error);
        requests += 1;
        const { status, mark } = answer as Partial<Answer>;
        if (status !== 200 || mark !== 'seen 200') failed.push(answer);
      }
    });
    const memory: number[] = [];
    for (let reload = 1; reload <= RELOADS; reload += 1) {
      await gateway.apply(config(reload));
      memory.push(liveBytes());
      // Spread evenly over the load.
      await delay(Math.max(0, started + (reload * LOAD_MS) / RELOADS - performance.now()));
    }
    isOver = true;
    await Promise.all(clients);
    assert.deepEqual(failed.slice(0, 3), []);
    assert.ok(requests > CONNECTIONS);
    assert.equal((await fetch(gateway.url(`/extra/${RELOADS}`))).status, 200);
    assert.equal((await fetch(gateway.url(`/extra/${RELOADS - 1}`))).status, 404);
    assert.equal(await gateway.metric('sluice_config_reloads_total{outcome="applied"}'), RELOADS);
    const tenth = memory[9]!;
    const last = memory.at(-1)!;
    test.diagnostic(
      `${requests} requests, ${RELOADS} reloads, live memory after the 10th ${megabytes(tenth)}, after the last ${megabytes(last)}`,
    );
    assert.ok(
      last < tenth * 1.05,
      `${megabytes(last)} after the last reload, ${megabytes(tenth)} after the tenth`,
    );
  });

  it('to a bad configuration change nothing, say so, and the next good one is taken', async (test) => {
    const target = await startHttpTarget(test, (_, response) => response.end('ok'));
    const config = (path: string) => ({
      upstreams: { sample: { targets: [{ url: target.url }] } },
      filters: { guard: { module: 'builtin:policy', config: { rules: [{ methods: ['GET'], path: '/*' }] } } },
      routes: [route('one', path, ['guard'])],
    });
    const gateway = await TestGateway.start(test, config('/one'));
    const { revision } = await gateway.state();

    const refusals: [string, RegExp][] = [
      ['{"listeners": [', /SLUICE_CONFIG_SYNTAX/],
      [JSON.stringify({ ...config('/two'), listeners: [], unknown: 1 }), /SLUICE_CONFIG_INVALID/],
    ];
    for (const [text, code] of refusals) {
      gateway.write(text);
      const line = await gateway.logLine((candidate) => code.test(String(candidate['code'])));
      assert.match(String(line['msg']), /^configuration refused: /);
      const state = await gateway.state();
      assert.equal(state.revision, revision);
      assert.notEqual(state.lastError, null);
      assert.equal((await fetch(gateway.url('/one'))).status, 200);
    }
    await gateway.apply(config('/three'));
    assert.equal((await gateway.state()).lastError, null);
    assert.equal((await fetch(gateway.url('/three'))).status, 200);
    assert.equal((await fetch(gateway.url('/one'))).status, 404);
  });

  it('to a filter that cannot be loaded change nothing', async (test) => {
    const target = await startHttpTarget(test, (_, response) => response.end('ok'));
    const config = (filter: unknown) => ({
      upstreams: { sample: { targets: [{ url: target.url }] } },
      filters: { one: filter as Record<string, unknown> },
      routes: [route('one', '/one', ['one'])],
    });
    const guests = ['refuse-config', 'log-lines', 'echo-context'];
    const gateway = await TestGateway.start(test, config({ module: './echo-context.wasm' }), guests);
    // As long as a disk, without taking any room on one.
    writeFileSync(join(gateway.folder, 'huge.wasm'), '');
    truncateSync(join(gateway.folder, 'huge.wasm'), 2 ** 40);
    const attempts: [unknown, string][] = [
      [{ module: './huge.wasm' }, 'SLUICE_FILTER_MODULE_TOO_LARGE'],
      [{ module: './absent.wasm' }, 'SLUICE_FILTER_UNREADABLE'],
      [{ module: 'builtin:absent' }, 'SLUICE_FILTER_UNREADABLE'],
      [{ module: './sluice.json' }, 'SLUICE_FILTER_NOT_WASM'],
      [{ module: './refuse-config.wasm', config: { bad: 1 } }, 'SLUICE_FILTER_CONFIG'],
      [{ module: './refuse-config.wasm', config: { trap: 1 } }, 'SLUICE_FILTER_TRAP'],
      [{ module: './log-lines.wasm' }, 'SLUICE_FILTER_CAPABILITY'],
      [{ module: 'builtin:policy', config: { rules: 'all' } }, 'SLUICE_FILTER_CONFIG'],
    ];
    const { listeners } = { listeners: [{ name: 'public', address: '127.0.0.1:0' }] };
    for (const [filter, code] of attempts) {
      const common = { workers: { count: 1 }, admin: { address: '127.0.0.1:0' }, listeners };
      gateway.write(JSON.stringify({ ...common, ...config(filter) }));
      await gateway.logLine((line) => line['code'] === code);
      assert.equal((await fetch(gateway.url('/one'))).status, 200, code);
    }
    assert.equal(await gateway.metric('sluice_dispatch_outstanding'), 0);
  });

  it('to a module that was built anew run it as another revision, and can leave it for what it was', async (test) => {
    const target = await startHttpTarget(test, (_, response) => response.end('ok'));
    const config = {
      upstreams: { sample: { targets: [{ url: target.url }] } },
      filters: { one: { module: './mark-response.wasm', config: { name: 'x-mark', revision: 'kept' } } },
      routes: [route('one', '/one', ['one'])],
      rollout: { watchSeconds: 3600, leastRequests: 20 },
    };
    const gateway = await TestGateway.start(test, config, ['mark-response', 'trap']);
    const digest = async (): Promise<string> => {
      const [filter] = (await (await gateway.admin('/filters')).json()) as { module: { digest: string } }[];
      return filter!.module.digest;
    };
    const before = { ...(await gateway.state()), digest: await digest() };
    const headers = { 'x-trap': 'abort' };
    const ask = async (): Promise<number> => (await fetch(gateway.url('/one'), { headers })).status;
    for (let index = 0; index < 20; index++) assert.equal(await ask(), 200);

    renameSync(join(gateway.folder, 'trap.wasm'), join(gateway.folder, 'mark-response.wasm'));
    await gateway.gateway.reload();
    const { revision } = await gateway.state();
    assert.notEqual(revision, before.revision);
    assert.notEqual(await digest(), before.digest);
    await gateway.logLine((line) => line['msg'] === 'configuration applied' && line['revision'] === revision);
    assert.equal(await ask(), 503);
    await until(async () => (await ask()) === 200);
    assert.deepEqual([(await gateway.state()).revision, await digest()], [before.revision, before.digest]);
  });

  it('open new listeners and drain those that are gone', async (test) => {
    const target = await startHttpTarget(test, (_, response) => response.end('ok'));
    const config = (names: readonly string[]) => ({
      upstreams: { sample: { targets: [{ url: target.url }] } },
      routes: [route('all', '/*')],
      listeners: names.map((name) => ({ name, address: '127.0.0.1:0' })),
    });
    const gateway = await TestGateway.start(test, config(['public', 'old']));
    const old = gateway.gateway.ports.get('old')!;
    const { port } = gateway;
    await gateway.apply(config(['public', 'new']));
    const fresh = gateway.gateway.ports.get('new')!;
    assert.equal(gateway.port, port);
    assert.equal((await fetch(`http://127.0.0.1:${fresh}/`)).status, 200);
    assert.equal((await fetch(gateway.url('/'))).status, 200);
    await until(() =>
      fetch(`http://127.0.0.1:${old}/`).then(
        () => false,
        () => true,
      ),
    );
  });
});

/** Bytes that live after a collection, in this process: what a leak would add to. */
function liveBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1048576).toFixed(1)} MiB`;
}
