// NodeListener with TLS: the contracts through real handshakes, and what this engine does more than the other.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ListenerOptions } from '../../../../core/listener/listener.js';
import { NodeListener } from '../../../../core/listener/node/node-listener.js';
import { testClientCertificates } from '../../../contract/client-certificates.contract.js';
import { testListener } from '../../../contract/listener.contract.js';
import { testListenerBodies } from '../../../contract/listener-bodies.contract.js';
import { TlsStage, testListenerTls } from '../../../contract/listener-tls.contract.js';
import { testTlsRotation } from '../../../contract/tls-rotation.contract.js';
import { EXPIRED, selfSigned, TestAuthority, type TestIdentity } from '../../../support/certificates.js';
import { requestOverSocket } from '../../../support/contract-client.js';
import { Http2Client } from '../../../support/http2-client.js';
import { frame, settings, TYPE, uint32 } from '../../../support/http2-frames.js';
import { RawClient } from '../../../support/raw-client.js';
import { serverTls } from '../../../support/server-tls.js';
import { visit } from '../../../support/tls-visit.js';

const create = (options: ListenerOptions): NodeListener => new NodeListener(options);
const ENGINE = { name: 'NodeListener', create, ordersSuites: true };
const HTTP2_ENGINE = {
  name: 'NodeListener with HTTP/2',
  create: (options: ListenerOptions) => new NodeListener({ ...options, http2: true }),
  ordersSuites: true,
};

testListenerTls(ENGINE);
testListenerTls(HTTP2_ENGINE);
testClientCertificates(ENGINE);
testTlsRotation(ENGINE);

const root = TestAuthority.root();
const server = root.issue({ names: ['localhost'] });
const tls = serverTls([server]);
const openClient = (port: number): Promise<RawClient> => RawClient.openTls(port);

testListener('NodeListener with TLS', () => {
  const listener = new NodeListener({ name: 'public', host: '127.0.0.1', port: 0, idleMs: 0, tls });
  return {
    ...{ listener, scheme: 'https' },
    request: (request) => requestOverSocket(listener.port, request, openClient),
  };
});

testListenerBodies('NodeListener with TLS', (options) => create({ ...options, tls }), openClient);

describe('NodeListener with keys of two types for one name', () => {
  const issue = (CN: string, key: 'rsa-2048' | 'p-256', name: string): TestIdentity =>
    root.issue({ subject: { CN }, names: [name], key });
  const both = [
    issue('rsa', 'rsa-2048', 'one.example'),
    issue('ec', 'p-256', 'one.example'),
    issue('rsa two', 'rsa-2048', 'two.example'),
    issue('ec two', 'p-256', 'two.example'),
  ];
  for (const [servername, end] of [
    ['', ''],
    ['one.example', ''],
    ['two.example', ' two'],
  ] as const) {
    it(`shows each client the one that it can verify (${servername || 'no name'})`, async () => {
      const stage = await TlsStage.open(ENGINE, serverTls(both));
      const shownTo = async (sigalgs: string): Promise<string> =>
        (await visit(stage.port, { servername, sigalgs })).shown;
      assert.equal(await shownTo('RSA-PSS+SHA256'), `rsa${end}`);
      assert.equal(await shownTo('ECDSA+SHA256'), `ec${end}`);
      stage.close();
    });
  }
});

describe('NodeListener with keys of different types for different names', () => {
  for (const [first, second, sigalgs] of [
    ['rsa-2048', 'p-256', 'RSA-PSS+SHA256:ECDSA+SHA256'],
    ['p-256', 'rsa-2048', 'ECDSA+SHA256:RSA-PSS+SHA256'],
  ] as const) {
    it(`shows the certificate of the name to a client that would rather have ${first}`, async () => {
      const identities = [
        root.issue({ subject: { CN: 'first' }, names: ['first.example'], key: first }),
        root.issue({ subject: { CN: 'second' }, names: ['second.example'], key: second }),
      ];
      const stage = await TlsStage.open(ENGINE, serverTls(identities));
      for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
        const options = { servername: 'second.example', sigalgs, minVersion: version, maxVersion: version };
        assert.equal((await visit(stage.port, options)).shown, 'second');
      }
      stage.close();
    });
  }
});

describe('NodeListener with bounds on the version of TLS', () => {
  for (const [bounds, taken, refused] of [
    [{ minVersion: 'TLSv1.3' }, 'TLSv1.3', 'TLSv1.2'],
    [{ maxVersion: 'TLSv1.2' }, 'TLSv1.2', 'TLSv1.3'],
  ] as const) {
    it(`takes ${taken} and refuses ${refused}`, async () => {
      const stage = await TlsStage.open(ENGINE, serverTls([server], null, bounds));
      assert.equal((await visit(stage.port, { minVersion: taken, maxVersion: taken })).status, 200);
      assert.equal((await visit(stage.port, { minVersion: refused, maxVersion: refused })).status, 0);
      stage.close();
    });
  }
});

describe('NodeListener and clients that dawdle in the handshake', () => {
  for (const [what, bytes] of [
    ['nothing', ''],
    ['half a hello', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03'],
  ] as const) {
    it(`cuts one that sends ${what}`, async () => {
      const listener = new NodeListener(
        { name: 'public', host: '127.0.0.1', port: 0, idleMs: 0, tls },
        { handshakeMs: 100 },
      );
      await listener.listen(() => {});
      const client = await RawClient.open(listener.port);
      client.send(bytes);
      await client.closed();
      client.destroy();
      listener.close();
    });
  }
});

describe('NodeListener and control frames over TLS', () => {
  it('ends a client that sends nothing else', async () => {
    const listener = new NodeListener(
      { name: 'public', host: '127.0.0.1', port: 0, idleMs: 0, tls, http2: true },
      { headMs: 1000 },
    );
    await listener.listen(() => {});
    const client = await RawClient.openTls(listener.port, { ALPNProtocols: ['h2'] });
    client.send(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), settings()]));
    const grow = Buffer.concat(Array(1000).fill(frame(TYPE.windowUpdate, 0, 0, uint32(1))));
    while (!client.ended) {
      client.send(grow);
      await new Promise((resolve) => setImmediate(resolve));
    }
    client.destroy();
    listener.close();
  });
});

describe('NodeListener and certificates of clients over HTTP/2', () => {
  const stranger = TestAuthority.root({ subject: { CN: 'Stranger' } });
  const revoked = root.issue({ usage: 'client' });
  const good = root.issue({ usage: 'client' });
  const badOnes: readonly [string, TestIdentity | null][] = [
    ['a certificate of a stranger', stranger.issue({ usage: 'client' })],
    ['a certificate that it signed itself', selfSigned({ usage: 'client' })],
    ['an expired certificate', root.issue({ usage: 'client', ...EXPIRED })],
    ['a revoked certificate', revoked],
    ['a certificate for servers', root.issue({ usage: 'server' })],
    ['no certificate', null],
  ];
  for (const mode of ['require', 'request'] as const) {
    const asks = { mode, authorities: [root], lists: [root.list({ revoked: [revoked] })] };
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const as = (who: TestIdentity | null) => ({
        ...{ minVersion: version, maxVersion: version },
        ...(who === null ? {} : { key: who.key, cert: who.chain }),
      });
      for (const [what, who] of badOnes) {
        if (who === null && mode === 'request') continue;
        it(`lets no request in with ${what} (${mode}, ${version})`, async () => {
          const stage = await TlsStage.open(HTTP2_ENGINE, serverTls([server], asks));
          // Where the handshake of TLS 1.3 fails, the client learns of it later.
          const client = await Http2Client.open(stage.port, as(who)).catch(() => null);
          if (client !== null && !client.session.destroyed) {
            const answers = await Promise.all([client.ask('/'), client.ask('/'), client.ask('/')]);
            assert.deepEqual(
              answers.map(({ status }) => status),
              [0, 0, 0],
            );
          }
          assert.deepEqual([stage.seen, stage.refused], [[], []]);
          stage.close();
        });
      }

      it(`reads a good one once for all requests (${mode}, ${version})`, async () => {
        const stage = await TlsStage.open(HTTP2_ENGINE, serverTls([server], asks));
        const client = await Http2Client.open(stage.port, as(good));
        const answers = await Promise.all([client.ask('/'), client.ask('/')]);
        assert.deepEqual(
          answers.map(({ status }) => status),
          [200, 200],
        );
        const [first, second] = stage.seen;
        assert.equal(first?.clientCertificate?.serial, good.serial);
        assert.equal(first?.clientCertificate, second?.clientCertificate);
        client.destroy();
        stage.close();
      });
    }
  }
});
