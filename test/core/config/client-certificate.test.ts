import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { TestAuthority } from '../../support/certificates.js';
import { validate } from './validating.js';

const folder = mkdtempSync(join(tmpdir(), 'sluice-client-certificate-'));
after(() => rmSync(folder, { recursive: true }));

const root = TestAuthority.root();
const { chain, key } = root.issue({ names: ['api.example.com'] });
writeFileSync(join(folder, 'api.crt'), chain);
writeFileSync(join(folder, 'api.key'), key);
writeFileSync(join(folder, 'ca.crt'), root.cert);

/** What becomes of `clientCertificate` of a route, where a listener asks for certificates. */
function resolved(clientCertificate: unknown): unknown {
  const certificates = [{ cert: './api.crt', key: './api.key' }];
  const document = {
    listeners: [
      { name: 'plain', address: '127.0.0.1:0' },
      { name: 'a', address: '127.0.0.1:0', tls: { certificates, clientAuth: { ca: './ca.crt' } } },
    ],
    upstreams: { u: { targets: [] } },
    routes: [{ id: 'r', match: { path: '/', methods: [] }, upstream: 'u', clientCertificate }],
  };
  return validate(JSON.stringify(document), folder).routes.at(0).clientCertificate;
}

describe('the clients of a route', () => {
  it('are told by lists in one spelling, and what is left out says nothing', () => {
    const fingerprint = 'AB'.repeat(32);
    assert.deepEqual(resolved({}), {
      subjects: null,
      dnsNames: null,
      uris: null,
      fingerprints: null,
      forward: false,
    });
    assert.deepEqual(
      resolved({
        subjects: ['cn=billing, O=Example'],
        dnsNames: ['Billing.Example.com'],
        uris: ['spiffe://example.org/ns/pay/*', 'spiffe://example.org/*', 'https://Example.org/a?b'],
        fingerprints: [fingerprint, fingerprint.replace(/..(?=.)/g, '$&:')],
        forward: true,
      }),
      {
        subjects: ['CN=billing,O=Example'],
        dnsNames: ['billing.example.com'],
        uris: ['spiffe://example.org/ns/pay/*', 'spiffe://example.org/*', 'https://Example.org/a?b'],
        fingerprints: [fingerprint.toLowerCase(), fingerprint.toLowerCase()],
        forward: true,
      },
    );
    assert.deepEqual(resolved({ subjects: [], dnsNames: [], uris: [], fingerprints: [] }), {
      subjects: [],
      dnsNames: [],
      uris: [],
      fingerprints: [],
      forward: false,
    });
  });

  const refused: readonly [key: string, entry: string, says: RegExp][] = [
    ['subjects', '/O=Example/CN=billing', /RFC 4514/],
    ['dnsNames', '*.example.com', /a domain such as/],
    ['dnsNames', 'a..b', /a domain such as/],
    ['uris', 'https://example.org/*', /a URI in full/],
    ['uris', 'spiffe://*', /a URI in full/],
    ['uris', 'spiffe://example.org/ns/*/pay', /a URI in full/],
    ['uris', 'spiffe://Example.org/ns/*', /a URI in full/],
    ['uris', '/ns/pay', /a URI in full/],
    ['fingerprints', 'ab'.repeat(20), /64 hex digits/],
  ];
  for (const [key, entry, says] of refused) {
    it(`are not told by ${entry} in ${key}`, () => {
      assert.throws(() => resolved({ [key]: [entry] }), says);
    });
  }
});
