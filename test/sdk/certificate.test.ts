// What a filter is told of the certificate of its client.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { readCertificate } from '../../core/tls/certificate.js';
import { certificateFacts } from '../../core/wasm/certificate-facts.js';
import { type TestCertificate, TestChain } from '../../sdk/testing/index.js';
import { TestAuthority } from '../support/certificates.js';
import { buildInline, manifestOf } from './inline-filter.js';

const SOURCE = `
import { Certificate, CertificateNames, Decision, next, Request, Response } from 'sluice';

function joined(names: CertificateNames): string {
  let text = '';
  for (let i = 0; i < names.size; i++) text += (i > 0 ? ' ' : '') + names.at(i).toString();
  return text;
}

function told(certificate: Certificate): string {
  return (certificate.exists ? 'shown' : 'none') + '|' + certificate.subject.toString() + '|' +
    certificate.issuer.toString() + '|' + certificate.serial.toString() + '|' + certificate.fingerprint.toString() + '|' +
    (<i64>certificate.notAfterMs).toString() + '|' + joined(certificate.dnsNames) + '|' + joined(certificate.uris) + '|' +
    joined(certificate.addresses) + '|' + joined(certificate.emails);
}

export function onRequest(request: Request): Decision {
  const certificate = request.certificate;
  request.headers.set('x-told', told(certificate));
  request.headers.set('x-absent', certificate.subject.exists ? 'no' : 'yes');
  request.headers.set('x-has', certificate.dnsNames.has('b.example') && !certificate.dnsNames.has('urn:a') ? 'yes' : 'no');
  request.headers.set('x-beyond', certificate.dnsNames.at(9).exists || certificate.dnsNames.at(-1).exists ? 'yes' : 'no');
  return next();
}

export function onResponse(request: Request, response: Response): Decision {
  response.headers.set('x-told', told(request.certificate));
  return next();
}
`;

describe('the certificate of a client', () => {
  let chain: TestChain;
  before(async () => {
    const phases = { request: { body: 'buffer' }, response: { body: 'none' } };
    const module = await buildInline(SOURCE, manifestOf({ phases }));
    // Twice, so that the second one reads a frame that was written again after the edits of the first.
    chain = new TestChain([{ module }, { module }]);
  });

  const exchange = (certificate?: TestCertificate) => {
    const request = {
      target: '/',
      headers: { subject: 'CN=forged' },
      body: 'body',
      params: ['uri', 'urn:forged'],
    };
    const { upstream, client, failures } = chain.exchange(
      certificate === undefined ? request : { ...request, certificate },
    );
    assert.deepEqual(failures, []);
    assert.equal(client!.headers.get('x-told'), upstream!.headers.get('x-told'));
    return upstream!.headers;
  };

  it('is told in both phases, fact by fact', () => {
    const headers = exchange({
      subject: 'CN=billing,O=Example',
      issuer: 'CN=Example CA',
      serial: '0A1B',
      fingerprint: 'ab'.repeat(32),
      notAfter: new Date('2031-02-03T04:05:06.000Z'),
      dnsNames: ['a.example', 'b.example'],
      uris: ['spiffe://example.org/ns/pay', 'urn:a'],
      addresses: ['192.0.2.7'],
      emails: ['a@example.com'],
    });
    assert.equal(
      headers.get('x-told'),
      `shown|CN=billing,O=Example|CN=Example CA|0A1B|${'ab'.repeat(32)}|${Date.UTC(2031, 1, 3, 4, 5, 6)}|` +
        'a.example b.example|spiffe://example.org/ns/pay urn:a|192.0.2.7|a@example.com',
    );
    assert.deepEqual(
      ['x-absent', 'x-has', 'x-beyond'].map((name) => headers.get(name)),
      ['no', 'yes', 'no'],
    );
  });

  it('is absent where the client has shown none, whatever else stands in the frame', () => {
    const headers = exchange();
    assert.equal(headers.get('x-told'), 'none|||||0||||');
    assert.deepEqual(
      ['x-absent', 'x-has', 'x-beyond'].map((name) => headers.get(name)),
      ['yes', 'no', 'no'],
    );
  });

  it('has defaults in tests', () => {
    assert.equal(
      exchange({}).get('x-told'),
      `shown|CN=test|CN=Test authority|01|${'0'.repeat(64)}|${Date.UTC(2100, 0)}||||`,
    );
  });

  it('has what the gateway reads of a real one, as UTF-8, and is listed once', () => {
    const root = TestAuthority.root({ subject: { CN: 'Würzel' } });
    const names = ['a.example', 'b.example', 'spiffe://example.org/a', '192.0.2.7', 'a@example.com'];
    const certificate = readCertificate(root.issue({ names, subject: { CN: 'bü' } }).cert);
    const facts = certificateFacts(certificate);
    assert.deepEqual(facts, [
      ...['subject', 'CN=b\xc3\xbc', 'issuer', 'CN=W\xc3\xbcrzel', 'serial', certificate.serial],
      ...['fingerprint', certificate.fingerprint, 'not-after', String(certificate.notAfterMs)],
      ...['dns', 'a.example', 'dns', 'b.example', 'uri', 'spiffe://example.org/a'],
      ...['ip', '192.0.2.7', 'email', 'a@example.com'],
    ]);
    assert.equal(certificateFacts(certificate), facts);
    assert.deepEqual(certificateFacts(null), []);
  });
});
