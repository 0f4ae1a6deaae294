// The filter `sanitise` over bodies that flow through the whole gateway.
import assert from 'node:assert/strict';
import type { RequestListener, ServerResponse } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { PATIENT } from '../support/callout-stage.js';
import { route, TestGateway } from '../support/gateway.js';
import { startHttpTarget } from '../support/upstream-servers.js';

const RECORD = `{"email":"ada@example.com","note":"paid with 4111 1111 1111 1111","text":"${'x'.repeat(900)}"}`;
const CLEAN = RECORD.replace('ada@example.com', '[redacted]').replace('4111 1111 1111 1111', '#');
const HEADERS = { 'content-type': 'application/json', etag: '"1"' };
const CONFIG = { json: { keys: ['email'] }, detect: [{ kinds: ['card'], value: '#' }], stream: true };

async function start(test: TestContext, handler: RequestListener): Promise<TestGateway> {
  const target = await startHttpTarget(test, handler);
  return TestGateway.start(test, {
    upstreams: { sample: { targets: [{ url: target.url }] } },
    filters: { clean: { module: 'builtin:sanitise', limits: PATIENT, config: CONFIG } },
    // Too little for a body that would have to be held.
    routes: [route('all', '/*', ['clean'], { limits: { responseBufferBytes: 1024 } })],
  });
}

describe('the filter sanitise with `stream`, behind a listener', () => {
  it('lets the client have the beginning, cleaned, before the upstream has sent the end', async (test) => {
    let upstream: ServerResponse | null = null;
    const gateway = await start(test, (_, response) => {
      upstream = response;
      response.writeHead(200, { ...HEADERS, 'content-length': 2 * RECORD.length + 3 });
      response.write(`[${RECORD},`);
    });
    const { headers, body } = await fetch(gateway.url('/'));
    assert.equal(headers.get('content-length'), null);
    assert.equal(headers.get('etag'), null);
    const reader = body!.getReader();
    const decoder = new TextDecoder();
    let text = '';
    while (text.length < CLEAN.length) text += decoder.decode((await reader.read()).value, { stream: true });
    assert.equal(text, `[${CLEAN}`);
    upstream!.end(`${RECORD}]`);
    for (let part = await reader.read(); !part.done; part = await reader.read())
      text += decoder.decode(part.value, { stream: true });
    assert.equal(text, `[${CLEAN},${CLEAN}]`);
  });

  it('cleans a body of many megabytes, plain and compressed, in little memory of its own', async (test) => {
    const count = 16 * 1024;
    const whole = `[${`${RECORD},`.repeat(count)}0]`;
    const gateway = await start(test, (request, response) => {
      const body = request.url === '/gzip' ? gzipSync(whole) : Buffer.from(whole);
      response.writeHead(200, {
        ...HEADERS,
        'content-length': body.length,
        ...(request.url === '/gzip' && { 'content-encoding': 'gzip' }),
      });
      response.end(body);
    });
    for (const path of ['/plain', '/gzip']) {
      const response = await fetch(gateway.url(path));
      assert.equal(response.headers.get('content-encoding'), null);
      assert.equal(await response.text(), `[${`${CLEAN},`.repeat(count)}0]`);
    }
    const memory = await gateway.metric('sluice_filter_peak_memory_bytes{filter="clean"}');
    assert.ok(memory > 0 && memory <= 4 * 1024 * 1024, `${memory}`);
  });

  it('cuts the connection when the body turns out to be broken, and says why in the log', async (test) => {
    const gateway = await start(test, (_, response) => {
      response.writeHead(200, HEADERS);
      response.write(`[${`${RECORD},`.repeat(200)}`);
      response.end('}');
    });
    const response = await fetch(gateway.url('/'));
    assert.equal(response.status, 200);
    await assert.rejects(response.text());
    await gateway.logLine((line) => JSON.stringify(line).includes('a body that cannot be cleaned'));
  });

  it('answers 502 as long as nothing of the body has left', async (test) => {
    const gateway = await start(test, (_, response) => {
      response.writeHead(200, HEADERS);
      response.end('{"email":"ada@example.com"');
    });
    const response = await fetch(gateway.url('/'));
    assert.equal(response.status, 502);
    assert.equal(((await response.json()) as { code: string }).code, 'SLUICE_FILTER_STOPPED');
  });
});
