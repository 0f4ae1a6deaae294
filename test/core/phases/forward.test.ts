import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { ClientRule } from '../../../core/client-rule.js';
import { Exchange } from '../../../core/exchange.js';
import { HeaderList } from '../../../core/headers.js';
import { forward } from '../../../core/phases/forward.js';
import { buildChains, type Route } from '../../../core/route.js';
import { readCertificate } from '../../../core/tls/certificate.js';
import { UpstreamHeaders } from '../../../core/upstream-headers.js';
import { selfSigned } from '../../support/certificates.js';
import { startUpstream } from '../../support/upstream-client.js';
import { startHttpTarget } from '../../support/upstream-servers.js';
import { validate } from '../config/validating.js';

const CERTIFICATE = readCertificate(selfSigned({ names: ['billing.example.com'] }).cert);
const ANY = { subjects: null, dnsNames: null, uris: null, fingerprints: null };

describe('client-cert', () => {
  /** Headers that the upstream saw of an exchange whose filters set `client-cert` to something of their own. */
  async function sent(
    test: TestContext,
    client: ClientRule | null,
    own: readonly string[] = [],
  ): Promise<IncomingHttpHeaders> {
    let seen: IncomingHttpHeaders = {};
    const target = await startHttpTarget(test, (request, response) => {
      seen = request.headers;
      response.end();
    });
    const { routes } = validate(
      JSON.stringify({
        listeners: [],
        upstreams: { u: { targets: [] } },
        routes: [{ id: 'r', match: { path: '/', methods: ['GET'] }, upstream: 'u' }],
      }),
    );
    const route: Route = {
      config: routes.at(0),
      client,
      upstream: startUpstream(test, [target.url]),
      upstreamHeaders: new UpstreamHeaders(own),
      callouts: new Map(),
      secrets: new Map(),
      redact: (text) => text,
      egress: null,
      ...buildChains([]),
    };
    const exchange = new Exchange({
      id: 'forward-test',
      listener: 'public',
      scheme: 'https',
      method: 'GET',
      authority: 'api.example.com',
      path: '/',
      query: '',
      headers: new HeaderList([
        'client-cert',
        ':Zm9yZ2Vk:',
        'client-cert-chain',
        ':Zm9yZ2Vk:',
        'client_cert',
        ':Zm9yZ2Vk:',
      ]),
      clientAddress: '192.0.2.1',
      clientCertificate: CERTIFICATE,
      body: null,
    });
    await new Promise((onResponse, onFailure) => forward(exchange, route, false, { onResponse, onFailure }));
    return seen;
  }

  it('has the certificate as a byte sequence where the route forwards it, in place of any other', async (test) => {
    const headers = await sent(test, new ClientRule({ ...ANY, forward: true }));
    const [, text] = /^:([A-Za-z0-9+/]+=*):$/.exec(headers['client-cert'] as string)!;
    assert.deepEqual(new Uint8Array(Buffer.from(text!, 'base64')), new Uint8Array(CERTIFICATE.der));
    assert.equal(headers['client-cert-chain'], undefined);
    assert.equal(headers['client_cert'], undefined);
  });

  it('does not go upstream where the route does not say so', async (test) => {
    for (const client of [null, new ClientRule({ ...ANY, forward: false })]) {
      const headers = await sent(test, client);
      assert.deepEqual(
        Object.keys(headers).filter((name) => name.includes('cert')),
        [],
      );
    }
  });
});
