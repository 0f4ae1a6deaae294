import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { findTool } from '../../bench/harness/tools.js';
import { readCertificate } from '../../core/tls/certificate.js';
import {
  EXPIRED,
  type KeyType,
  NOT_YET_VALID,
  selfSigned,
  TestAuthority,
  type TestIdentity,
} from './certificates.js';

const openssl = findTool('openssl');

describe('test certificates', { skip: openssl === null && 'no openssl' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-certificates-'));
  after(() => rmSync(folder, { recursive: true }));
  let files = 0;
  const file = (text: string): string => {
    files += 1;
    const path = join(folder, `${files}.pem`);
    writeFileSync(path, text);
    return path;
  };
  /** What `openssl verify` says of the leaf of an identity, with the rest of its chain at hand. */
  const verdict = (root: TestAuthority, leaf: TestIdentity, ...more: string[]): string => {
    const args = ['verify', '-x509_strict', '-CAfile', file(root.cert), '-untrusted', file(leaf.chain)];
    const { path, env } = openssl!;
    const run = spawnSync(path, [...args, ...more, file(leaf.cert)], { env: { ...process.env, ...env } });
    return `${run.stdout}${run.stderr}`;
  };

  for (const key of ['rsa-2048', 'p-256', 'p-384', 'ed25519'] as const satisfies KeyType[]) {
    it(`hold before openssl from leaf to root with keys of ${key}`, () => {
      const root = TestAuthority.root({ key });
      const leaf = root.intermediate({ key }).issue({ key, names: ['api.example.com'] });
      const purpose = ['-purpose', 'sslserver', '-verify_hostname'];
      assert.match(verdict(root, leaf, ...purpose, 'api.example.com'), /: OK\n/);
      assert.match(verdict(root, leaf, ...purpose, 'other.example.com'), /hostname mismatch/);
      assert.match(verdict(TestAuthority.root(), leaf), /unable to get local issuer certificate/);
      assert.ok(new X509Certificate(leaf.cert).checkPrivateKey(createPrivateKey(leaf.key)));
    });
  }

  it('are as long valid, and as weak, as was asked for', () => {
    const root = TestAuthority.root();
    assert.match(verdict(root, root.issue(EXPIRED)), /certificate has expired/);
    assert.match(verdict(root, root.issue(NOT_YET_VALID)), /not yet valid/);
    const weak = verdict(root, root.issue({ key: 'rsa-1024' }), '-auth_level', '2');
    assert.match(weak, /EE certificate key too weak/);
    const old = root.intermediate({ hash: 'sha1' }).issue();
    assert.match(verdict(root, old, '-auth_level', '1'), /CA signature digest algorithm too weak/);
    assert.match(verdict(root, selfSigned()), /self.signed certificate/);
  });

  it('are for what they are for', () => {
    const root = TestAuthority.root();
    for (const usage of ['server', 'client'] as const) {
      const leaf = root.issue({ usage });
      for (const purpose of ['server', 'client']) {
        const expected = purpose === usage ? /: OK\n/ : /unsuitable certificate purpose/;
        assert.match(verdict(root, leaf, '-purpose', `ssl${purpose}`), expected);
      }
    }
  });

  it('are revoked by lists of their own authority, as long as these are current', () => {
    const root = TestAuthority.root();
    const [kept, revoked] = [root.issue(), root.issue()];
    const check = (leaf: TestIdentity, list: string): string =>
      verdict(root, leaf, '-crl_check', '-CRLfile', file(list));
    const list = root.list({ revoked: [revoked] });
    assert.match(check(kept, list), /: OK\n/);
    assert.match(check(revoked, list), /certificate revoked/);
    assert.match(check(kept, root.list({ ...EXPIRED })), /CRL has expired/);
    assert.match(check(kept, root.list({ toDays: null })), /: OK\n/);
    assert.match(
      check(kept, TestAuthority.root().list()),
      /unable to get certificate CRL|CRL signature failure/,
    );
  });

  it('say what they were asked to say', () => {
    const names = ['api.example.com', '::1', 'spiffe://example.org/pay', 'ops@example.com'];
    const subject = { C: 'DE', O: 'Example, Inc.', OU: 'Payments', CN: 'billing' };
    const facts = readCertificate(selfSigned({ names, subject }).cert);
    assert.equal(facts.subject, 'CN=billing,OU=Payments,O=Example\\, Inc.,C=DE');
    assert.deepEqual(facts.dnsNames, ['api.example.com']);
    assert.deepEqual(facts.addresses, ['0:0:0:0:0:0:0:1']);
    assert.deepEqual(facts.uris, ['spiffe://example.org/pay']);
    assert.deepEqual(facts.emails, ['ops@example.com']);
  });

  it('tell the serial number as the platform does', () => {
    const leaf = TestAuthority.root().issue();
    assert.equal(leaf.serial, readCertificate(leaf.cert).serial);
  });

  it('have their key behind a passphrase', () => {
    const { cert, key } = TestAuthority.root().issue({ passphrase: 'open up' });
    assert.throws(() => createPrivateKey(key));
    const opened = createPrivateKey({ key, passphrase: 'open up' });
    assert.ok(new X509Certificate(cert).checkPrivateKey(opened));
  });
});
