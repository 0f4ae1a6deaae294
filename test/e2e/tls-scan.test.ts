// What a scanner of TLS servers finds open on both engines: sslscan of Debian, which speaks old protocols and suites itself.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { createServer } from 'node:tls';
import { promisify } from 'node:util';
import { findTool } from '../../bench/harness/tools.js';
import { TLS12_SUITES, TLS13_SUITES } from '../../core/tls/suites.js';
import { type KeyType, selfSigned } from '../support/certificates.js';
import { TestGateway } from '../support/gateway.js';

const sslscan = findTool('sslscan');
const run = promisify(execFile);

interface Findings {
  /** Versions that a handshake was made with. */
  readonly protocols: readonly string[];
  /** `VERSION SUITE`, as the server prefers them. */
  readonly suites: readonly string[];
  /** That keys are agreed in, in any version. */
  readonly groups: readonly string[];
  /** Versions that Heartbleed was found with. */
  readonly bleeding: readonly string[];
  /** Renegotiation that an attacker can put bytes before (RFC 5746). */
  readonly isInsecurelyRenegotiated: boolean;
}

async function scan(port: number): Promise<Findings> {
  const { path, env } = sslscan!;
  const args = ['--xml=-', '--no-check-certificate', `127.0.0.1:${port}`];
  const { stdout } = await run(path, args, { env: { ...process.env, ...env } });
  const all = (element: string): Map<string, string>[] =>
    Array.from(
      stdout.matchAll(new RegExp(`<${element} ([^>]*?)/>`, 'g')),
      ([, attributes]) =>
        new Map(Array.from(attributes!.matchAll(/(\w+)="([^"]*)"/g), ([, name, value]) => [name!, value!])),
    );
  const protocols = all('protocol');
  assert.equal(protocols.length, 6, `sslscan tried what it should: ${stdout}`);
  return {
    protocols: protocols
      .filter((protocol) => protocol.get('enabled') === '1')
      .map((protocol) => `${protocol.get('type')} ${protocol.get('version')}`),
    suites: all('cipher').map((cipher) => `${cipher.get('sslversion')} ${cipher.get('cipher')}`),
    groups: [...new Set(all('group').map((group) => group.get('name')!))].sort(),
    bleeding: all('heartbleed')
      .filter((heartbleed) => heartbleed.get('vulnerable') !== '0')
      .map((heartbleed) => heartbleed.get('sslversion')!),
    isInsecurelyRenegotiated: all('renegotiation').some(
      (renegotiation) => renegotiation.get('supported') === '1' && renegotiation.get('secure') === '0',
    ),
  };
}

/** Keys, and what suites that are signed with them are called. */
const KEYS = [
  { key: 'rsa-2048', signature: 'ECDHE-RSA-' },
  { key: 'p-256', signature: 'ECDHE-ECDSA-' },
] as const satisfies readonly { key: KeyType; signature: string }[];

describe('a scan', { skip: sslscan === null && 'no sslscan' }, () => {
  for (const engine of ['uws', 'node'] as const) {
    for (const { key, signature } of KEYS) {
      it(`finds the intended protocols and suites only on ${engine} with a key of ${key}`, async (t) => {
        const { chain, key: secret } = selfSigned({ names: ['localhost'], key });
        const tls = { certificates: [{ cert: './own.crt', key: './own.key' }] };
        const listeners = [{ name: 'public', address: '127.0.0.1:0', engine, tls }];
        const files = { 'own.crt': chain, 'own.key': secret };
        const gateway = await TestGateway.start(t, { listeners, routes: [] }, [], files);
        const found = await scan(gateway.port);
        assert.deepEqual(found.protocols, ['tls 1.2', 'tls 1.3']);
        assert.deepEqual(
          [...found.suites].sort(),
          [
            ...TLS12_SUITES.filter((suite) => suite.startsWith(signature)).map((suite) => `TLSv1.2 ${suite}`),
            ...TLS13_SUITES.map((suite) => `TLSv1.3 ${suite}`),
          ].sort(),
        );
        assert.deepEqual(found.groups, ['secp256r1 (NIST P-256)', 'secp384r1 (NIST P-384)', 'x25519']);
        assert.deepEqual(found.bleeding, []);
        assert.equal(found.isInsecurelyRenegotiated, false);
      });
    }
  }

  it('would find others', async (t) => {
    const { cert, key } = selfSigned({ key: 'rsa-2048' });
    const ciphers = 'AES128-SHA:ECDHE-RSA-AES128-SHA:@SECLEVEL=0';
    const server = createServer({ cert, key, ciphers, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.2' });
    server.on('tlsClientError', () => undefined);
    server.listen(0, '127.0.0.1');
    t.after(() => server.close());
    await once(server, 'listening');
    const found = await scan((server.address() as AddressInfo).port);
    assert.deepEqual(found.protocols, ['tls 1.1', 'tls 1.2']);
    const weak = ['AES128-SHA', 'ECDHE-RSA-AES128-SHA'];
    const expected = ['TLSv1.1', 'TLSv1.2'].flatMap((version) => weak.map((suite) => `${version} ${suite}`));
    assert.deepEqual([...found.suites].sort(), expected);
  });
});
