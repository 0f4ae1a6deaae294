import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { createServer } from 'node:tls';
import { storm } from '../../../bench/harness/handshakes.js';
import { freePort } from '../../../bench/harness/processes.js';
import { findTool } from '../../../bench/harness/tools.js';
import { selfSigned } from '../../support/certificates.js';

const openssl = findTool('openssl');

describe('a storm of handshakes', { skip: openssl === null && 'no openssl' }, () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`counts full ones of ${version} with the suite that all sides are asked for`, async (t) => {
      const server = createServer({ ...selfSigned(), maxVersion: 'TLSv1.3', minVersion: 'TLSv1.2' });
      const seen: string[] = [];
      server.on('tlsClientError', () => undefined);
      server.on('secureConnection', (socket) => {
        socket.on('error', () => undefined).resume();
        seen.push(`${socket.getProtocol()} ${socket.getCipher().standardName} ${socket.isSessionReused()}`);
      });
      server.listen(0, '127.0.0.1');
      t.after(() => server.close());
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const result = await storm(openssl!, [process.pid], { port, version, seconds: 1, clients: 2 });
      assert.ok(result.handshakes > 0 && result.perSecond > 0 && result.cpuMs > 0);
      const suite =
        version === 'TLSv1.2' ? 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256' : 'TLS_AES_128_GCM_SHA256';
      assert.deepEqual([...new Set(seen)], [`${version} ${suite} false`]);
      // A client ends in the midst of its last one.
      assert.ok(Math.abs(seen.length - result.handshakes) <= 4, `${seen.length}, ${result.handshakes}`);
    });
  }

  it('says when there is nobody to shake hands with', async () => {
    const options = { port: await freePort(), version: 'TLSv1.3', seconds: 1, clients: 1 } as const;
    await assert.rejects(storm(openssl!, [process.pid], options), /made no connection/);
  });
});
