// UwsListener with TLS: the contracts through real handshakes, and what only this engine gets wrong.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BufferedBody } from '../../../core/exchange.js';
import { HeaderList } from '../../../core/headers.js';
import type { ListenerOptions } from '../../../core/listener/listener.js';
import { UwsListener } from '../../../core/listener/uws-listener.js';
import { testClientCertificates } from '../../contract/client-certificates.contract.js';
import { testListener } from '../../contract/listener.contract.js';
import { testListenerBodies } from '../../contract/listener-bodies.contract.js';
import { TlsStage, testListenerTls } from '../../contract/listener-tls.contract.js';
import { testTlsRotation } from '../../contract/tls-rotation.contract.js';
import { TestAuthority } from '../../support/certificates.js';
import { requestOverSocket } from '../../support/contract-client.js';
import { pattern } from '../../support/raw-body.js';
import { RawClient } from '../../support/raw-client.js';
import { serverTls } from '../../support/server-tls.js';
import { visit } from '../../support/tls-visit.js';

const MIB = 1024 * 1024;
const create = (options: ListenerOptions): UwsListener => new UwsListener(options);
const ENGINE = { name: 'UwsListener', create, ordersSuites: false };

testListenerTls(ENGINE);
testClientCertificates(ENGINE);
testTlsRotation(ENGINE);

const root = TestAuthority.root();
const identity = root.issue({ names: ['localhost'] });
const tls = serverTls([identity]);
const openClient = (port: number): Promise<RawClient> => RawClient.openTls(port);

testListener('UwsListener with TLS', () => {
  const listener = new UwsListener({ name: 'public', host: '127.0.0.1', port: 0, idleMs: 0, tls });
  return {
    ...{ listener, scheme: 'https' },
    request: (request) => requestOverSocket(listener.port, request, openClient),
  };
});

testListenerBodies('UwsListener with TLS', (options) => create({ ...options, tls }), openClient);

describe('UwsListener with TLS', () => {
  it('closes without an answer when a client says goodbye along with its request: the engine drops it', async (test) => {
    const stage = await TlsStage.open(ENGINE, tls);
    test.after(() => stage.close());
    const client = await openClient(stage.port);
    client.socket.end('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.closed();
    assert.equal(client.received, '');
    assert.deepEqual(stage.seen, []);
  });

  it('sends a large answer whole while the upload that it does not wait for comes at full speed', async (test) => {
    const answer = pattern(0, 8 * MIB);
    const listener = create({ name: 'public', host: '127.0.0.1', port: 0, idleMs: 0, tls });
    test.after(() => listener.close());
    await listener.listen((_exchange, reply) => {
      void reply.send(413, new HeaderList(), new BufferedBody(answer), { close: true });
    });
    const client = await openClient(listener.port);
    test.after(() => client.destroy());
    client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${32 * MIB}\r\n\r\n`);
    client.send(pattern(0, 32 * MIB));
    const response = await client.response();
    assert.equal(response.status, 413);
    assert(response.body.equals(answer));
  });

  it('serves a client no longer that was revoked while its connection ran', async (test) => {
    const auth = { mode: 'require', authorities: [root] } as const;
    const stage = await TlsStage.open(ENGINE, serverTls([identity], { ...auth, lists: [root.list()] }));
    test.after(() => stage.close());
    const who = root.issue({ usage: 'client' });
    const client = await RawClient.openTls(stage.port, { key: who.key, cert: who.chain });
    const ask = async (): Promise<number> => {
      client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
      return (await client.response()).status;
    };
    assert.equal(await ask(), 200);
    stage.update(serverTls([identity], { ...auth, lists: [root.list({ revoked: [who] })] }));
    assert.equal(await ask(), 403);
    await client.closed();
  });

  it('is shown no certificate by a client with a key of Ed25519: the engine does not offer it', async (test) => {
    const auth = { mode: 'require', authorities: [root] } as const;
    const stage = await TlsStage.open(ENGINE, serverTls([identity], auth));
    test.after(() => stage.close());
    const { key, chain } = root.issue({ usage: 'client', key: 'ed25519' });
    assert.equal((await visit(stage.port, { key, cert: chain })).status, 403);
  });
});
