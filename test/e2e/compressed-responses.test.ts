// Upstreams that compress what was asked for plain, and filters that have to read it.
import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { PATIENT } from '../support/callout-stage.js';
import { route, TestGateway } from '../support/gateway.js';
import { startHttpTarget } from '../support/upstream-servers.js';

const TEXT = `{"name":"Ada","list":[${'1,'.repeat(30_000)}1]}`;
const UPPER = { module: './upper-body.wasm', limits: PATIENT };
const STREAM = {
  module: './stream-probe.wasm',
  limits: PATIENT,
  config: { name: 'stream', response: 'upper' },
};

async function start(test: TestContext, filter: unknown, handler: RequestListener): Promise<TestGateway> {
  const target = await startHttpTarget(test, handler);
  const limits = { responseBufferBytes: 1024 * 1024 };
  return TestGateway.start(
    test,
    {
      upstreams: { sample: { targets: [{ url: target.url }] } },
      filters: { reader: filter },
      routes: [route('all', '/*', ['reader'], { limits })],
    },
    ['upper-body', 'stream-probe'],
  );
}

/** Answers with what the path names. */
function answering(
  bodies: Readonly<Record<string, readonly [coding: string, body: Uint8Array]>>,
): RequestListener {
  return (incoming, outgoing) => {
    const [coding, body] = bodies[incoming.url!]!;
    outgoing.writeHead(200, { 'content-encoding': coding, etag: '"compressed"' });
    // In two parts, so that no filter gets it in one by chance.
    outgoing.write(body.subarray(0, body.byteLength >> 1));
    setImmediate(() => outgoing.end(body.subarray(body.byteLength >> 1)));
  };
}

async function refusal(gateway: TestGateway, path: string): Promise<string> {
  const answer = await fetch(gateway.url(path));
  assert.equal(answer.status, 502, path);
  return ((await answer.json()) as { code: string }).code;
}

describe('a compressed response', () => {
  for (const [name, filter] of [
    ['held whole', UPPER],
    ['seen in chunks', STREAM],
  ] as const) {
    it(`is decompressed for a filter and for the client: ${name}`, async (test) => {
      const twice = brotliCompressSync(gzipSync(TEXT));
      const bodies = {
        '/gzip': ['gzip', gzipSync(TEXT)],
        '/x-gzip': ['X-GZip', gzipSync(TEXT)],
        '/br': ['br', brotliCompressSync(TEXT)],
        '/deflate': ['deflate', deflateSync(TEXT)],
        '/raw': ['deflate', deflateRawSync(TEXT)],
        '/twice': ['gzip, br', twice],
        '/identity': ['identity', Buffer.from(TEXT)],
      } as const;
      const gateway = await start(test, filter, answering(bodies));
      for (const path of Object.keys(bodies)) {
        const answer = await fetch(gateway.url(path));
        assert.equal(answer.status, 200, path);
        if (path !== '/identity') assert.equal(answer.headers.get('content-encoding'), null, path);
        assert.equal(answer.headers.get('etag'), null, path);
        assert.equal(await answer.text(), TEXT.toUpperCase(), path);
      }
    });

    it(`is refused when its coding is unknown, broken, cut short or one too many: ${name}`, async (test) => {
      const gzip = gzipSync(TEXT);
      const broken = Buffer.from(gzip);
      broken[3] = 0xff;
      const bodies = {
        '/unknown': ['zstd', Buffer.from(TEXT)],
        '/broken': ['gzip', broken],
        '/plain': ['gzip', Buffer.from(TEXT)],
        '/many': ['gzip, gzip, gzip, gzip', gzip],
      } as const;
      const gateway = await start(test, filter, answering(bodies));
      for (const path of Object.keys(bodies))
        assert.equal(await refusal(gateway, path), 'SLUICE_FILTER_RESPONSE_ENCODED', path);
    });
  }

  it('that is cut short is not taken for whole', async (test) => {
    const cut = gzipSync(TEXT).subarray(0, -9);
    const held = await start(test, UPPER, answering({ '/': ['gzip', cut] }));
    assert.equal(await refusal(held, '/'), 'SLUICE_FILTER_RESPONSE_ENCODED');
    const flowing = await start(test, STREAM, answering({ '/': ['gzip', cut] }));
    await assert.rejects(async () => {
      const answer = await fetch(flowing.url('/'));
      assert.equal(answer.status, 200);
      await answer.text();
    });
  });

  it('that grows beyond what may be held is refused before it is all there', async (test) => {
    const bomb = gzipSync(Buffer.alloc(512 * 1024 * 1024));
    const gateway = await start(test, UPPER, answering({ '/': ['gzip', bomb] }));
    const before = process.memoryUsage().rss;
    assert.equal(await refusal(gateway, '/'), 'SLUICE_FILTER_RESPONSE_TOO_LARGE');
    assert.ok(process.memoryUsage().rss - before < 128 * 1024 * 1024);
  });

  it('stays as it is where no filter reads it', async (test) => {
    const target = await startHttpTarget(test, answering({ '/': ['gzip', gzipSync(TEXT)] }));
    const gateway = await TestGateway.start(test, {
      upstreams: { sample: { targets: [{ url: target.url }] } },
      routes: [route('all', '/*')],
    });
    const answer = await fetch(gateway.url('/'));
    assert.equal(answer.headers.get('content-encoding'), 'gzip');
    assert.equal(answer.headers.get('etag'), '"compressed"');
    assert.equal(await answer.text(), TEXT);
  });
});
