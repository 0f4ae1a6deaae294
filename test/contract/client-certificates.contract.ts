// Whom a listener lets in that asks for certificates: nobody gets as far as the handler but those who may.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ConnectionOptions } from 'node:tls';
import {
  EXPIRED,
  NOT_YET_VALID,
  selfSigned,
  TestAuthority,
  type TestIdentity,
} from '../support/certificates.js';
import { RawClient } from '../support/raw-client.js';
import { serverTls, type TestClientAuth } from '../support/server-tls.js';
import { type Visit, visit } from '../support/tls-visit.js';
import { type TlsEngine, TlsStage } from './listener-tls.contract.js';

const UPGRADE =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAA\r\n';

export function testClientCertificates(engine: TlsEngine): void {
  const root = TestAuthority.root();
  const middle = root.intermediate();
  const renewed = TestAuthority.root({ subject: { CN: 'Renewed' } });
  const stranger = TestAuthority.root({ subject: { CN: 'Stranger' } });
  // Another key under a name that is trusted.
  const impostor = TestAuthority.root();
  const identities = [
    root.issue({ subject: { CN: 'first' }, names: ['first.example'] }),
    root.issue({ subject: { CN: 'second' }, names: ['second.example'] }),
  ];

  const client = (authority: TestAuthority, options = {}): TestIdentity =>
    authority.issue({
      subject: { O: 'Example', CN: 'client' },
      names: ['spiffe://example.org/client'],
      ...options,
    });
  const good = client(root);
  const revoked = client(root);
  const underMiddle = client(middle);

  const badOnes: readonly [string, TestIdentity][] = [
    ['of an authority that is not trusted', client(stranger)],
    ['of an authority that only has a trusted name', client(impostor)],
    ['that it signed itself', selfSigned({ usage: 'client' })],
    ['that has expired', client(root, EXPIRED)],
    ['that is not yet valid', client(root, NOT_YET_VALID)],
    ['that is for servers only', client(root, { usage: 'server' })],
    ['with a weak key', client(root, { key: 'rsa-1024' })],
  ];

  const options = (
    who: TestIdentity | null,
    version: 'TLSv1.2' | 'TLSv1.3',
    servername = '',
  ): ConnectionOptions => ({
    servername,
    minVersion: version,
    maxVersion: version,
    ...(who === null ? {} : { key: who.key, cert: who.chain }),
  });

  /** What a visit of somebody who is not let in may look like. */
  function assertOutside(stage: TlsStage, made: Visit): void {
    assert.deepEqual(stage.seen, []);
    assert.equal(made.closed, true);
    // Where the handshake does not end it, the request does.
    if (made.status !== 0)
      assert.deepEqual([made.status, made.body], [403, 'SLUICE_LISTEN_CLIENT_CERTIFICATE']);
  }

  async function withStage(auth: TestClientAuth, run: (stage: TlsStage) => Promise<void>): Promise<void> {
    const stage = await TlsStage.open(engine, serverTls(identities, auth));
    try {
      await run(stage);
    } finally {
      stage.close();
    }
  }

  for (const mode of ['require', 'request'] as const) {
    describe(`${engine.name} with certificates of clients: ${mode}`, () => {
      let stage: TlsStage;

      before(async () => {
        stage = await TlsStage.open(engine, serverTls(identities, { mode, authorities: [root, renewed] }));
      });
      after(() => stage.close());

      for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
        for (const servername of ['', 'second.example']) {
          const how = `${version}${servername && `, ${servername}`}`;

          for (const [what, fields] of [
            ['', ''],
            [' that asks for an upgrade', UPGRADE],
          ] as const) {
            for (const [bad, who] of badOnes) {
              it(`does not let in a client${what} with a certificate ${bad} (${how})`, async () => {
                stage.seen.length = 0;
                assertOutside(stage, await visit(stage.port, options(who, version, servername), fields));
              });
            }

            if (mode === 'require') {
              it(`does not let in a client${what} without a certificate (${how})`, async () => {
                stage.seen.length = 0;
                assertOutside(stage, await visit(stage.port, options(null, version, servername), fields));
              });
            }
          }

          if (mode === 'request') {
            it(`lets in a client without a certificate (${how})`, async () => {
              const made = await visit(stage.port, options(null, version, servername));
              assert.equal(made.status, 200);
              assert.equal(stage.seen.at(-1)?.clientCertificate, null);
            });
          }

          it(`lets in a client with a good certificate and shows it (${how})`, async () => {
            for (const who of [good, client(renewed), underMiddle]) {
              const made = await visit(stage.port, options(who, version, servername));
              assert.equal(made.status, 200);
              const shown = stage.seen.at(-1)?.clientCertificate;
              assert.equal(shown?.serial, who.serial);
              assert.equal(shown?.subject, 'CN=client,O=Example');
              assert.deepEqual(shown?.uris, ['spiffe://example.org/client']);
            }
          });
        }

        it(`knows the client of a session that is resumed (${version})`, async () => {
          const { session } = await visit(stage.port, options(good, version));
          const again = await visit(stage.port, { ...options(null, version), session });
          // Also a listener that resumes nothing of such clients would do.
          if (again.resumed) assert.equal(stage.seen.at(-1)?.clientCertificate?.serial, good.serial);
          else if (mode === 'require') assert.notEqual(again.status, 200);
        });
      }

      it('shows the same client on each request of a connection', async () => {
        const open = await RawClient.openTls(stage.port, options(good, 'TLSv1.3'));
        for (let i = 0; i < 3; i++) {
          open.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
          assert.equal((await open.response()).status, 200);
          assert.equal(stage.seen.at(-1)?.clientCertificate?.serial, good.serial);
        }
        open.destroy();
      });

      it('handles no request of many that a client without a good one sends at once', async () => {
        const [, who] = badOnes[0]!;
        stage.seen.length = 0;
        const attempt = async (shown: TestIdentity | null): Promise<void> => {
          const open = await RawClient.openTls(stage.port, options(shown, 'TLSv1.3')).catch(() => null);
          open?.send(
            'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nabGET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(
              5,
            ),
          );
          await open?.closed();
          open?.destroy();
        };
        await attempt(who);
        if (mode === 'require') await attempt(null);
        assert.deepEqual(stage.seen, []);
      });
    });
  }

  describe(`${engine.name} with lists of revoked certificates`, () => {
    const ofRoot = root.list({ revoked: [revoked] });

    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      for (const mode of ['require', 'request'] as const) {
        it(`lets in whom no list names, and nobody else (${mode}, ${version})`, () =>
          withStage({ mode, authorities: [root], lists: [ofRoot] }, async (stage) => {
            assertOutside(stage, await visit(stage.port, options(revoked, version)));
            assertOutside(stage, await visit(stage.port, options(revoked, version), UPGRADE));
            assert.equal((await visit(stage.port, options(good, version))).status, 200);
          }));
      }
    }

    it('lets nobody in by a list that is too old, or not yet valid', async () => {
      for (const age of [EXPIRED, NOT_YET_VALID]) {
        await withStage({ mode: 'require', authorities: [root], lists: [root.list(age)] }, async (stage) =>
          assertOutside(stage, await visit(stage.port, options(good, 'TLSv1.3'))),
        );
      }
    });

    it('asks the lists of all authorities above a client', async () => {
      const authorities = [root, { cert: middle.cert }];
      const lists = (taken: readonly string[]): string[] => [root.list({ revoked: taken }), middle.list()];
      await withStage({ mode: 'require', authorities, lists: lists([]) }, async (stage) =>
        assert.equal((await visit(stage.port, options(underMiddle, 'TLSv1.3'))).status, 200),
      );
      await withStage({ mode: 'require', authorities, lists: lists([middle.serial]) }, async (stage) =>
        assertOutside(stage, await visit(stage.port, options(underMiddle, 'TLSv1.3'))),
      );
    });
  });
}
