import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildListener } from '../../../core/listener/build-listener.js';
import { chooseEngine } from '../../../core/listener/choose-engine.js';
import { NodeListener } from '../../../core/listener/node/node-listener.js';
import { readCertificate } from '../../../core/tls/certificate.js';
import type { ServerIdentity, ServerTls } from '../../../core/tls/server-tls.js';
import { DEFAULT_CIPHERS } from '../../../core/tls/suites.js';
import { selfSigned } from '../../support/certificates.js';

const OPTIONS = { name: 'public', host: '127.0.0.1', port: 0, idleMs: 0 };

function identity(serverName: string, key: 'p-256' | 'rsa-2048' | 'ed25519' = 'p-256'): ServerIdentity {
  const { chain, key: pem } = selfSigned({ names: [serverName], key });
  return { chain, key: pem, certificate: readCertificate(chain), serverNames: [serverName] };
}

function tls(identities: readonly ServerIdentity[], facts: Partial<ServerTls> = {}): ServerTls {
  return {
    identities,
    clientAuth: null,
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ciphers: DEFAULT_CIPHERS,
    digest: '',
    ...facts,
  };
}

describe('chooseEngine', () => {
  const one = tls([identity('a')]);

  it('takes uWebSockets.js where nothing speaks against it', () => {
    assert.equal(chooseEngine(OPTIONS, null).engine, 'uws');
    assert.equal(chooseEngine({ ...OPTIONS, tls: one }, null).engine, 'uws');
    assert.equal(chooseEngine({ ...OPTIONS, engine: 'uws', http2: false }, null).engine, 'uws');
  });

  it('takes Node where the configuration says so', () => {
    assert.equal(chooseEngine({ ...OPTIONS, engine: 'node' }, null).engine, 'node');
  });

  const wishes: readonly [string, object, RegExp][] = [
    ['HTTP/2', { http2: true }, /HTTP\/2/],
    ['the PROXY protocol', { proxyProtocol: true }, /PROXY protocol/],
    ['keys of two types for a name', { tls: tls([identity('a'), identity('a', 'rsa-2048')]) }, /\(a\)/],
    ['an Ed25519 key', { tls: tls([identity('a', 'ed25519')]) }, /ed25519 \(a\)/],
    ['TLS 1.3 only', { tls: tls([identity('a')], { minVersion: 'TLSv1.3' }) }, /TLSv1\.3 or later/],
    ['TLS 1.2 only', { tls: tls([identity('a')], { maxVersion: 'TLSv1.2' }) }, /stop at TLSv1\.2/],
  ];
  for (const [what, wish, reason] of wishes) {
    it(`takes Node for ${what}, and refuses uws`, () => {
      const choice = chooseEngine({ ...OPTIONS, ...wish }, null);
      assert.equal(choice.engine, 'node');
      assert.match(choice.reason, reason);
      assert.throws(() => chooseEngine({ ...OPTIONS, ...wish, engine: 'uws' }, null), {
        code: 'SLUICE_LISTEN_ENGINE',
        message: reason,
      });
    });
  }

  it('takes Node for several certificates, and uws where it is asked for', () => {
    const several = { ...OPTIONS, tls: tls([identity('a'), identity('b')]) };
    assert.equal(chooseEngine(several, null).engine, 'node');
    assert.equal(chooseEngine({ ...several, engine: 'uws' }, null).engine, 'uws');
  });

  it('takes Node where uWebSockets.js cannot be loaded, and refuses uws with the reason', () => {
    const choice = chooseEngine(OPTIONS, 'no binary');
    assert.deepEqual(choice, {
      engine: 'node',
      reason: 'uWebSockets.js cannot be loaded here: no binary',
    });
    assert.throws(() => chooseEngine({ ...OPTIONS, engine: 'uws' }, 'no binary'), {
      code: 'SLUICE_LISTEN_ENGINE',
      message: /no binary/,
    });
  });
});

describe('buildListener', () => {
  it('makes a listener of the engine that was chosen', async () => {
    const uws = await buildListener(OPTIONS);
    assert.equal(uws.engine, 'uws');
    assert.ok(!(uws.listener instanceof NodeListener));
    const node = await buildListener({ ...OPTIONS, http2: true });
    assert.equal(node.engine, 'node');
    assert.ok(node.listener instanceof NodeListener);
    for (const { listener } of [uws, node]) {
      await listener.listen((_exchange, reply) => reply.abort());
      assert.ok(listener.port > 0);
      listener.close();
    }
  });
});
