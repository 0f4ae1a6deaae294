import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { findTool } from '../../../bench/harness/tools.js';
import { readCertificate } from '../../../core/tls/certificate.js';
import { isListOf, readRevocationLists } from '../../../core/tls/revocation-list.js';
import { type KeyType, TestAuthority } from '../../support/certificates.js';

const DAY_MS = 86_400_000;

describe('readRevocationLists', () => {
  const subject = { C: 'DE', O: ' Ünder, "Co" + #1 <;>\\ ', OU: '#\n', CN: 'root' };
  const root = TestAuthority.root({ subject });

  it('reads who is revoked, by whom, and until when', () => {
    const revoked = [root.issue(), root.issue(), '00', '0080', '7F'];
    const [list, ...more] = readRevocationLists(root.list({ revoked, fromDays: -2, toDays: 5 }));
    assert.deepEqual(more, []);
    assert.equal(list!.issuer, readCertificate(root.cert).subject);
    const serials = revoked.map((one) => (typeof one === 'string' ? one.slice(-2) : one.serial));
    assert.deepEqual([...list!.serials], serials);
    assert.equal(list!.nextUpdateMs! - list!.thisUpdateMs, 7 * DAY_MS);
    assert.ok(Math.abs(list!.thisUpdateMs + 2 * DAY_MS - Date.now()) < DAY_MS);
  });

  it('reads several, empty ones, ones without an end and ones of another century', () => {
    const century = 36_525;
    const texts = [root.list(), root.list({ toDays: null }), root.list({ toDays: century })];
    const [empty, endless, late] = readRevocationLists(`for people\n${texts.join('\n')}`);
    assert.equal(empty!.serials.size, 0);
    assert.equal(endless!.nextUpdateMs, null);
    assert.ok(late!.nextUpdateMs! > Date.now() + (century - 1) * DAY_MS);
  });

  it('reads long ones', () => {
    const revoked = Array.from({ length: 20_000 }, (_, index) => String(40_000_000 + index));
    const [list] = readRevocationLists(root.list({ revoked }));
    assert.deepEqual([...list!.serials], revoked);
  });

  it('refuses what is none', () => {
    const whole = Buffer.from(root.list().replace(/-----[^-]+-----/g, ''), 'base64');
    const pem = (der: Buffer): string =>
      `-----BEGIN X509 CRL-----\n${der.toString('base64')}\n-----END X509 CRL-----\n`;
    for (let length = 0; length < whole.length; length++)
      assert.throws(() => readRevocationLists(pem(whole.subarray(0, length))), /no list of revoked/);
    const certificate = Buffer.from(root.cert.replace(/-----[^-]+-----/g, ''), 'base64');
    assert.throws(() => readRevocationLists(pem(certificate)), /no list of revoked/);
  });
});

describe('isListOf', () => {
  for (const key of ['rsa-2048', 'p-256', 'p-384', 'ed25519'] as const satisfies KeyType[]) {
    it(`knows lists that were signed with a key of ${key}`, () => {
      const root = TestAuthority.root({ key });
      const [list] = readRevocationLists(root.list({ revoked: [root.issue()] }));
      assert.equal(isListOf(list!, readCertificate(root.cert)), true);
      const namesake = TestAuthority.root({ key });
      assert.equal(isListOf(list!, readCertificate(namesake.cert)), false, 'another key of the same name');
      const other = TestAuthority.root({ key: key === 'p-256' ? 'ed25519' : 'p-256' });
      assert.equal(isListOf(list!, readCertificate(other.cert)), false, 'a key of another type');
      const stranger = TestAuthority.root({ key, subject: { CN: 'Another' } });
      assert.equal(isListOf(list!, readCertificate(stranger.cert)), false, 'another name');
    });
  }
});

const openssl = findTool('openssl');

describe('lists that openssl makes', { skip: openssl === null && 'no openssl' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-lists-'));
  after(() => rmSync(folder, { recursive: true }));
  const at = (name: string): string => join(folder, name);
  const run = (...args: string[]): string =>
    execFileSync(openssl!.path, args, {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, ...openssl!.env },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  const listWith = (...args: string[]): string => {
    run('ca', '-config', at('ca.cnf'), '-gencrl', '-out', at('list.pem'), ...args);
    return readFileSync(at('list.pem'), 'utf8');
  };

  before(() => {
    run(
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', at('key.pem'), '-out', at('root.pem')],
      ...['-days', '10', '-subj', '/DC=org/DC=example/O=Example/L=Köln/CN=lists', '-utf8'],
    );
    writeFileSync(
      at('index.txt'),
      'R\t301230000000Z\t261101000000Z,keyCompromise\t0A5F\tunknown\t/CN=gone\n',
    );
    writeFileSync(at('crlnumber'), '01\n');
    writeFileSync(
      at('ca.cnf'),
      [
        '[ca]\ndefault_ca = this',
        `[this]\ndatabase = ${at('index.txt')}\ncrlnumber = ${at('crlnumber')}\ndefault_md = sha256`,
        `private_key = ${at('key.pem')}\ncertificate = ${at('root.pem')}\ndefault_crl_days = 3`,
        '[users]\nissuingDistributionPoint = critical, @users_idp\n[users_idp]\nonlyuser = TRUE',
        '[indirect]\nissuingDistributionPoint = critical, @indirect_idp\n[indirect_idp]\nindirectCRL = TRUE',
        '[reasons]\nissuingDistributionPoint = critical, @reasons_idp',
        '[reasons_idp]\nonlysomereasons = keyCompromise',
        '[delta]\n2.5.29.27 = critical, DER:020101',
      ].join('\n'),
    );
  });

  it('say the same to us', () => {
    const authority = readCertificate(readFileSync(at('root.pem')));
    for (const args of [[], ['-sigopt', 'rsa_padding_mode:pss'], ['-md', 'sha512'], ['-crlexts', 'users']]) {
      const [list] = readRevocationLists(listWith(...args));
      assert.equal(list!.issuer, 'CN=lists,L=Köln,O=Example,DC=example,DC=org');
      assert.deepEqual([...list!.serials], ['0A5F']);
      assert.equal(list!.nextUpdateMs! - list!.thisUpdateMs, 3 * DAY_MS);
      assert.equal(isListOf(list!, authority), true, args.join(' '));
    }
  });

  it('are refused where they say a part only', () => {
    for (const part of ['indirect', 'reasons', 'delta'])
      assert.throws(() => readRevocationLists(listWith('-crlexts', part)), /critical extension 2\.5\.29\.2/);
  });
});
