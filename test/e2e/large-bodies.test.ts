import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, type RequestListener, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import {
  drained,
  GIBIBYTE,
  growthMb,
  MOST_IN_FLIGHT,
  pour,
  response,
  settled,
} from '../support/body-traffic.js';
import { route, until } from '../support/gateway.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { guestBytes } from '../support/test-guests.js';
import { startHttpTarget } from '../support/upstream-servers.js';

const MOST_GROWTH_MB = 64;
const POLICY = {
  guard: { module: 'builtin:policy', config: { rules: [{ methods: ['GET', 'POST'], path: '/*' }] } },
};
const UNLIMITED = Number.POSITIVE_INFINITY;

function start(
  test: TestContext,
  upstreamUrl: string,
  filters: Record<string, unknown> = POLICY,
): Promise<GatewayProcess> {
  return GatewayProcess.start(test, {
    listeners: [{ name: 'public', address: '127.0.0.1:0' }],
    admin: { address: '127.0.0.1:0' },
    upstreams: { sample: { targets: [{ url: upstreamUrl }] } },
    filters,
    routes: [route('all', '/*', Object.keys(filters), { limits: { requestBodyBytes: 2 * GIBIBYTE } })],
    workers: { count: 1 },
  });
}

describe('a body that no filter asked for', () => {
  it('of 1 GiB passes in either direction without growing the gateway', async (test) => {
    const handler: RequestListener = async (incoming, outgoing) => {
      if (incoming.method === 'POST') {
        const bytes = await drained(incoming);
        outgoing.end(String(bytes));
      } else if (incoming.url === '/chunked') pour(outgoing, GIBIBYTE, UNLIMITED);
      else if (incoming.url === '/sized') {
        outgoing.writeHead(200, { 'content-length': GIBIBYTE });
        pour(outgoing, GIBIBYTE, UNLIMITED);
      } else outgoing.end('warm');
    };
    const target = await startHttpTarget(test, handler);
    const gateway = await start(test, target.url);
    for (let i = 0; i < 50; i += 1) await (await fetch(gateway.url('/warm'))).text();

    for (const path of ['/sized', '/chunked']) {
      const growth = await growthMb(gateway, async () => {
        assert.equal(await drained(await response(gateway.url(path))), GIBIBYTE);
      });
      test.diagnostic(`download ${path}: resident memory grew by ${growth.toFixed(0)} MiB`);
      assert.ok(growth < MOST_GROWTH_MB, `${growth} MiB`);
    }
    for (const headers of [{ 'content-length': String(GIBIBYTE) }, {}]) {
      const growth = await growthMb(gateway, async () => {
        const upload = request(gateway.url('/up'), { method: 'POST', headers });
        const answered = new Promise<IncomingMessage>((resolve, reject) => {
          upload.once('response', resolve).once('error', reject);
        });
        pour(upload, GIBIBYTE);
        const text: Buffer[] = [];
        for await (const chunk of await answered) text.push(chunk as Buffer);
        assert.equal(Buffer.concat(text).toString(), String(GIBIBYTE));
      });
      test.diagnostic(`upload ${JSON.stringify(headers)}: resident memory grew by ${growth.toFixed(0)} MiB`);
      assert.ok(growth < MOST_GROWTH_MB, `${growth} MiB`);
    }
    assert.equal(await gateway.stop(), 0);
  });

  it('stops the upstream while the client takes nothing, and goes on when it does', async (test) => {
    let count = { sent: 0 };
    const target = await startHttpTarget(test, (_, outgoing) => {
      count = pour(outgoing, GIBIBYTE / 4, UNLIMITED);
    });
    const gateway = await start(test, target.url);
    const stalled = await response(gateway.url('/'));
    stalled.pause();
    await settled(() => count.sent);
    assert.ok(count.sent < MOST_IN_FLIGHT, `${count.sent} bytes went out`);
    assert.equal(await drained(stalled), GIBIBYTE / 4);
  });

  it('stops the client while the upstream takes nothing, and goes on when it does', async (test) => {
    let waiting: IncomingMessage | undefined;
    const target = await startHttpTarget(test, (incoming, outgoing) => {
      waiting = incoming;
      incoming.pause();
      incoming.on('end', () => outgoing.end('done'));
    });
    const gateway = await start(test, target.url);
    const upload = request(gateway.url('/'), { method: 'POST' });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      upload.once('response', resolve).once('error', reject);
    });
    const count = pour(upload, GIBIBYTE / 4);
    await until(() => waiting !== undefined);
    await settled(() => count.sent);
    assert.ok(count.sent < MOST_IN_FLIGHT, `${count.sent} bytes went out`);
    waiting!.resume();
    assert.equal((await answered).statusCode, 200);
  });
});

describe('a body that a filter sees in chunks', () => {
  it('passes in either direction without growing the gateway', async (test) => {
    const target = await startHttpTarget(test, async (incoming, outgoing) => {
      if (incoming.method === 'POST') outgoing.end(String(await drained(incoming)));
      else if (incoming.url === '/long') pour(outgoing, GIBIBYTE / 2, UNLIMITED);
      else outgoing.end('warm');
    });
    const folder = mkdtempSync(join(tmpdir(), 'sluice-large-'));
    test.after(() => rmSync(folder, { recursive: true, force: true }));
    const module = join(folder, 'stream-probe.wasm');
    writeFileSync(module, await guestBytes('stream-probe'));
    const config = { name: 'probe', request: 'hold-half', response: 'hold-half' };
    const gateway = await start(test, target.url, {
      probe: { module, config, limits: { deadlineMs: 2000 } },
    });
    for (let i = 0; i < 50; i += 1) await (await fetch(gateway.url('/warm'))).text();

    const down = await growthMb(gateway, async () => {
      assert.equal(await drained(await response(gateway.url('/long'))), GIBIBYTE / 2);
    });
    const up = await growthMb(gateway, async () => {
      const upload = request(gateway.url('/up'), { method: 'POST' });
      const answered = new Promise<IncomingMessage>((resolve, reject) => {
        upload.once('response', resolve).once('error', reject);
      });
      // Slower than the filter is: what a faster client makes the engine hold is no matter of the filter's.
      pour(upload, GIBIBYTE / 8, 40);
      const text: Buffer[] = [];
      for await (const chunk of await answered) text.push(chunk as Buffer);
      assert.equal(Buffer.concat(text).toString(), String(GIBIBYTE / 8));
    });
    test.diagnostic(`resident memory grew by ${down.toFixed(0)} MiB down, ${up.toFixed(0)} MiB up`);
    assert.ok(down < MOST_GROWTH_MB && up < MOST_GROWTH_MB, `${down} and ${up} MiB`);
    assert.equal(await gateway.stop(), 0);
  });
});
