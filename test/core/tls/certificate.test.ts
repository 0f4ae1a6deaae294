import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readCertificate } from '../../../core/tls/certificate.js';
import { OPENSSL, OPENSSL_ENV } from '../../support/openssl.js';

function openssl(args: readonly string[], input: string | Buffer): Buffer {
  return execFileSync(OPENSSL, args, { input, env: OPENSSL_ENV });
}

describe('readCertificate', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-certificate-'));
  let pem = '';

  before(() => {
    const subject = '/O=Example, Inc./OU=Payments/CN=billing';
    const names =
      'DNS:API.example.com,DNS:*.example.org,URI:spiffe://example.org/ns/pay,IP:10.0.0.1,email:a@example.com';
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const make = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-384',
      '-nodes',
      '-days',
      '3',
    ];
    execFileSync(
      OPENSSL,
      [...make, '-keyout', key, '-out', cert, '-subj', subject, '-addext', `subjectAltName=${names}`],
      { stdio: 'ignore', env: OPENSSL_ENV },
    );
    pem = readFileSync(cert, 'utf8');
  });
  after(() => rmSync(folder, { recursive: true }));

  it('tells names, dates and key', () => {
    const facts = readCertificate(pem);
    assert.equal(facts.subject, 'CN=billing,OU=Payments,O=Example\\, Inc.');
    assert.equal(facts.issuer, facts.subject);
    assert.deepEqual(facts.dnsNames, ['api.example.com', '*.example.org']);
    assert.deepEqual(facts.uris, ['spiffe://example.org/ns/pay']);
    assert.deepEqual(facts.addresses, ['10.0.0.1']);
    assert.deepEqual(facts.emails, ['a@example.com']);
    assert.deepEqual(facts.key, { type: 'ec', bits: 384 });
    assert.equal(Math.round((facts.notAfterMs - facts.notBeforeMs) / 86_400_000), 3);
  });

  it('has the fingerprint and the pin that others compute', () => {
    const facts = readCertificate(pem);
    const x509 = new X509Certificate(pem);
    assert.equal(facts.fingerprint, x509.fingerprint256.replaceAll(':', '').toLowerCase());
    const spki = openssl(['x509', '-pubkey', '-noout'], pem);
    const der = openssl(['pkey', '-pubin', '-outform', 'DER'], spki);
    const digest = openssl(['dgst', '-sha256', '-binary'], der);
    assert.equal(facts.pin, digest.toString('base64'));
  });

  it('reads DER as well, and refuses what is no certificate', () => {
    assert.deepEqual(readCertificate(new X509Certificate(pem).raw), readCertificate(pem));
    assert.throws(() => readCertificate('no certificate'));
  });
});
