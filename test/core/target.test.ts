// The checks of a target, row by row, and the laws that normalisation keeps.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { checkPath, checkQuery, normalisePath } from '../../core/target.js';

describe('checkPath', () => {
  const refused = [
    '',
    '*',
    'http://a/',
    'a:443',
    'a',
    '?',
    '//',
    '//a',
    '/a//b',
    '/a//',
    '/.',
    '/..',
    '/./a',
    '/a/..',
    '/a/../b',
    '/%2e',
    '/%2E%2e/a',
    '/a/.%2e/b',
    '/a/%2e./b',
    '/..;/a',
    '/a/.;x=1/b',
    '/%2e%2e;/a',
    '/a%2fb',
    '/a%2Fb',
    '/a%5cb',
    '/a%5Cb',
    '/%c0%ae%c0%ae/a',
    '/a%C0%AFb',
    '/a%c1%9c',
    '/%e0%80%ae',
    '/%f0%80%80%af',
    '/a%ff',
    '/a%e0',
    '/a%00',
    '/a%0a',
    '/a%0D',
    '/a%1f',
    '/a%7f',
    '/a%',
    '/a%2',
    '/a%2g',
    '/a%g2',
    '/a%%',
    '/a b',
    '/a\tb',
    '/a\0b',
    '/a\r\nb',
    '/a\x7f',
    '/a\\b',
    '/a#b',
    '/a?b',
    '/\xe9',
    '/\u20ac',
    '/\ufffd',
  ];
  for (const path of refused) {
    it(`refuses ${JSON.stringify(path)}`, () => assert.equal(typeof checkPath(path), 'string'));
  }

  const accepted = [
    '/',
    '/a',
    '/a/',
    '/a/b.c',
    '/...',
    '/.a',
    '/a.',
    '/..a',
    '/a..',
    '/.well-known/x',
    '/a;v=1/b',
    '/%20',
    '/%25',
    '/%252e%252e',
    '/%C3%A9',
    '/a%2eb',
    "/-._~!$&'()*+,;=:@",
    '/[a]|{b}^"<>`',
  ];
  for (const path of accepted) {
    it(`accepts ${path}`, () => assert.equal(checkPath(path), null));
  }
});

describe('checkQuery', () => {
  for (const query of ['#', 'a#b', 'a\\b', 'a b', 'a\tb', '\0', '\x7f', '\xe9', '%', 'a=100%', '%g0', '%0']) {
    it(`refuses ${JSON.stringify(query)}`, () => assert.equal(typeof checkQuery(query), 'string'));
  }
  for (const query of [
    '',
    'a',
    'a=1&b=2',
    'u=http://a//b/../c',
    '?',
    'f[a]={"b":"c"}',
    '%0A%00%2e',
    'a|b^c`',
  ]) {
    it(`accepts ${JSON.stringify(query)}`, () => assert.equal(checkQuery(query), null));
  }

  it('refuses a broken escape at the end of a long query', () => {
    assert.equal(typeof checkQuery(`${'%41'.repeat(100_000)}%`), 'string');
  });
});

describe('normalisePath', () => {
  for (const [path, normal] of [
    ['/a', '/a'],
    ['/%61%2D%2e%5f%7E', '/a-._~'],
    ['/%c3%a9', '/%C3%A9'],
    ['/%2a%3b', '/%2A%3B'],
    ['/%2561', '/%2561'],
    ['/%41%zz', '/A%zz'],
  ] as const) {
    it(`makes ${normal} of ${path}`, () => assert.equal(normalisePath(path), normal));
  }

  const character = fc.oneof(
    fc.constantFrom('/', '.', ';', '%', '2', 'e', 'f', 'a', '\\'),
    fc.constantFrom('%2e', '%2E', '%2f', '%25', '%41', '%7e', '%c3', '%00'),
  );
  const anyPath = fc.array(character, { maxLength: 12 }).map((parts) => `/${parts.join('')}`);

  it('changes no accepted path into one that would be refused, and changes nothing twice', () => {
    fc.assert(
      fc.property(anyPath, (path) => {
        if (checkPath(path) !== null) return;
        const normal = normalisePath(path);
        assert.equal(checkPath(normal), null);
        assert.equal(normalisePath(normal), normal);
      }),
      { numRuns: 5000 },
    );
  });

  it('keeps what an accepted path means to a resolver', () => {
    fc.assert(
      fc.property(anyPath, (path) => {
        if (checkPath(path) !== null) return;
        const seen = new URL(`http://a${path}`).pathname;
        assert.equal(normalisePath(seen), normalisePath(path));
      }),
      { numRuns: 5000 },
    );
  });
});
