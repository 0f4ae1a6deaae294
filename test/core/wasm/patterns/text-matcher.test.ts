import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compileTextMatcher } from '../../../../core/wasm/patterns/text-matcher.js';
import { samples, texts as sampleTexts, unlessTooLarge } from './samples.js';

/** Texts with halves of characters, as JSON may write them. */
const texts = fc
  .array(
    fc.oneof({ weight: 5, arbitrary: sampleTexts }, fc.constantFrom('\ud83d', '\ude00', '\ud800\ud800')),
    {
      maxLength: 4,
    },
  )
  .map((parts) => parts.join(''));

const aheads = fc.array(
  fc.tuple(fc.constantFrom('(?=', '(?!'), samples).map(([open, { pattern }]) => `${open}${pattern})`),
  { minLength: 1, maxLength: 3 },
);

const alternatives = fc.oneof(
  samples.map(({ pattern }) => pattern),
  fc.tuple(aheads, samples).map(([ahead, { pattern }]) => `^${ahead.join('')}(?:${pattern})`),
  fc.tuple(aheads, samples).map(([ahead, { pattern }]) => `${ahead.join('')}^(?:${pattern})`),
);

describe('a pattern that judges texts', () => {
  it('says what the engine of JavaScript says with the flag u', () => {
    fc.assert(
      fc.property(
        fc.array(alternatives, { minLength: 1, maxLength: 2 }),
        fc.array(texts, { minLength: 5, maxLength: 10 }),
        (parts, several) => {
          const pattern = parts.join('|');
          const matcher = unlessTooLarge(() => compileTextMatcher(pattern));
          for (const text of several) {
            // One for each text: V8 compiles those that are used again, and then finds `(?=^|a)^\B` in `K`.
            const own = new RegExp(pattern, 'u').exec(text);
            // V8 finds `\B` within a character of two units, where ECMA-262 does not look (AdvanceStringIndex).
            if (
              own !== null &&
              /[\ud800-\udbff]$/.test(text.slice(0, own.index)) &&
              /^[\udc00-\udfff]/.test(text.slice(own.index))
            )
              continue;
            assert.equal(matcher.test(text), own !== null, `/${pattern}/u of ${JSON.stringify(text)}`);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });

  const found: readonly [pattern: string, yes: readonly string[], no: readonly string[]][] = [
    ['^(?=.*\\d)(?=.*[a-z])(?!.*\\s).{4,}$', ['abc1', '1abc!'], ['abcd', '1234', 'ab1', 'abc 1']],
    ['^(?!admin$)\\w+$', ['administrator', 'me'], ['admin', '']],
    ['^(?!a)|^ab', ['b', 'ab', ''], ['a', 'ac']],
    ['(?=a)^', ['a'], ['ba', '']],
    ['^\\p{L}+$', ['Zoë', '\u{20000}'], ['a1', '\ud800']],
    ['^[^a]$', ['\ud800', '\udfff', '\u{1f600}'], ['\ud800\ud800', 'a']],
    ['^\\ud83d$', ['\ud83d'], ['\u{1f600}', '\ude00']],
    ['', ['', 'a'], []],
    ['$', ['', 'a'], []],
    ['^$', [''], ['a', '\n']],
    ['a\\b', ['a', 'a é'], ['ab']],
  ];
  for (const [pattern, yes, no] of found) {
    it(`finds what it should with ${JSON.stringify(pattern)}`, () => {
      const matcher = unlessTooLarge(() => compileTextMatcher(pattern));
      for (const text of yes) assert.ok(matcher.test(text), JSON.stringify(text));
      for (const text of no) assert.ok(!matcher.test(text), JSON.stringify(text));
    });
  }

  /** A backtracking engine would take longer for each than a machine lasts. */
  const slow: readonly [pattern: string, text: string][] = [
    ['^(a+)+$', `${'a'.repeat(100_000)}!`],
    ['^(a|a)*$', `${'a'.repeat(100_000)}!`],
    ['^(a|aa)+$', `${'a'.repeat(100_000)}!`],
    ['^([a-zA-Z0-9]+\\s?)*$', `${'a'.repeat(100_000)}!`],
    ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a'.repeat(100_000)],
    ['(x+x+)+y', 'x'.repeat(100_000)],
    ['^(?!(a+)+$)b', `${'a'.repeat(100_000)}!`],
    ['\\s+$', `${' '.repeat(1_000_000)}x`],
  ];
  for (const [pattern, text] of slow) {
    it(`comes to an end with ${pattern}`, () => {
      assert.equal(compileTextMatcher(pattern).test(text), false);
    });
  }

  const refused: readonly [pattern: string, message: RegExp][] = [
    ['(a)\\1', /character 4: a back-reference/],
    ['(?<n>a)\\k<n>', /a back-reference/],
    ['a(?=b)', /character 2: looking ahead/],
    ['(?=b)', /character 1: looking ahead/],
    ['^(?=a(?!b))', /looking ahead/],
    ['(?<=a)b', /character 1: looking behind/],
    ['^(?<!a)b', /looking behind/],
    ['(a|b)*a(a|b){20}', /too large/],
    ['^[\\s\\S]{1,60000}$', /too large/],
    ['(', /character/],
  ];
  for (const [pattern, message] of refused) {
    it(`is refused when it is ${pattern}`, () => {
      assert.throws(() => compileTextMatcher(pattern), message);
    });
  }
});
