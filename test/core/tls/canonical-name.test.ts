import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { canonicalName } from '../../../core/tls/canonical-name.js';
import { readCertificate } from '../../../core/tls/certificate.js';
import { selfSigned } from '../../support/certificates.js';

describe('canonicalName', () => {
  const same: readonly (readonly [string, string])[] = [
    ['CN=billing,O=Example', 'CN=billing,O=Example'],
    ['cn = billing , o= Example', 'CN=billing,O=Example'],
    ['O=Example\\, Inc.', 'O=Example\\, Inc.'],
    ['O=Example\\2C Inc.', 'O=Example\\, Inc.'],
    ['CN=b\\C3\\BCro', 'CN=büro'],
    ['CN=b+a=c', 'A=c+CN=b'],
    ['UID=7 + CN=x', 'CN=x+UID=7'],
    ['CN=\\ x\\ ', 'CN=\\ x\\ '],
    ['CN=\\20x', 'CN=\\ x'],
    ['CN=a#b', 'CN=a#b'],
    ['CN=a\\#b', 'CN=a#b'],
    ['CN=\\#b', 'CN=\\#b'],
    ['CN=a=b', 'CN=a=b'],
    ['CN=a\\=b', 'CN=a=b'],
    ['CN=\\\\\\"\\<\\>\\;', 'CN=\\\\\\"\\<\\>\\;'],
    ['CN=a\\00b', 'CN=a\\00b'],
    ['CN=a\\0a', 'CN=a\\0A'],
    ['CN=', 'CN='],
    ['1.2.3.4=x,emailAddress=a@b', '1.2.3.4=x,EMAILADDRESS=a@b'],
  ];
  for (const [text, canonical] of same) {
    it(`reads ${text}`, () => {
      assert.equal(canonicalName(text), canonical);
      assert.equal(canonicalName(canonical), canonical);
    });
  }

  it('keeps apart what differs by case, by order or by what is escaped', () => {
    const names = [
      'CN=a',
      'CN=A',
      'CN=a,O=b',
      'O=b,CN=a',
      'CN=a+O=b',
      'CN=a\\+O\\=b',
      'CN=a\\,O=b',
      'CN=a\\ ',
    ];
    assert.equal(new Set(names.map(canonicalName)).size, names.length);
  });

  for (const text of [
    '',
    ',',
    'CN',
    '=a',
    'CN=a,',
    'CN=a,,O=b',
    'CN=a++O=b',
    'C N=a',
    '/CN=a/O=b',
    'CN="a"',
    'CN=a;O=b',
    'CN=<a>',
    'CN=#0403',
    'CN=\\x',
    'CN=a\\',
    'CN=\\ff',
    'CN=a\0',
    '1=a',
    'CN*=a',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(canonicalName(text), null));
  }

  it('reads what certificates say, whatever stands in it', () => {
    const subject = { O: ' Exa, "Inc"; <x>\\', OU: '#1 + 2=3', CN: 'bü\0\n ' };
    const { cert } = selfSigned({ subject });
    assert.equal(
      canonicalName(readCertificate(cert).subject),
      'CN=bü\\00\\0A\\ ,OU=\\#1 \\+ 2=3,O=\\ Exa\\, \\"Inc\\"\\; \\<x\\>\\\\',
    );
  });
});
