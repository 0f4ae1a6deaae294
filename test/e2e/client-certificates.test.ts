// Clients told by their certificates, from the handshake to the upstream.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { readCertificate } from '../../core/tls/certificate.js';
import { buildInline, manifestOf } from '../sdk/inline-filter.js';
import { TestAuthority, type TestIdentity } from '../support/certificates.js';
import { route, TestGateway } from '../support/gateway.js';
import { Http2Client } from '../support/http2-client.js';
import { startHttpTarget } from '../support/upstream-servers.js';

const root = TestAuthority.root();
const server = root.issue({ names: ['api.example.com'] });
const pay = root.issue({
  usage: 'client',
  subject: { O: 'Example', CN: 'pay' },
  names: ['spiffe://example.org/ns/pay/api'],
});
const billing = root.issue({ usage: 'client', subject: { CN: 'billing' }, names: ['billing.example.com'] });

const FILTER = `
import { Decision, next, Request } from 'sluice';
export function onRequest(request: Request): Decision {
  request.headers.set('x-client-cert-seen', request.headers.has('client-cert') ? 'yes' : 'no');
  request.headers.set('x-subject', request.certificate.exists ? request.certificate.subject.toString() : 'nobody');
  return next();
}
`;

const FORGED = {
  'client-cert': ':Zm9yZ2Vk:',
  'client-cert-chain': ':Zm9yZ2Vk:',
  'x-ssl-client-verify': 'SUCCESS',
  connection: 'client-cert',
};

const rule = (id: string, clientCertificate: object) => route(id, `/${id}`, ['tell'], { clientCertificate });

describe('routes for certain clients', () => {
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-client-certificates-'));
    writeFileSync(join(folder, 'tell.wasm'), await buildInline(FILTER, manifestOf()));
  });
  after(() => rmSync(folder, { recursive: true }));

  async function start(test: TestContext, mode: 'request' | 'require', engine: string, more: object = {}) {
    const seen: Record<string, unknown>[] = [];
    const target = await startHttpTarget(test, (incoming, response) => {
      seen.push(incoming.headers);
      response.end('ok');
    });
    const config = (payRule: object) => ({
      listeners: [
        {
          name: 'public',
          address: '127.0.0.1:0',
          engine,
          ...more,
          tls: {
            certificates: [{ cert: './api.crt', key: './api.key' }],
            clientAuth: { ca: './ca.crt', mode },
          },
        },
        { name: 'plain', address: '127.0.0.1:0' },
      ],
      upstreams: { sample: { targets: [{ url: target.url }] } },
      filters: { tell: { module: join(folder, 'tell.wasm') } },
      routes: [
        route('open', '/open', ['tell']),
        rule('any', { forward: true }),
        rule('pay', payRule),
        rule('nobody', { subjects: [], forward: true }),
      ],
    });
    const rules = { uris: ['spiffe://example.org/ns/pay/*'], dnsNames: [] };
    const files = { 'api.crt': server.chain, 'api.key': server.key, 'ca.crt': root.cert };
    const gateway = await TestGateway.start(test, config(rules), [], files);
    const ask = async (path: string, client: TestIdentity | null): Promise<number> => {
      const sent = request({
        host: '127.0.0.1',
        port: gateway.port,
        path,
        servername: 'api.example.com',
        ca: root.cert,
        agent: false,
        headers: { host: 'api.example.com', ...FORGED },
        ...(client === null ? {} : { cert: client.chain, key: client.key }),
      });
      sent.end();
      const [response] = await once(sent, 'response');
      response.resume();
      await once(response, 'end');
      return response.statusCode;
    };
    return { gateway, ask, seen, config };
  }

  for (const engine of ['uws', 'node']) {
    it(`admit those of their lists on the engine ${engine}, and answer others 403`, async (test) => {
      const { gateway, ask, seen } = await start(test, 'request', engine);
      const statuses = async (client: TestIdentity | null) => {
        const all: number[] = [];
        for (const path of ['/open', '/any', '/pay', '/nobody']) all.push(await ask(path, client));
        return all;
      };
      assert.deepEqual(await statuses(pay), [200, 200, 200, 403]);
      assert.deepEqual(await statuses(billing), [200, 200, 403, 403]);
      assert.deepEqual(await statuses(null), [200, 403, 403, 403]);
      assert.equal(seen.length, 6);
      const line = await gateway.logLine(({ path, reason }) => path === '/pay' && reason !== undefined);
      assert.equal(line['error'], 'SLUICE_ROUTE_CLIENT');
      assert.match(String(line['reason']), /^route pay: not for CN=billing \(SHA-256 [0-9a-f]{64}\)$/);
    });

    it(`tell upstream and filters of the client on the engine ${engine}, and nothing that it made up`, async (test) => {
      const { ask, seen } = await start(test, 'request', engine);
      for (const [path, client] of [
        ['/open', null],
        ['/open', pay],
        ['/any', pay],
      ] as const)
        assert.equal(await ask(path, client), 200);
      assert.deepEqual(
        seen.map((headers) => headers['x-subject']),
        ['nobody', 'CN=pay,O=Example', 'CN=pay,O=Example'],
      );
      const der = Buffer.from(readCertificate(pay.cert).der).toString('base64');
      assert.deepEqual(
        seen.map((headers) => headers['client-cert']),
        [undefined, undefined, `:${der}:`],
      );
      for (const headers of seen) {
        assert.equal(headers['x-client-cert-seen'], 'no');
        assert.equal(headers['client-cert-chain'], undefined);
        assert.equal(headers['x-ssl-client-verify'], undefined);
      }
    });

    it(`change with a revision on the engine ${engine}`, async (test) => {
      const { gateway, ask, config } = await start(test, 'require', engine);
      assert.deepEqual([await ask('/pay', pay), await ask('/pay', billing)], [200, 403]);
      await gateway.apply(config({ dnsNames: ['billing.example.com'] }));
      assert.deepEqual([await ask('/pay', pay), await ask('/pay', billing)], [403, 200]);
    });
  }

  it('judge each request of a connection by HTTP/2', async (test) => {
    const { gateway, seen } = await start(test, 'request', 'node', { http2: true });
    for (const [client, expected] of [
      [pay, [200, 200, 200, 403]],
      [billing, [200, 200, 403, 403]],
      [null, [200, 403, 403, 403]],
    ] as const) {
      const http2 = await Http2Client.open(gateway.port, {
        servername: 'api.example.com',
        ca: root.cert,
        rejectUnauthorized: true,
        ...(client === null ? {} : { cert: client.chain, key: client.key }),
      });
      const headers = { 'client-cert': FORGED['client-cert'] };
      const answers = ['/open', '/any', '/pay', '/nobody'].map((path) => http2.ask(path, { headers }));
      const statuses = (await Promise.all(answers)).map(({ status }) => status);
      assert.deepEqual(statuses, expected);
      http2.destroy();
    }
    assert.deepEqual(
      seen.map((headers) => [headers['x-subject'], headers['x-client-cert-seen']].join()).sort(),
      [
        'CN=billing,no',
        'CN=billing,no',
        'CN=pay,O=Example,no',
        'CN=pay,O=Example,no',
        'CN=pay,O=Example,no',
        'nobody,no',
      ],
    );
  });

  it('are out of reach in clear text', async (test) => {
    const { gateway, seen } = await start(test, 'request', 'auto');
    const url = `http://127.0.0.1:${gateway.gateway.ports.get('plain')}`;
    const headers = { 'client-cert': FORGED['client-cert'] };
    assert.equal((await fetch(`${url}/any`, { headers })).status, 403);
    assert.equal((await fetch(`${url}/open`, { headers })).status, 200);
    assert.equal(seen[0]!['client-cert'], undefined);
  });
});
