import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatewayError } from '../../core/errors.js';
import { checkHostPattern, checkPathPattern, isHost, parsePathPattern } from '../../core/path-pattern.js';

test('parses literals, parameters and a wildcard', () => {
  assert.deepEqual(parsePathPattern('/users/:id/*'), {
    segments: [{ kind: 'literal', text: 'users' }, { kind: 'parameter', name: 'id' }, { kind: 'wildcard' }],
    parameters: ['id', '*'],
    shape: '/users/:/*',
    prefix: '/users',
    depth: 1,
  });
});

test('tells the literal segments that a path begins with', () => {
  const cases = [
    ['/', '/', 1],
    ['/:a', '', 0],
    ['/*', '', 0],
    ['/caf%c3%a9/b', '/caf%C3%A9/b', 2],
    ['/a/b/', '/a/b/', 3],
    ['/a/:b/c', '/a', 1],
    ['/a/b/*', '/a/b', 2],
  ] as const;
  for (const [path, prefix, depth] of cases) {
    const pattern = parsePathPattern(path);
    assert.deepEqual([pattern.prefix, pattern.depth], [prefix, depth], path);
  }
});

test('gives patterns that claim the same paths the same shape', () => {
  const same = [
    ['/a/:x', '/a/:y'],
    ['/%7e', '/~'],
    ['/caf%c3%a9', '/café'],
    ['/a%2b', '/a%2B'],
  ] as const;
  for (const [a, b] of same) assert.equal(parsePathPattern(a).shape, parsePathPattern(b).shape);
  const different = [
    ['/a', '/a/'],
    ['/a/:x', '/a/*'],
    ['/a+', '/a%2B'],
    ['/A', '/a'],
  ] as const;
  for (const [a, b] of different) assert.notEqual(parsePathPattern(a).shape, parsePathPattern(b).shape);
});

test('accepts every character of a path segment', () => {
  for (const path of [
    '/',
    '/a/',
    '/*',
    "/-._~!$&'()+,;=:@",
    '/%20',
    '/x:y',
    '/a::b',
    '/日本',
    '/_',
    '/:A_1',
  ]) {
    assert.equal(checkPathPattern(path), null, path);
  }
});

test('says what was expected of a path', () => {
  const table: Readonly<Record<string, RegExp>> = {
    '': /begins with "\/"/,
    'a/b': /begins with "\/"/,
    '/a//b': /no empty segment/,
    '/*/a': /last segment only/,
    '/a*': /whole segment/,
    '/*.js': /whole segment/,
    '/:': /one whole segment/,
    '/:a-:b': /one whole segment/,
    '/:id.json': /one whole segment/,
    '/:id?': /one whole segment/,
    '/:id(\\d+)': /one whole segment/,
    '/:1a': /one whole segment/,
    '/:a/x/:a': /each parameter once/,
    '/{id}': /":name"/,
    '/a b': /percent-encoded/,
    '/a?b': /percent-encoded/,
    '/a#b': /percent-encoded/,
    '/a\\b': /percent-encoded/,
    '/a%2': /percent-encoded/,
    '/a\n': /percent-encoded/,
    '/\ud800': /percent-encoded/,
    '/a%2fb': /no %2F/,
    '/a%00': /no %2F, %5C or %00/,
    '/./a': /no "\."/,
    '/a/..': /no "\."/,
    '/%2e%2E/a': /no "\."/,
    [`/${'a'.repeat(1024)}`]: /at most 1024/,
  };
  for (const [path, expected] of Object.entries(table)) {
    assert.match(checkPathPattern(path) ?? '', expected, path);
    assert.throws(
      () => parsePathPattern(path),
      (error) => error instanceof GatewayError && error.code === 'SLUICE_ROUTE_PATTERN',
    );
  }
});

test('accepts host names and addresses, and one wildcard label before a name', () => {
  for (const host of [
    'localhost',
    'api.example.com',
    'API.Example.com',
    '*.example.com',
    '10.0.0.1',
    '[::1]',
    'my_api',
    'xn--bcher-kva.example',
  ]) {
    assert.equal(checkHostPattern(host), null, host);
  }
});

test('says what was expected of a host', () => {
  const table: Readonly<Record<string, RegExp>> = {
    '*': /no "hosts" at all/,
    '': /a host such as/,
    'a..b': /a host such as/,
    'example.com.': /a host such as/,
    '-a.example': /a host such as/,
    'a.*.com': /first label only/,
    '*a.com': /first label only/,
    '**.a.com': /first label only/,
    'a.com:80': /without a port/,
    '[::1]:80': /without a port/,
    'bücher.example': /xn--/,
    '*.10.0.0.1': /a host such as/,
    '*.[::1]': /a host such as/,
    '::1': /a host such as/,
    'http://a.com': /a host such as/,
    '10.0.0.300': /a host such as/,
    '10.1': /a host such as/,
    [`${'a'.repeat(64)}.com`]: /a host such as/,
  };
  for (const [host, expected] of Object.entries(table))
    assert.match(checkHostPattern(host) ?? '', expected, host);
});

test('takes no address that software reads in two ways for a host', () => {
  for (const host of [
    '0x7f.1',
    '127.1',
    '010.0.0.1',
    '2130706433',
    'a.0x1',
    '[fe80::1%eth0]',
    '[::1',
    'a b',
    'a/b',
    'a@b',
  ]) {
    assert.equal(isHost(host), false, host);
  }
});
