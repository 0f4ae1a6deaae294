import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pathRegions } from '../../../../core/cli/reach/path-regions.js';
import { parsePathPattern } from '../../../../core/path-pattern.js';

function regions(...patterns: string[]): string[] {
  return pathRegions(patterns.map(parsePathPattern))
    .map(
      ({ segments, hasRest }) =>
        `/${[...segments.map((one) => one ?? ':'), ...(hasRest ? ['*'] : [])].join('/')}`,
    )
    .sort();
}

describe('the regions of paths', () => {
  const cases: readonly [what: string, patterns: string[], expected: string[]][] = [
    ['of literals are the literals', ['/a', '/a/b', '/'], ['/', '/a', '/a/b']],
    ['of a parameter beside a literal are both', ['/a/:x', '/a/b'], ['/a/:', '/a/b']],
    ['of two parameters are one', ['/a/:x', '/a/:y'], ['/a/:']],
    ['of a wildcard are all that is not told apart', ['/*'], ['/*']],
    ['of a wildcard end where others begin', ['/*', '/a/:x'], ['/*', '/a', '/a/:', '/a/:/*']],
    ['of patterns that cross have the crossing', ['/:x/b', '/a/:y'], ['/:/b', '/a/:', '/a/b']],
    ['keep a slash at the end apart', ['/a', '/a/'], ['/a', '/a/']],
  ];
  for (const [what, patterns, expected] of cases) {
    it(what, () => assert.deepEqual(regions(...patterns), expected.sort()));
  }

  it('are given up when there are too many', () => {
    const crossing = Array.from(
      { length: 18 },
      (_, at) =>
        `/${Array.from({ length: 18 }, (_, index) => (index === at ? 'a' : `:p${index}`)).join('/')}`,
    );
    assert.throws(() => regions(...crossing), /cross each other too often/);
  });
});
