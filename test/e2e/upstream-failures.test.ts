import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { route, TestGateway } from '../support/gateway.js';
import { RawClient } from '../support/raw-client.js';
import { closedOrigin, startHttpTarget, startRawTarget } from '../support/upstream-servers.js';

const NO_EJECTION = { ejection: { failures: 0 } };

function gatewayTo(test: TestContext, url: string, more: Record<string, unknown> = {}): Promise<TestGateway> {
  return TestGateway.start(test, {
    upstreams: { sample: { targets: [{ url }], ...NO_EJECTION } },
    routes: [route('all', '/*', [], more)],
  });
}

async function problem(gateway: TestGateway): Promise<[number, string]> {
  const response = await fetch(gateway.url('/'));
  assert.equal(response.headers.get('content-type'), 'application/problem+json');
  const body = (await response.json()) as { code: string; requestId: string };
  assert.equal(body.requestId, response.headers.get('x-request-id'));
  return [response.status, body.code];
}

describe('an upstream that', () => {
  it('is not there is a 502 with its code', async (test) => {
    const gateway = await gatewayTo(test, await closedOrigin());
    assert.deepEqual(await problem(gateway), [502, 'SLUICE_UPSTREAM_CONNECT']);
  });

  it('ends before its head is a 502 with its code', async (test) => {
    const target = await startRawTarget(test, (socket) => socket.once('data', () => socket.destroy()));
    const gateway = await gatewayTo(test, target.url);
    assert.deepEqual(await problem(gateway), [502, 'SLUICE_UPSTREAM_CLOSED']);
  });

  for (const [name, head] of [
    ['a length', 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n'],
    ['chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n40\r\n'],
  ] as const) {
    it(`ends in the middle of a body of ${name} cuts the client, never a clean end`, async (test) => {
      const target = await startRawTarget(test, (socket) => {
        socket.once('data', () =>
          socket.write(`${head}half of it`, () => setImmediate(() => socket.destroy())),
        );
      });
      const gateway = await gatewayTo(test, target.url);
      const client = await RawClient.open(gateway.port);
      client.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
      const response = await client.response();
      assert.equal(response.complete, false);
      const line = await gateway.logLine(({ path }) => path === '/');
      assert.equal(line['error'], 'SLUICE_UPSTREAM_CUT');
    });
  }

  it('does not answer in time is a 504 with its code', async (test) => {
    const target = await startRawTarget(test, () => {});
    const gateway = await gatewayTo(test, target.url, { timeouts: { responseMs: 100 } });
    assert.deepEqual(await problem(gateway), [504, 'SLUICE_UPSTREAM_TIMEOUT']);
  });

  it('has no target is a 503 with its code', async (test) => {
    const gateway = await TestGateway.start(test, {
      upstreams: { sample: { targets: [] } },
      routes: [route('all', '/*')],
    });
    assert.deepEqual(await problem(gateway), [503, 'SLUICE_UPSTREAM_NO_TARGET']);
  });

  it('speaks something else is a 502 with its code', async (test) => {
    const target = await startRawTarget(test, (socket) =>
      socket.once('data', () => socket.end('SSH-2.0-x\r\n')),
    );
    const gateway = await gatewayTo(test, target.url);
    assert.deepEqual(await problem(gateway), [502, 'SLUICE_UPSTREAM_PROTOCOL']);
  });
});

describe('what goes upstream', () => {
  it('carries who asked, and nothing that a client made up about itself', async (test) => {
    let headers: Record<string, unknown> = {};
    const target = await startHttpTarget(test, (request, response) => {
      headers = request.headers;
      response.end('ok');
    });
    const gateway = await TestGateway.start(test, {
      upstreams: {
        sample: {
          targets: [{ url: target.url }],
          headers: { authorization: 'Bearer fixed', 'x-key': 'fixed' },
        },
      },
      routes: [route('all', '/*')],
    });
    const response = await fetch(gateway.url('/a'), {
      headers: {
        'x-forwarded-for': '203.0.113.9',
        'x-real-ip': '203.0.113.9',
        forwarded: 'for=203.0.113.9',
        'x-request-id': 'mine',
        authorization: 'Bearer mine',
        te: 'trailers',
        'x-forwarded-prefix': '/admin',
        'x-original-url': '/admin',
        'x-rewrite-url': '/admin',
        'x-http-method-override': 'DELETE',
        'x-http-method': 'DELETE',
        'x-method-override': 'DELETE',
        x_http_method_override: 'DELETE',
        x_forwarded_for: '203.0.113.9',
        'x-real_ip': '203.0.113.9',
        x_request_id: 'mine',
        x_key: 'mine',
        x_other: 'mine',
        'client-cert': ':bWluZQ==:',
        'client-cert-chain': ':bWluZQ==:',
        client_cert: ':bWluZQ==:',
        'x-forwarded-client-cert': 'Subject="CN=mine"',
        'x-ssl-client-verify': 'SUCCESS',
        'ssl-client-subject-dn': 'CN=mine',
        ssl_client_verify: 'SUCCESS',
      },
    });
    const made = Object.keys(headers).filter((name) => /_|prefix|-url$|method|cert|ssl/.test(name));
    assert.deepEqual(made, ['x_other']);
    assert.equal(headers['x-key'], 'fixed');
    assert.equal(headers['x-forwarded-for'], '127.0.0.1');
    assert.equal(headers['x-forwarded-proto'], 'http');
    assert.equal(headers['x-forwarded-host'], `127.0.0.1:${gateway.port}`);
    assert.equal(headers['x-real-ip'], undefined);
    assert.equal(headers['forwarded'], undefined);
    assert.equal(headers['te'], undefined);
    assert.equal(headers['authorization'], 'Bearer fixed');
    assert.equal(headers['via'], '1.1 sluice');
    assert.equal(headers['x-request-id'], response.headers.get('x-request-id'));
    assert.equal(headers['host'], new URL(target.url).host);
  });

  it('is not sent twice when it may have effects, and is when it cannot', async (test) => {
    const first = await startRawTarget(test, (socket) => socket.once('data', () => socket.destroy()));
    const gateway = await gatewayTo(test, first.url);
    assert.equal((await fetch(gateway.url('/'), { method: 'POST', body: 'x' })).status, 502);
    assert.equal(first.sockets.length, 1);
  });
});

describe('a client that leaves', () => {
  it('takes its request off the upstream', async (test) => {
    let closed!: () => void;
    const gone = new Promise<void>((resolve) => {
      closed = resolve;
    });
    let arrived!: () => void;
    const waiting = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const target = await startRawTarget(test, (socket) => {
      socket.on('close', closed);
      socket.once('data', arrived);
    });
    const gateway = await gatewayTo(test, target.url);
    const client = await RawClient.open(gateway.port);
    client.send('GET /slow HTTP/1.1\r\nhost: a\r\n\r\n');
    await waiting;
    client.socket.destroy();
    await gone;
    const line = await gateway.logLine(({ path }) => path === '/slow');
    assert.equal(line['status'], 499);
    assert.equal(line['error'], 'SLUICE_LISTEN_ABORTED');
  });

  it('in the midst of a response is not taken for a failure of the upstream', async (test) => {
    const target = await startHttpTarget(test, (_, response) => response.write('the first piece'));
    const gateway = await gatewayTo(test, target.url);
    const client = await RawClient.open(gateway.port);
    client.send('GET /endless HTTP/1.1\r\nhost: a\r\n\r\n');
    await client.until(() => client.received.includes('the first piece'));
    client.socket.destroy();
    const line = await gateway.logLine(({ path }) => path === '/endless');
    assert.equal(line['error'], 'SLUICE_LISTEN_ABORTED');
    assert.equal(line['status'], 499);
  });
});

describe('the address of a listener', () => {
  it('that is taken refuses the start and names it', async (test) => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    test.after(() => taken.close());
    const { port } = taken.address() as { port: number };
    await assert.rejects(
      TestGateway.start(test, { routes: [], listeners: [{ name: 'public', address: `127.0.0.1:${port}` }] }),
      {
        message: new RegExp(`127\\.0\\.0\\.1:${port}`),
      },
    );
  });
});
