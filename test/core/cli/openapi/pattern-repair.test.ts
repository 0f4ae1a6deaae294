import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { repairPattern } from '../../../../core/cli/openapi/pattern-repair.js';

describe('a pattern of a specification', () => {
  const cases: readonly [pattern: string, repaired: string | null][] = [
    ['^[a-z]+$', '^[a-z]+$'],
    ['\\p{L}+', '\\p{L}+'],
    ['a\\/b\\-c', 'a\\/b-c'],
    ['^\\_\\@\\#$', '^_@#$'],
    ['[\\w\\-\\.]\\@', '[\\w\\-\\.]@'],
    ['^[\\w-.]+$', '^[\\w\\-.]+$'],
    ['^[.-\\w]+$', '^[.\\-\\w]+$'],
    ['\\\\\\:', '\\\\:'],
    // Other engines.
    ['(?i)abc', null],
    ['\\Aabc\\z', null],
    ['[', null],
    ['a{1,', null],
    // What no automaton judges.
    ['^(a)\\1$', null],
    ['a(?!b)c', null],
    ['(a|b)*a(a|b){20}', null],
    ['^(?=.*\\d)(?!.*\\s).{8,}$', '^(?=.*\\d)(?!.*\\s).{8,}$'],
    ['^(a+)+$', '^(a+)+$'],
  ];
  for (const [pattern, repaired] of cases) {
    it(`${JSON.stringify(pattern)} ${repaired === null ? 'is not taken' : `becomes ${JSON.stringify(repaired)}`}`, () => {
      assert.equal(repairPattern(pattern), repaired);
    });
  }

  it('matches after the repair what it matched before', () => {
    const texts = ['', 'a', '_@#', 'a.b', 'a-b', '.-', 'a/b-c', '\\:', 'w.@'];
    for (const [pattern, repaired] of cases) {
      if (repaired === null) continue;
      // Without the mode `\p` is a letter.
      if (pattern.includes('\\p')) continue;
      for (const text of texts)
        assert.equal(
          new RegExp(repaired, 'u').test(text),
          new RegExp(pattern).test(text),
          `${pattern} on ${text}`,
        );
    }
  });
});
