// Proxies in front of the gateway: what upstreams, filters and the log are told of the client.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { route, TestGateway } from '../support/gateway.js';
import { preamble } from '../support/proxy-preamble.js';
import { RawClient } from '../support/raw-client.js';
import { startHttpTarget } from '../support/upstream-servers.js';

const FORGED = {
  'x-forwarded-for': '198.51.100.1, 203.0.113.7, 127.0.0.2',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'evil.example',
  'x-forwarded-port': '1',
  forwarded: 'for=198.51.100.1',
  'x-real-ip': '198.51.100.1',
};

async function start(test: TestContext, trustedProxies: readonly string[], more: object = {}) {
  const seen: Record<string, unknown>[] = [];
  const target = await startHttpTarget(test, (request, response) => {
    seen.push(request.headers);
    response.end('ok');
  });
  const config = (networks: readonly string[]) => ({
    listeners: [{ name: 'public', address: '127.0.0.1:0', trustedProxies: networks, ...more }],
    upstreams: { sample: { targets: [{ url: target.url }] } },
    filters: {
      inside: {
        module: 'builtin:policy',
        config: { rules: [{ methods: ['GET'], path: '/*', clients: ['127.0.0.0/8'] }] },
      },
    },
    routes: [route('all', '/*'), route('inside', '/inside', ['inside'])],
  });
  const gateway = await TestGateway.start(test, config(trustedProxies));
  return { gateway, seen, config };
}

describe('behind a trusted proxy', () => {
  it('upstream and log are told who the client is, and nothing that it made up', async (test) => {
    const { gateway, seen } = await start(test, ['127.0.0.0/8']);
    assert.equal((await fetch(gateway.url('/a'), { headers: FORGED })).status, 200);
    const [headers] = seen;
    assert.equal(headers!['x-forwarded-for'], '203.0.113.7, 127.0.0.2, 127.0.0.1');
    assert.equal(headers!['x-forwarded-proto'], 'https');
    assert.equal(headers!['x-forwarded-host'], `127.0.0.1:${gateway.port}`);
    for (const name of ['x-forwarded-port', 'forwarded', 'x-real-ip'])
      assert.equal(headers![name], undefined);
    const line = await gateway.logLine(({ path }) => path === '/a');
    assert.deepEqual([line['client'], line['peer']], ['203.0.113.7', '127.0.0.1']);
  });

  it('filters judge the client and not the proxy', async (test) => {
    const { gateway } = await start(test, ['127.0.0.0/8']);
    assert.equal((await fetch(gateway.url('/inside'), { headers: FORGED })).status, 403);
    assert.equal((await fetch(gateway.url('/inside'))).status, 200);
  });

  it('other proxies can be trusted while it runs, on the connections that there are too', async (test) => {
    const { gateway, seen, config } = await start(test, ['127.0.0.1']);
    const port = gateway.port;
    const raw = await RawClient.open(port);
    const ask = async (): Promise<unknown> => {
      raw.send('GET /a HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.7\r\n\r\n');
      assert.equal((await raw.response()).status, 200);
      return seen.at(-1)!['x-forwarded-for'];
    };
    assert.equal(await ask(), '203.0.113.7, 127.0.0.1');
    await gateway.apply(config(['10.0.0.0/8']));
    assert.equal(await ask(), '127.0.0.1');
    await gateway.apply(config(['127.0.0.0/8']));
    assert.equal(await ask(), '203.0.113.7, 127.0.0.1');
    assert.equal(gateway.port, port);
    raw.destroy();
  });

  it('a client that has come by TLS is served where clear text is redirected to it', async (test) => {
    const { gateway } = await start(test, ['127.0.0.1'], { redirectToHttps: {} });
    const ask = (scheme: string) =>
      fetch(gateway.url('/a'), { headers: { 'x-forwarded-proto': scheme }, redirect: 'manual' });
    assert.equal((await ask('https')).status, 200);
    assert.equal((await ask('http')).status, 308);
  });

  it('a client that cannot be told is refused, and the upstream does not hear of it', async (test) => {
    const { gateway, seen } = await start(test, ['127.0.0.0/8']);
    const response = await fetch(gateway.url('/a'), { headers: { 'x-forwarded-for': 'unknown' } });
    assert.equal(response.status, 400);
    assert.equal(((await response.json()) as { code: string }).code, 'SLUICE_LISTEN_FORWARDED');
    assert.equal(seen.length, 0);
  });
});

describe('behind a proxy that speaks the PROXY protocol', () => {
  it('the client of the preamble is the client for filters, upstream and log', async (test) => {
    const { gateway, seen } = await start(test, ['127.0.0.0/8'], { proxyProtocol: true });
    const ask = async (client: string, target: string): Promise<number> => {
      const raw = await RawClient.open(gateway.port);
      const text = `GET ${target} HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 198.51.100.1\r\n\r\n`;
      raw.socket.write(Buffer.concat([preamble(client), Buffer.from(text)]));
      const { status } = await raw.response();
      raw.destroy();
      return status;
    };
    assert.equal(await ask('203.0.113.7', '/inside'), 403);
    assert.equal(await ask('203.0.113.7', '/a'), 200);
    assert.equal(seen[0]!['x-forwarded-for'], '203.0.113.7');
    assert.equal((await gateway.logLine(({ path }) => path === '/a'))['client'], '203.0.113.7');
    await assert.rejects(fetch(gateway.url('/a')));
  });
});

describe('without a trusted proxy', () => {
  it('the peer is the client, whatever it says', async (test) => {
    const { gateway, seen } = await start(test, ['10.0.0.0/8']);
    assert.equal((await fetch(gateway.url('/inside'), { headers: FORGED })).status, 200);
    assert.equal(seen[0]!['x-forwarded-for'], '127.0.0.1');
    assert.equal(seen[0]!['x-forwarded-proto'], 'http');
    const line = await gateway.logLine(({ path }) => path === '/inside');
    assert.deepEqual([line['client'], line['peer']], ['127.0.0.1', undefined]);
  });
});
