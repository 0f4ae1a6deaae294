import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import type { TLSSocket } from 'node:tls';
import type { ErrorCode, GatewayError } from '../../../core/errors.js';
import { readCertificate } from '../../../core/tls/certificate.js';
import type { ClientTls } from '../../../core/tls/client-tls.js';
import type { TlsIdentity } from '../../../core/tls/server-tls.js';
import { buildUpstream } from '../../../core/upstream/build-upstream.js';
import type { Upstream, UpstreamOptions } from '../../../core/upstream/upstream.js';
import {
  EXPIRED,
  type LeafOptions,
  NOT_YET_VALID,
  selfSigned,
  TestAuthority,
  type TestIdentity,
} from '../../support/certificates.js';
import { clientTls } from '../../support/client-tls.js';
import { imposedIssuer } from '../../support/imposed-issuer.js';
import { startOpensslTarget } from '../../support/openssl-target.js';
import { collect, startUpstream, upstreamRequest } from '../../support/upstream-client.js';
import { startHttpTarget, startRawTarget, until } from '../../support/upstream-servers.js';

const root = TestAuthority.root();
const other = TestAuthority.root({ subject: { CN: 'Another root' } });
const between = root.intermediate();
const NAMES = ['localhost', '127.0.0.1'];

function issue(options: LeafOptions = {}): TestIdentity {
  return root.issue({ names: NAMES, ...options });
}

function shown({ cert, chain, key }: TestIdentity): TlsIdentity {
  return { chain, key, certificate: readCertificate(cert) };
}

function pin(pem: string): string {
  return readCertificate(pem).pin;
}

/** A key that nobody here has. */
const BACKUP_PIN = pin(selfSigned().cert);

interface SecureTarget {
  readonly port: number;
  /** Requests that were read. */
  readonly requests: TLSSocket[];
  readonly connections: TLSSocket[];
  /** Of each connection: whether it went on with an earlier session. */
  readonly resumed: boolean[];
}

/** Answers with the common name of the client's certificate, and the name that TLS asked for. */
async function startTarget(
  t: TestContext,
  { chain: cert, key }: { readonly chain: string; readonly key: string },
  options: ServerOptions = {},
): Promise<SecureTarget> {
  const requests: TLSSocket[] = [];
  const connections: TLSSocket[] = [];
  const server = createServer({ cert, key, ...options }, (request, response) => {
    const socket = request.socket as TLSSocket & { readonly servername: string | false };
    requests.push(socket);
    const subject = socket.getPeerCertificate().subject as { readonly CN?: string } | undefined;
    if (request.url === '/bye') response.setHeader('connection', 'close');
    response.end(`${subject?.CN ?? 'nobody'} ${socket.servername}`);
  });
  const resumed: boolean[] = [];
  server.on('secureConnection', (socket: TLSSocket) => {
    connections.push(socket);
    resumed.push(socket.isSessionReused());
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, requests, connections, resumed };
}

function startClient(
  t: TestContext,
  { port }: { readonly port: number },
  tls: Partial<ClientTls> = {},
  { host = 'localhost', ...changes }: Partial<UpstreamOptions> & { readonly host?: string } = {},
): Upstream {
  return startUpstream(t, [`https://${host}:${port}`], {
    tls: clientTls({ ca: root.cert, ...tls }),
    ...changes,
  });
}

async function ask(upstream: Upstream, target = '/'): Promise<string> {
  return collect((await upstream.forward(upstreamRequest({ target }))).body);
}

function refusal(code: ErrorCode, reason: RegExp): (error: GatewayError) => boolean {
  return (error) => {
    assert.equal(error.code, code, error.message);
    assert.match(error.message, reason);
    return true;
  };
}

interface Refusal {
  readonly identity?: () => TestIdentity;
  readonly server?: ServerOptions;
  readonly tls?: Partial<ClientTls>;
  readonly host?: string;
  readonly code: ErrorCode;
  readonly reason: RegExp;
}

const CERTIFICATE = 'SLUICE_UPSTREAM_CERTIFICATE';
const TLS = 'SLUICE_UPSTREAM_TLS';
/** The versions that RFC 8996 forbids; OpenSSL has them below its first level. */
const OLD = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const;
const demanding = { requestCert: true, rejectUnauthorized: true, ca: other.cert };

const REFUSALS: Readonly<Record<string, Refusal>> = {
  'has expired': {
    identity: () => issue(EXPIRED),
    code: CERTIFICATE,
    reason: /it, or one above it, has expired/,
  },
  'is not valid yet': { identity: () => issue(NOT_YET_VALID), code: CERTIFICATE, reason: /not valid yet/ },
  'is for another name': {
    identity: () => issue({ names: ['other.example'] }),
    code: CERTIFICATE,
    reason: /it is not for localhost but for DNS:other\.example$/,
  },
  'is for another address': {
    identity: () => issue({ names: ['localhost', '127.0.0.2'] }),
    host: '127.0.0.1',
    code: CERTIFICATE,
    reason: /it is not for 127\.0\.0\.1 but for DNS:localhost, IP Address:127\.0\.0\.2$/,
  },
  'has the name of the target, but not the one that is asked for': {
    tls: { serverName: 'billing.internal' },
    code: CERTIFICATE,
    reason: /it is not for billing\.internal but for DNS:localhost/,
  },
  'is signed by an authority that is not trusted': {
    identity: () => other.issue({ names: NAMES }),
    code: CERTIFICATE,
    reason: /its authority is not known/,
  },
  'is signed by one that the platform does not know': {
    tls: { ca: null },
    code: CERTIFICATE,
    reason: /its authority is not known/,
  },
  'is self-signed': {
    identity: () => selfSigned({ names: NAMES }),
    code: CERTIFICATE,
    reason: /it is self-signed and not among the trusted ones/,
  },
  'comes without the intermediate one': {
    identity: () => {
      const { cert, ...rest } = between.issue({ names: NAMES });
      return { ...rest, cert, chain: cert };
    },
    code: CERTIFICATE,
    reason: /its authority is not known, perhaps because the server leaves the intermediate one out/,
  },
  'comes with an intermediate one that has expired': {
    identity: () => root.intermediate(EXPIRED).issue({ names: NAMES }),
    code: CERTIFICATE,
    reason: /it, or one above it, has expired/,
  },
  'is for clients only': {
    identity: () => issue({ usage: 'client' }),
    code: CERTIFICATE,
    reason: /it is not for servers/,
  },
  'has a weak key': {
    identity: () => issue({ key: 'rsa-1024' }),
    server: { ciphers: 'DEFAULT:@SECLEVEL=0' },
    code: CERTIFICATE,
    reason: /EE certificate key too weak$/,
  },
  'is signed with SHA-1': {
    identity: () => issue({ hash: 'sha1' }),
    server: { ciphers: 'DEFAULT:@SECLEVEL=0' },
    code: CERTIFICATE,
    reason: /digest algorithm too weak$/,
  },
  'has none of the pins': {
    tls: { pins: [BACKUP_PIN, pin(between.cert)] },
    code: 'SLUICE_UPSTREAM_PIN',
    reason:
      /^no certificate of https:\/\/localhost:\d+ has a pin of its upstream; theirs are [\w+/]{43}=, [\w+/]{43}=$/,
  },
  'has none of the pins, and nobody verifies it': {
    tls: { pins: [BACKUP_PIN], insecureSkipVerify: true },
    code: 'SLUICE_UPSTREAM_PIN',
    reason: /has a pin/,
  },
  'speaks TLS 1.0 and 1.1 only': { server: OLD, code: TLS, reason: /it speaks no version of TLS that we do/ },
  'speaks TLS 1.2 only where 1.3 is asked for': {
    server: { maxVersion: 'TLSv1.2' },
    tls: { minVersion: 'TLSv1.3' },
    code: TLS,
    reason: /it speaks no version of TLS that we do/,
  },
  'has suites with CBC only': {
    server: { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384' },
    code: TLS,
    reason: /it has no version, suite or certificate in common with us/,
  },
  'has suites without forward secrecy only': {
    identity: () => issue({ key: 'rsa-2048' }),
    server: { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' },
    code: TLS,
    reason: /it has no version, suite or certificate in common with us/,
  },
};

describe('TlsClient', { timeout: 30_000 }, () => {
  for (const [what, { identity = issue, server, tls, host, code, reason }] of Object.entries(REFUSALS)) {
    it(`refuses a target that ${what}, and sends it no request`, async (t) => {
      const target = await startTarget(t, identity(), server);
      const upstream = startClient(t, target, tls, host === undefined ? {} : { host });
      await assert.rejects(ask(upstream), refusal(code, reason));
      assert.equal(target.requests.length, 0);
      assert.equal(upstream.states()[0]!.failures, 1);
      assert.equal(upstream.states()[0]!.active, 0);
    });
  }

  for (const version of ['tls1_2', 'tls1_3'] as const) {
    const strange = root.issue({ subject: { CN: 'gateway' } });
    const expired = other.issue(EXPIRED);
    const refused: [string, TestIdentity | null, RegExp][] = [
      ['without a certificate', null, /asks for a certificate/],
      ['with one of an unknown authority', strange, /it does not know the authority of our certificate$/],
      ['with one that has expired', expired, /it says that our certificate has expired$/],
    ];
    for (const [how, identity, reason] of refused) {
      it(`says so when a target of ${version} refuses it ${how}, and sends it no request`, async (t) => {
        const target = await startOpensslTarget(t, issue(), other.cert, version);
        const tls = identity === null ? {} : { identity: shown(identity) };
        const upstream = startClient(t, target, tls);
        await assert.rejects(ask(upstream), refusal('SLUICE_UPSTREAM_TLS', reason));
        assert.doesNotMatch(target.received(), /GET/);
      });
    }
  }

  it('verifies certificates whatever the environment says', async (t) => {
    const name = 'NODE_TLS_REJECT_UNAUTHORIZED';
    process.env[name] = '0';
    t.after(() => delete process.env[name]);
    const target = await startTarget(t, selfSigned({ names: NAMES }));
    await assert.rejects(ask(startClient(t, target)), { code: 'SLUICE_UPSTREAM_CERTIFICATE' });
  });

  it('says so when the target does not speak TLS', async (t) => {
    const plain = await startHttpTarget(t, (_request, response) => response.end());
    const upstream = startClient(t, { port: Number(new URL(plain.url).port) });
    await assert.rejects(ask(upstream), refusal('SLUICE_UPSTREAM_TLS', /it does not speak TLS/));
  });

  it('cannot connect to a target that hangs up in the handshake', async (t) => {
    const target = await startRawTarget(t, (socket) => socket.once('data', () => socket.end()));
    const upstream = startClient(t, { port: Number(new URL(target.url).port) });
    await assert.rejects(ask(upstream), refusal('SLUICE_UPSTREAM_CONNECT', /before secure TLS connection/));
  });

  it('tries another target after a bad certificate, but never after a key that is somebody else’s', async (t) => {
    const good = await startTarget(t, issue());
    const expired = await startTarget(t, issue(EXPIRED));
    const strange = await startTarget(t, between.issue({ names: NAMES }));
    const urls = (target: SecureTarget): string[] =>
      [target, good].map(({ port }) => `https://localhost:${port}`);
    const tls = clientTls({ ca: root.cert });
    const first = startUpstream(t, urls(expired), { retries: 1, tls });
    assert.equal(await ask(first), 'nobody localhost');
    const pins = [readCertificate(good.connections[0]!.getX509Certificate()!.raw).pin];
    const second = startUpstream(t, urls(strange), { retries: 1, tls: { ...tls, pins } });
    await assert.rejects(ask(second), { code: 'SLUICE_UPSTREAM_PIN' });
    assert.equal(good.requests.length, 1);
  });

  for (const host of NAMES) {
    it(`verifies ${host}, and asks for a name only where it is one`, async (t) => {
      const target = await startTarget(t, between.issue({ names: NAMES }));
      const expected = host === 'localhost' ? 'nobody localhost' : 'nobody false';
      assert.equal(await ask(startClient(t, target, {}, { host })), expected);
    });
  }

  it('asks for and verifies the name that it is told, whatever the host', async (t) => {
    const target = await startTarget(t, issue({ names: ['billing.internal'] }));
    const tls = { serverName: 'billing.internal' };
    for (const host of NAMES) {
      assert.equal(await ask(startClient(t, target, tls, { host })), 'nobody billing.internal');
    }
    const addressed = await startTarget(t, issue({ names: ['10.0.0.1'] }));
    assert.equal(await ask(startClient(t, addressed, { serverName: '10.0.0.1' })), 'nobody false');
  });

  it('takes any certificate where it is told to, whatever is wrong with it', async (t) => {
    for (const identity of [issue(EXPIRED), selfSigned(), other.issue({ names: ['x.example'] })]) {
      const target = await startTarget(t, identity);
      assert.equal(await ask(startClient(t, target, { insecureSkipVerify: true })), 'nobody localhost');
    }
  });

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`shows its certificate in ${maxVersion} to who asks, and a new one when that was rotated`, async (t) => {
      const ca = other.cert;
      const target = await startTarget(t, issue(), { ...demanding, maxVersion });
      for (const CN of ['gateway 1', 'gateway 2']) {
        const upstream = startClient(t, target, { identity: shown(other.issue({ subject: { CN } })) });
        assert.equal(await ask(upstream), `${CN} localhost`);
      }
      const curious = await startTarget(t, issue(), { requestCert: true, rejectUnauthorized: false, ca });
      assert.equal(await ask(startClient(t, curious)), 'nobody localhost');
    });

    const leaf = between.issue({ names: NAMES });
    const pinned = { leaf: leaf.cert, intermediate: between.cert, root: root.cert };
    for (const [whose, cert] of Object.entries(pinned)) {
      it(`takes a pin of the ${whose} certificate, also when it resumes a session of ${maxVersion}`, async (t) => {
        const target = await startTarget(t, leaf, { maxVersion });
        const upstream = startClient(t, target, { pins: [BACKUP_PIN, pin(cert)] });
        for (let i = 0; i < 3; i++) assert.match(await ask(upstream, '/bye'), /^nobody/);
        assert.deepEqual(target.resumed, [false, true, true]);
      });
    }
  }

  it('takes no pin of a certificate that a server only sends along', async (t) => {
    const pinned = selfSigned({ subject: { CN: 'Pinned' } });
    const leaf = issue();
    const { chain, key } = { ...leaf, chain: leaf.cert + (await imposedIssuer(t, root.cert, pinned.cert)) };
    const target = await startTarget(t, { chain, key });
    assert.equal(await ask(startClient(t, target)), 'nobody localhost');
    await assert.rejects(
      ask(startClient(t, target, { pins: [pin(pinned.cert)] })),
      refusal('SLUICE_UPSTREAM_PIN', /theirs are/),
    );
  });

  it('survives a certificate along the way whose key nobody can read', async (t) => {
    const leaf = issue();
    const odd = (await imposedIssuer(t, root.cert, selfSigned().cert)).replace(/-----[^-]+-----/g, '');
    const der = Buffer.from(odd, 'base64');
    // The last byte of the identifier of elliptic curve keys (RFC 5480 §2.1.1).
    der[der.indexOf(Buffer.from('2a8648ce3d0201', 'hex')) + 6] = 0x7f;
    const chain = `${leaf.cert}-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`;
    const target = await startTarget(t, { chain, key: leaf.key }, { ciphers: 'DEFAULT:@SECLEVEL=0' });
    await assert.rejects(
      ask(startClient(t, target, { pins: [BACKUP_PIN] })),
      refusal('SLUICE_UPSTREAM_PIN', /theirs are [\w+/]{43}=/),
    );
  });

  it('shows strangers that a redirect names no certificate, and verifies them', async (t) => {
    const curious = { requestCert: true, rejectUnauthorized: false, ca: other.cert };
    const stranger = await startTarget(t, issue({ names: ['localhost'] }), curious);
    const unknown = await startTarget(t, other.issue({ names: ['localhost'] }), curious);
    const target = await startHttpTarget(t, (request, response) =>
      response.writeHead(307, { location: `https://localhost:${request.url!.slice(1)}/` }).end(),
    );
    const changes: Partial<UpstreamOptions> = {
      redirects: {
        ...{ most: 5, hosts: ['localhost'], ports: [stranger.port, unknown.port], paths: null },
        allowPrivate: true,
      },
      tls: clientTls({
        ca: root.cert,
        identity: shown(other.issue({ subject: { CN: 'gateway' } })),
        ...{ insecureSkipVerify: true, serverName: 'billing.internal', pins: [BACKUP_PIN] },
      }),
    };
    const upstream = startUpstream(t, [target.url], changes, (options) => buildUpstream(options));
    assert.equal(await ask(upstream, `/${stranger.port}`), 'nobody localhost');
    await assert.rejects(ask(upstream, `/${unknown.port}`), { code: 'SLUICE_UPSTREAM_CERTIFICATE' });
  });

  it('checks the health of a target with the same certificate, pins and authorities', async (t) => {
    const healthCheck = { path: '/', intervalMs: 1, timeoutMs: 5000, healthyAfter: 1, unhealthyAfter: 1 };
    const target = await startTarget(t, issue(), demanding);
    const identity = shown(other.issue({ subject: { CN: 'gateway' } }));
    const well = startClient(t, target, { identity }, { healthCheck });
    await until(() => target.requests.length > 1);
    assert.equal(well.states()[0]!.healthy, true);
    const ill: [Partial<ClientTls>, RegExp][] = [
      [{ identity, pins: [BACKUP_PIN] }, /is unhealthy: no certificate of .* has a pin/],
      [{ identity, ca: other.cert }, /is unhealthy: its certificate: its authority is not known/],
    ];
    for (const [tls, reason] of ill) {
      const upstream = startClient(t, target, tls, { healthCheck });
      await until(() => !upstream.states()[0]!.healthy);
      await assert.rejects(ask(upstream), refusal('SLUICE_UPSTREAM_NO_TARGET', reason));
    }
  });
});
