import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fitsUrlPath, parseUrlPath, parseUrlPathPattern } from '../../core/url-path.js';

function fits(pattern: string, path: string): boolean {
  const segments = parseUrlPath(path);
  return segments !== null && fitsUrlPath(parseUrlPathPattern(pattern), segments);
}

describe('a path pattern for URLs', () => {
  const fitting: readonly [pattern: string, path: string][] = [
    ['/', '/'],
    ['/in', '/in'],
    ['/in', '/i%6E'],
    ['/caf%C3%A9', '/caf%c3%a9'],
    ['/café', '/caf%C3%A9'],
    ['/in/:id', '/in/42'],
    ['/in/:id/events', '/in/a;b/events'],
    ['/in/*', '/in/'],
    ['/in/*', '/in/a/b'],
    ['/*', '/'],
    ['/a/%FF', '/a/%ff'],
  ];
  for (const [pattern, path] of fitting) {
    it(`${pattern} fits ${path}`, () => assert.equal(fits(pattern, path), true));
  }

  const unfit: readonly [pattern: string, path: string][] = [
    ['/in', '/in/'],
    ['/in', '/IN'],
    ['/in', '/in2'],
    ['/in/:id', '/in/'],
    ['/in/:id', '/in/a/b'],
    ['/in/*', '/in'],
    ['/in/*', '/in/a%2f..%2fb'],
    ['/in/*', '/in/a%5cb'],
    ['/in/*', '/in/%252e%252e/b'],
    ['/in/*', '/in/..;/b'],
    ['/in/*', '/in/.;x'],
    ['/in/*', '/in/%2e%2e'],
    ['/in/*', '/in/%00'],
    ['/in/*', '/in/%0a'],
    ['/in/*', '/in/%zz'],
    ['/in/*', '/in/%4'],
  ];
  for (const [pattern, path] of unfit) {
    it(`${pattern} does not fit ${path}`, () => assert.equal(fits(pattern, path), false));
  }

  const refused: readonly [string, RegExp][] = [
    ['', /begins with/],
    ['in', /begins with/],
    ['/*/in', /stands last/],
    ['/in*', /whole segment/],
    ['/:', /has a name/],
    ['/%zz', /two hex digits/],
    ['/a/../b', /several ways/],
    ['/a%2fb', /several ways/],
  ];
  for (const [pattern, message] of refused) {
    it(`is not ${JSON.stringify(pattern)}`, () => {
      assert.throws(() => parseUrlPathPattern(pattern), { name: 'RangeError', message });
    });
  }
});
