// The full length of test/e2e/reload.test.ts, on a gateway of its own, whose resident memory the kernel tells.
import assert from 'node:assert/strict';
import { Agent, get } from 'node:http';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { median } from '../../bench/harness/statistics.js';
import { writeRevision } from '../../bench/soak/revisions.js';
import { route, until } from '../support/gateway.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { startHttpTarget } from '../support/upstream-servers.js';

const RELOADS = 200;
const LOAD_MS = 60_000;
const CONNECTIONS = 64;
const COLLECTOR = new URL('../support/collect-on-signal.js', import.meta.url).href;

function ask(agent: Agent, url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode!));
      response.on('error', reject);
    });
    request.on('error', reject);
  });
}

describe('200 reloads in 60 s of load from 64 connections', () => {
  it('fail no request, and memory after the last equals memory after the tenth within 5 %', async (test) => {
    const target = await startHttpTarget(test, (_, response) => response.end('{"ok":true}'));
    const config = (mark: number) => ({
      listeners: [{ name: 'public', address: '127.0.0.1:0' }],
      admin: { address: '127.0.0.1:0' },
      upstreams: { sample: { targets: [{ url: target.url }], keepAliveMs: 30_000 } },
      filters: {
        clean: {
          module: 'builtin:sanitise',
          config: { headers: { set: { 'x-mark': String(mark) } }, json: { keys: ['secret'] } },
        },
        guard: {
          module: 'builtin:policy',
          config: {
            rules: [
              { methods: ['GET'], path: '/users/:id' },
              { methods: ['GET'], path: `/extra/${mark}` },
            ],
          },
        },
      },
      routes: [route('users', '/users/:id', ['clean', 'guard']), route(`extra-${mark}`, `/extra/${mark}`)],
      log: { access: false },
    });
    const gateway = await GatewayProcess.start(test, config(0), ['--expose-gc', '--import', COLLECTOR]);
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
    test.after(() => agent.destroy());

    let isOver = false;
    let requests = 0;
    const failed: unknown[] = [];
    const clients = Array.from({ length: CONNECTIONS }, async () => {
      while (!isOver) {
        const status = await ask(agent, gateway.url('/users/1')).catch((error: unknown) => error);
        requests += 1;
        if (status !== 200) failed.push(status);
      }
    });
    const started = performance.now();
    const memory: number[] = [];
    for (let reload = 1; reload <= RELOADS; reload += 1) {
      writeRevision(gateway.configFile, JSON.stringify(config(reload)));
      await until(() => gateway.lines.filter(({ msg }) => msg === 'configuration applied').length === reload);
      await delay(Math.max(0, started + (reload * LOAD_MS) / RELOADS - performance.now()));
      gateway.child.kill('SIGUSR2');
      await until(() => gateway.lines.filter(({ msg }) => msg === 'collected').length === reload);
      memory.push(gateway.residentMb());
    }
    isOver = true;
    await Promise.all(clients);
    // One sample is two or three percent off, depending on what the allocator of the C library holds at that moment.
    const tenth = median(memory.slice(5, 14));
    const last = median(memory.slice(-9));
    test.diagnostic(
      `${requests} requests, ${failed.length} failed; resident MiB around the 10th ${tenth.toFixed(0)}, the last ` +
        `${last.toFixed(0)}; every 20th: ${memory
          .filter((_, index) => index % 20 === 9)
          .map((mb) => mb.toFixed(0))
          .join(' ')}`,
    );
    assert.deepEqual(failed.slice(0, 3), []);
    assert.ok(last < tenth * 1.05, `${last} MiB after the last reload, ${tenth} MiB after the tenth`);
    assert.equal(await gateway.stop(), 0);
  });
});
