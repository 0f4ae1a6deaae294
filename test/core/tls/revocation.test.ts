import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Certificate, readCertificate } from '../../../core/tls/certificate.js';
import { RevocationLists } from '../../../core/tls/revocation.js';
import { readRevocationLists } from '../../../core/tls/revocation-list.js';
import { TestAuthority, type TestIdentity } from '../../support/certificates.js';

const DAY_MS = 86_400_000;
const NOW = Date.now();

const root = TestAuthority.root();
const good = root.issue();
const bad = root.issue();

function read(made: { readonly cert: string }): Certificate {
  return readCertificate(made.cert);
}

function status(crl: string, who: TestIdentity, authorities = [root], nowMs = NOW): string {
  return new RevocationLists(readRevocationLists(crl), authorities.map(read)).check(read(who), nowMs);
}

describe('RevocationLists', () => {
  for (const key of ['p-256', 'p-384', 'rsa-2048', 'ed25519'] as const) {
    it(`tells revoked certificates from others, with a list signed by a key of type ${key}`, () => {
      const authority = TestAuthority.root({ key });
      const [kept, taken] = [authority.issue(), authority.issue()];
      const crl = authority.list({ revoked: [taken] });
      assert.equal(status(crl, kept, [authority]), 'good');
      assert.equal(status(crl, taken, [authority]), 'revoked');
    });
  }

  it('takes a list that has nothing in it', () => assert.equal(status(root.list(), good), 'good'));

  it('does not mind how many zeros a serial number begins with', () => {
    const { serial } = good;
    assert.equal(status(root.list({ revoked: [`0000${serial}`] }), good), 'revoked');
    assert.equal(status(root.list({ revoked: [`${serial}00`] }), good), 'good');
  });

  it('trusts no list before its time, nor after it', () => {
    const crl = root.list({ revoked: [bad], toDays: 7 });
    for (const who of [good, bad]) {
      assert.equal(status(crl, who, [root], NOW - DAY_MS), 'unknown');
      assert.equal(status(crl, who, [root], NOW + 8 * DAY_MS), 'unknown');
    }
    assert.equal(status(crl, good, [root], NOW + 6 * DAY_MS), 'good');
    assert.equal(status(root.list({ toDays: null }), good, [root], NOW + 1000 * DAY_MS), 'good');
  });

  it('goes by the newest list of an authority', () => {
    const older = root.list({ fromDays: -2 });
    const newer = root.list({ fromDays: -1, revoked: [bad] });
    assert.equal(status(older + newer, bad), 'revoked');
    assert.equal(status(newer + older, bad), 'revoked');
  });

  it('looks at the authorities above a certificate too', () => {
    const middle = root.intermediate();
    const leaf = middle.issue();
    const own = middle.list();
    assert.equal(status(root.list() + own, leaf, [root, middle]), 'good');
    assert.equal(status(root.list({ revoked: [middle.serial] }) + own, leaf, [root, middle]), 'revoked');
    assert.equal(status(root.list({ fromDays: -9, toDays: -1 }) + own, leaf, [root, middle]), 'unknown');
    // Nobody who is trusted says anything of what it signed.
    assert.equal(status(root.list(), leaf), 'unknown');
  });

  it('does not know certificates of others, also not of one that has the same name', () => {
    const twin = TestAuthority.root();
    assert.equal(status(root.list(), twin.issue()), 'unknown');
  });

  it('has one list for two keys of an authority', () => {
    const renewed = TestAuthority.root();
    const crl = renewed.list({ revoked: [bad] });
    assert.equal(status(crl, bad, [root, renewed]), 'revoked');
    assert.equal(status(crl, renewed.issue(), [root, renewed]), 'good');
  });

  describe('refuses', () => {
    const other = TestAuthority.root({ subject: { CN: 'Other' } });
    const cases: readonly [string, string, readonly TestAuthority[], RegExp][] = [
      ['a list of somebody else', root.list() + other.list(), [root], /that no authority signed/],
      [
        'a list that another of that name signed',
        TestAuthority.root().list(),
        [root],
        /that no authority signed/,
      ],
      ['an authority without a list', root.list(), [root, other], /no list of CN=Other/],
      ['no list at all', '', [root], /no list of CN=Test root/],
      [
        'what is no list',
        '-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n',
        [root],
        /no list of revoked certificates/,
      ],
    ];
    for (const [what, crl, authorities, message] of cases) {
      it(what, () => {
        assert.throws(() => new RevocationLists(readRevocationLists(crl), authorities.map(read)), message);
      });
    }

    it('a list that was changed after it was signed', () => {
      const der = Buffer.from(root.list({ revoked: [bad] }).replace(/-----[^-]+-----/g, ''), 'base64');
      const at = der.indexOf(Buffer.from(bad.serial, 'hex'));
      der[at + 5]! ^= 1;
      const crl = `-----BEGIN X509 CRL-----\n${der.toString('base64')}\n-----END X509 CRL-----\n`;
      assert.throws(
        () => new RevocationLists(readRevocationLists(crl), [read(root)]),
        /that no authority signed/,
      );
    });
  });
});
