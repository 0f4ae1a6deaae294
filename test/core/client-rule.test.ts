import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ClientRule } from '../../core/client-rule.js';
import type { ClientCertificateConfig } from '../../core/config/model.js';
import { type Certificate, readCertificate } from '../../core/tls/certificate.js';
import { selfSigned } from '../support/certificates.js';

const SAYS_NOTHING = { subjects: null, dnsNames: null, uris: null, fingerprints: null, forward: false };

function admits(rule: Partial<ClientCertificateConfig>, certificate: Certificate): boolean {
  return new ClientRule({ ...SAYS_NOTHING, ...rule }).admits(certificate);
}

function withNames(...names: string[]): Certificate {
  return readCertificate(selfSigned({ names, subject: { O: 'Example, Inc.', CN: 'billing' } }).cert);
}

describe('the rule of a route about clients', () => {
  const billing = withNames('Billing.example.com', 'billing2.example.com');

  it('without any list admits every certificate', () => {
    assert.equal(admits({}, billing), true);
    assert.equal(admits({ forward: true }, billing), true);
  });

  it('with empty lists admits nobody', () => {
    for (const list of ['subjects', 'dnsNames', 'uris', 'fingerprints'])
      assert.equal(admits({ [list]: [] }, billing), false, list);
    assert.equal(admits({ subjects: [], dnsNames: [], uris: [], fingerprints: [] }, billing), false);
  });

  it('wants one entry of one list', () => {
    assert.equal(admits({ dnsNames: ['other.example.com', 'billing2.example.com'] }, billing), true);
    assert.equal(admits({ dnsNames: [], fingerprints: [billing.fingerprint] }, billing), true);
    assert.equal(admits({ dnsNames: ['other.example.com'], uris: ['urn:a'] }, billing), false);
  });

  it('compares domains as a whole, and none with a wildcard', () => {
    assert.equal(admits({ dnsNames: ['billing.example.com'] }, billing), true);
    assert.equal(admits({ dnsNames: ['example.com'] }, billing), false);
    assert.equal(admits({ dnsNames: ['billing.example.com'] }, withNames('*.example.com')), false);
  });

  it('compares subjects as a whole', () => {
    assert.equal(admits({ subjects: ['CN=billing,O=Example\\, Inc.'] }, billing), true);
    for (const other of [
      'CN=billing',
      'O=Example\\, Inc.',
      'O=Example\\, Inc.,CN=billing',
      'CN=Billing,O=Example\\, Inc.',
    ])
      assert.equal(admits({ subjects: [other] }, billing), false, other);
  });

  it('takes a common name for no domain, and a domain for no URI', () => {
    const named = readCertificate(selfSigned({ subject: { CN: 'billing.example.com' } }).cert);
    assert.equal(admits({ dnsNames: ['billing.example.com'] }, named), false);
    assert.equal(admits({ uris: ['billing.example.com'] }, billing), false);
  });

  it('has nothing to compare where a certificate has no names', () => {
    const nameless = readCertificate(selfSigned({ subject: {} }).cert);
    assert.equal(
      admits({ subjects: ['CN='], dnsNames: [''], uris: ['spiffe://example.org/*'] }, nameless),
      false,
    );
  });

  it('compares URIs letter by letter', () => {
    const named = withNames('https://Example.org/a');
    assert.equal(admits({ uris: ['https://Example.org/a'] }, named), true);
    assert.equal(admits({ uris: ['https://example.org/a'] }, named), false);
    assert.equal(admits({ uris: ['https://Example.org/'] }, named), false);
  });

  describe('spiffe://example.org/ns/pay/*', () => {
    const below = { uris: ['spiffe://example.org/ns/pay/*'] };
    for (const uri of [
      'spiffe://example.org/ns/pay/sa',
      'spiffe://example.org/ns/pay/a/b',
      'spiffe://example.org/ns/pay/...',
    ])
      it(`admits ${uri}`, () => assert.equal(admits(below, withNames(uri)), true));
    for (const uri of [
      'spiffe://example.org/ns/pay',
      'spiffe://example.org/ns/pay/',
      'spiffe://example.org/ns/payroll/sa',
      'spiffe://example.org/ns/pay/../admin',
      'spiffe://example.org/ns/pay/./sa',
      'spiffe://example.org/ns/pay/..',
      'spiffe://example.org/ns/pay/a/..',
      'spiffe://example.org/ns/pay//sa',
      'spiffe://example.org/ns/pay/%2e%2e',
      'spiffe://example.org/ns/pay/a?b',
      'spiffe://example.org/ns/pay/a#b',
      'spiffe://example.org/NS/pay/sa',
      'spiffe://evil.org/ns/pay/sa',
      'spiffe://example.org.evil.org/ns/pay/sa',
      'SPIFFE://example.org/ns/pay/sa',
    ])
      it(`does not admit ${uri}`, () => assert.equal(admits(below, withNames(uri)), false));

    it('does not admit a certificate with a second URI', () => {
      const uri = 'spiffe://example.org/ns/pay/sa';
      assert.equal(admits(below, withNames(uri, 'spiffe://example.org/ns/other')), false);
      assert.equal(admits({ uris: [uri] }, withNames('https://example.org/', uri)), false);
      assert.equal(admits({ uris: ['https://example.org/'] }, withNames('https://example.org/', uri)), true);
    });
  });

  it('compares fingerprints as a whole', () => {
    assert.equal(admits({ fingerprints: [billing.fingerprint] }, billing), true);
    assert.equal(admits({ fingerprints: [billing.fingerprint.slice(1)] }, billing), false);
    assert.equal(admits({ fingerprints: [withNames('a.example').fingerprint] }, billing), false);
  });
});
