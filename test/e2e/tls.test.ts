import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type RequestOptions, request } from 'node:https';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { TestAuthority, type TestIdentity } from '../support/certificates.js';
import { route, TestGateway, until } from '../support/gateway.js';
import { startHttpTarget } from '../support/upstream-servers.js';

const root = TestAuthority.root();
const FIRST = root.issue({ names: ['api.example.com'], subject: { CN: 'first' } });

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

async function ask(port: number, options: RequestOptions = {}): Promise<Answer> {
  const sent = request({
    host: '127.0.0.1',
    port,
    path: '/users/1',
    servername: 'api.example.com',
    ca: root.cert,
    agent: false,
    ...options,
    headers: { host: 'api.example.com', ...options.headers },
  });
  sent.end();
  const [response] = await once(sent, 'response');
  let body = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    body += chunk;
  });
  await once(response, 'end');
  return { status: response.statusCode, headers: response.headers, body };
}

/** Common name of the certificate that a new connection is shown. */
async function shown(port: number): Promise<string> {
  const socket: TLSSocket = connect({
    host: '127.0.0.1',
    port,
    servername: 'api.example.com',
    ca: root.cert,
  });
  await once(socket, 'secureConnect');
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return String(subject.CN);
}

async function start(test: TestContext, engine: string, tls: object, more: object = {}) {
  const target = await startHttpTarget(test, (request, response) =>
    response.end(JSON.stringify({ proto: request.headers['x-forwarded-proto'] })),
  );
  const config = (listener: object) => ({
    listeners: [
      { name: 'public', address: '127.0.0.1:0', engine, tls: { certificates: [FILES], ...tls }, ...listener },
      { name: 'plain', address: '127.0.0.1:0', redirectToHttps: { port: 8443 } },
    ],
    upstreams: { sample: { targets: [{ url: target.url }] } },
    routes: [route('users', '/users/:id')],
  });
  const files = { 'api.crt': FIRST.chain, 'api.key': FIRST.key, 'ca.crt': root.cert };
  const gateway = await TestGateway.start(test, config(more), [], files);
  const put = ({ chain, key }: Pick<TestIdentity, 'chain' | 'key'>): void => {
    writeFileSync(join(gateway.folder, 'api.crt'), chain);
    writeFileSync(join(gateway.folder, 'api.key'), key);
  };
  return { gateway, put, port: gateway.port, plainPort: gateway.gateway.ports.get('plain')! };
}

const FILES = { cert: './api.crt', key: './api.key' };

for (const engine of ['uws', 'node'] as const) {
  describe(`TLS on the engine ${engine}`, () => {
    it('serves, and tells upstream how the client came', async (test) => {
      const { port } = await start(test, engine, {});
      const { status, body, headers } = await ask(port);
      assert.deepEqual({ status, body }, { status: 200, body: '{"proto":"https"}' });
      assert.equal(headers['strict-transport-security'], undefined);
    });

    it('tells browsers to keep coming so, on errors as well', async (test) => {
      const { port } = await start(
        test,
        engine,
        {},
        { hsts: { maxAgeSeconds: 60, includeSubDomains: true } },
      );
      for (const path of ['/users/1', '/nowhere']) {
        const { headers } = await ask(port, { path });
        assert.equal(headers['strict-transport-security'], 'max-age=60; includeSubDomains');
      }
    });

    it('shows a certificate that was replaced, and goes on with connections of before', async (test) => {
      const { port, put } = await start(test, engine, {});
      const before = connect({ host: '127.0.0.1', port, servername: 'api.example.com', ca: root.cert });
      await once(before, 'secureConnect');
      put(root.issue({ names: ['api.example.com'], subject: { CN: 'second' } }));
      await until(async () => (await shown(port)) === 'second');
      before.write('GET /users/1 HTTP/1.1\r\nhost: api.example.com\r\n\r\n');
      const [answer] = await once(before, 'data');
      assert.match(String(answer), /^HTTP\/1\.1 200/);
      before.destroy();
    });

    it('keeps the old one when the new one cannot be used, and takes it when it is mended', async (test) => {
      const { gateway, port, put } = await start(test, engine, {});
      put({ chain: FIRST.chain, key: root.issue({}).key });
      const refused = async (): Promise<string> => {
        const { lastError } = (await (await gateway.admin('/readyz')).json()) as { lastError: string | null };
        return lastError ?? '';
      };
      await until(async () => (await refused()) !== '');
      assert.match(await refused(), /another key than the certificate has/);
      assert.equal(await shown(port), 'first');
      put(root.issue({ names: ['api.example.com'], subject: { CN: 'third' } }));
      await until(async () => (await shown(port)) === 'third');
      assert.equal(await refused(), '');
    });

    it('lets nobody in without a certificate where one is required', async (test) => {
      const clientAuth = { ca: './ca.crt' };
      const { port, gateway } = await start(test, engine, { clientAuth });
      const client = root.issue({ usage: 'client', subject: { CN: 'client' } });
      assert.equal((await ask(port, { cert: client.chain, key: client.key })).status, 200);
      const without = await ask(port).then(
        ({ status }) => status,
        () => 403,
      );
      assert.equal(without, 403);
      const other = TestAuthority.root().issue({ usage: 'client' });
      await assert.rejects(ask(port, { cert: other.chain, key: other.key }));
      assert.equal(await gateway.metric('sluice_requests_total{route="users",method="GET",status="200"}'), 1);
    });
  });
}

describe('clear text beside TLS', () => {
  it('is redirected to it when it is declared, with method and query', async (test) => {
    const { plainPort } = await start(test, 'uws', {});
    const get = (path: string, init: RequestInit = {}) =>
      fetch(`http://localhost:${plainPort}${path}`, { redirect: 'manual', ...init });
    const found = await get('/users/1?a=b');
    assert.equal(found.status, 308);
    assert.equal(found.headers.get('location'), 'https://localhost:8443/users/1?a=b');
    assert.equal((await get('/nowhere')).status, 404);
    assert.equal((await get('/users/1', { method: 'POST' })).status, 308);
    assert.equal((await get('/users/1', { method: 'REPORT' })).status, 405);
  });
});

describe('a start without a certificate', () => {
  it('fails with its place', async (test) => {
    const starting = TestGateway.start(test, {
      listeners: [{ name: 'public', address: '127.0.0.1:0', tls: { certificates: [FILES] } }],
      routes: [],
    });
    await assert.rejects(starting, /certificates\/0\/cert: found ".*api\.crt": there is no such file/);
  });
});
