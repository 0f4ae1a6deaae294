import assert from 'node:assert/strict';
import { get, type IncomingMessage, type RequestListener, request } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { route, until } from '../support/gateway.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { startHttpTarget } from '../support/upstream-servers.js';

const GIBIBYTE = 1024 ** 3;
const CHUNK = Buffer.alloc(65536, 'x');
const MOST_GROWTH_MB = 64;
const UNLIMITED = Number.POSITIVE_INFINITY;
/** What may lie in sockets and buffers of a way that is stalled. */
const MOST_IN_FLIGHT = 64 * 1024 * 1024;

function start(test: TestContext, upstreamUrl: string): Promise<GatewayProcess> {
  return GatewayProcess.start(test, {
    listeners: [{ name: 'public', address: '127.0.0.1:0' }],
    admin: { address: '127.0.0.1:0' },
    upstreams: { sample: { targets: [{ url: upstreamUrl }] } },
    filters: {
      guard: { module: 'builtin:policy', config: { rules: [{ methods: ['GET', 'POST'], path: '/*' }] } },
    },
    routes: [route('all', '/*', ['guard'], { limits: { requestBodyBytes: 2 * GIBIBYTE } })],
    workers: { count: 1 },
  });
}

/** Largest resident memory, above what it was at first, until `work` is done. */
async function growthMb(gateway: GatewayProcess, work: () => Promise<void>): Promise<number> {
  const before = gateway.residentMb();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, gateway.residentMb());
  }, 25);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return most - before;
}

interface Sink {
  write(chunk: Buffer): boolean;
  once(event: 'drain', run: () => void): unknown;
  end(): void;
}

/**
 * Writes `bytes` as fast as the stream takes them, but no faster than `mbPerSecond`; counts what it took.
 * The HTTP engine reads on within one tick for as long as a client keeps the receive buffer of the kernel full. That
 * takes a client that sends faster than the gateway copies, about 1 GB/s: without a limit, one on the same machine
 * makes the gateway hold 100 MB and more, and README says so.
 */
function pour(stream: Sink, bytes: number, mbPerSecond = 200): { sent: number } {
  const count = { sent: 0 };
  const started = performance.now();
  const more = (): void => {
    while (count.sent < bytes) {
      if (count.sent > (performance.now() - started) * mbPerSecond * 1000) {
        setTimeout(more, 2);
        return;
      }
      count.sent += CHUNK.length;
      if (!stream.write(CHUNK)) {
        stream.once('drain', more);
        return;
      }
    }
    stream.end();
  };
  more();
  return count;
}

async function drained(stream: IncomingMessage): Promise<number> {
  let bytes = 0;
  for await (const chunk of stream) bytes += (chunk as Buffer).length;
  return bytes;
}

const response = (url: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => get(url, resolve).on('error', reject));

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

/** Waits until a count that grows has stopped for a while: it is then held back, not merely slow. */
async function settled(count: () => number): Promise<void> {
  for (let last = -1; last !== count() || last === 0; ) {
    last = count();
    await delay(300);
  }
}
