// What the host makes of patterns, held against JavaScript's own engine; the guest's side is test/sdk/patterns.test.ts.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { compilePatterns, type PatternText } from '../../../../core/wasm/patterns/compiler.js';
import { PatternError } from '../../../../core/wasm/patterns/syntax.js';
import { comparable, endsByRegExp, type Sample, samples, texts, unlessTooLarge } from './samples.js';
import { endsIn, rowsOf, tablesOf } from './walk.js';

const ROOM = 8_388_608;

function compile(patterns: readonly (string | Partial<PatternText>)[], room = ROOM): Uint8Array {
  const whole = patterns.map((given) => {
    const changes = typeof given === 'string' ? { text: given } : given;
    return { text: '', isLiteral: false, flags: '', anchor: 'none', ...changes } as const;
  });
  return compilePatterns(whole, room);
}

function compileSamples(set: readonly Sample[]): Uint8Array {
  return compile(set.map(({ pattern, flags, anchor }) => ({ text: pattern, flags, anchor })));
}

/** Sorted ends of the matches of one pattern. */
function endsOf(bytes: Uint8Array, pattern: number, text: string | Uint8Array): number[] {
  const ends = endsIn(bytes, Buffer.from(text)).get(pattern) ?? [];
  return [...ends].sort((one, other) => one - other);
}

/** Matches of no bytes are found within characters as well; guests are told the first of all, which is not. */
function betweenCharacters(ends: readonly number[], text: string): number[] {
  const bytes = Buffer.from(text);
  return ends.filter((end) => end === bytes.length || (bytes[end]! & 0xc0) !== 0x80);
}

/** Indexes of the patterns that match. */
function matching(bytes: Uint8Array, text: string | Uint8Array): number[] {
  return [...endsIn(bytes, Buffer.from(text)).keys()].sort((one, other) => one - other);
}

function assertRefused(
  patterns: readonly (string | Partial<PatternText>)[],
  index: number,
  says: RegExp,
): void {
  assert.throws(
    () => compile(patterns),
    (cause) => {
      assert(cause instanceof PatternError, String(cause));
      assert.match(cause.message, says);
      assert.equal(cause.pattern, index);
      return true;
    },
  );
}

describe('a set of patterns', () => {
  it('ends its matches wherever JavaScript could end one', () => {
    fc.assert(
      fc.property(
        fc.array(samples, { minLength: 1, maxLength: 3 }),
        fc.array(texts, { minLength: 1, maxLength: 4 }),
        (set, drawn) => {
          const bytes = unlessTooLarge(() => compileSamples(set));
          for (const text of drawn) {
            for (const [index, sample] of set.entries()) {
              const read = comparable(sample, text);
              const ends = endsOf(bytes, index, read);
              const expected = endsByRegExp(sample, read);
              assert.deepEqual(betweenCharacters(ends, read), expected);
              assert.equal(ends[0], expected[0]);
            }
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('finds the same in bytes that are no UTF-8 as in the UTF-8 before and behind them', () => {
    const damaged = fc.constantFrom([0xff], [0xc3], [0x80], [0xed, 0xa0, 0x80], [0xf0, 0x9f], [0xc0, 0xaf]);
    const words = fc.constantFrom('foo', 'größe', '😀', '', 'x foo');
    fc.assert(
      fc.property(words, damaged, words, (before, bytes, behind) => {
        const text = Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(behind)]);
        const patterns = ['foo', 'größe', '😀', '\\bfoo\\b'];
        const found = matching(compile(patterns), text);
        const expected = patterns.flatMap((pattern, index) => {
          const regex = new RegExp(pattern, 'u');
          return regex.test(before) || regex.test(behind) ? [index] : [];
        });
        assert.deepEqual(found, expected);
      }),
    );
  });

  it('takes no damaged byte for a character', () => {
    const set = compile(['^.*$', '^[^a]*$', '^\\P{L}*$', '.'].map((text) => ({ text, flags: 's' })));
    for (const bytes of [
      [0xff],
      [0xc3],
      [0xe2, 0x82],
      [0xed, 0xa0, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0xc1, 0xbf],
    ])
      assert.deepEqual(matching(set, Buffer.from(bytes)), []);
    assert.deepEqual(matching(set, '\u{10ffff}\ud7ff\ue000\u07fe\u2028\uffff\u{10ffff}'), [0, 1, 2, 3]);
  });

  it('takes every character by its own bytes, at the borders of the lengths of UTF-8', () => {
    for (const point of [0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0x10ffff]) {
      const text = String.fromCodePoint(point);
      const set = compile([
        { text: `\\u{${point.toString(16)}}`, anchor: 'both' },
        { text, isLiteral: true },
      ]);
      assert.deepEqual(matching(set, text), [0, 1], point.toString(16));
      assert.deepEqual(matching(set, 'x'), point === 0x78 ? [0, 1] : []);
    }
  });

  it('takes literals for what they are', () => {
    const literals = ['a.b', '(', '\\d', 'größe', '$', 'he', 'she', 'hers', ''];
    const set = compile(literals.map((text) => ({ text, isLiteral: true })));
    assert.deepEqual(matching(set, 'ushers'), [5, 6, 7, 8]);
    assert.deepEqual(matching(set, 'axb'), [8]);
    assert.deepEqual(matching(set, 'a.b(\\d$größe'), [0, 1, 2, 3, 4, 8]);
    assert.deepEqual(endsOf(set, 5, 'ushers'), [4]);
    const folded = compile([{ text: 'Größe', isLiteral: true, flags: 'i', anchor: 'both' }]);
    assert.deepEqual(matching(folded, 'gRÖSSE'), []);
    assert.deepEqual(matching(folded, 'gRÖßE'), [0]);
  });

  it('keeps the numbers of patterns that are better off in tables of their own', () => {
    const patterns = Array.from({ length: 24 }, (_, index) => `from${index}x.*to${index}y`);
    const set = compile(patterns);
    assert.ok(tablesOf(set).length > 1);
    for (const index of patterns.keys())
      assert.deepEqual(matching(set, `from${index}x ${index} to${index}y from1x`), [index]);
  });

  it('sets those apart that would multiply all others, and leaves the others together', () => {
    const plain = Array.from({ length: 20 }, (_, index) => `\\bword${index}\\s+\\d`);
    const growing = ['begin\\s+[\\w*,]{1,40}\\s+end', 'AKIA[0-9A-Z]{16}'];
    const set = compile(
      [...plain.slice(0, 10), growing[0]!, ...plain.slice(10), growing[1]!].map((text) => ({
        text,
        flags: 'i',
      })),
    );
    assert.equal(tablesOf(set).length, 2);
    assert.deepEqual(matching(set, 'begin a,b end'), [10]);
    assert.deepEqual(matching(set, 'WORD9 7 word10 8 akiaAKIAakiaAKIAakia'), [9, 11, 21]);
  });

  it('is as small as it can be', () => {
    const rows = (...patterns: string[]): number[] => tablesOf(compile(patterns)).map(rowsOf);
    // Begin, the end of the text with a match and without: what else there is are the states of the pattern.
    assert.deepEqual(rows('^(?:a|aa|aaa)*$'), rows('^a*$'));
    assert.deepEqual(rows('^(?:ab|ac|bb|bc)$'), rows('^[ab][bc]$'));
    assert.deepEqual(rows('(a+)+b'), rows('a+b'));
    assert.deepEqual(rows(), []);
  });
});

describe('a pattern is refused', () => {
  it('at its character, for what no automaton can do', () => {
    assertRefused(['a', 'x(?=y)'], 1, /^at character 2: looking ahead is not supported$/);
    assertRefused(['a(?!y)'], 0, /^at character 2: looking ahead/);
    assertRefused(['é😀(?<=y)'], 0, /^at character 3: looking behind/);
    assertRefused(['(?<!y)'], 0, /^at character 1: looking behind/);
    assertRefused(['(a)|b\\1'], 0, /^at character 6: a back-reference is not supported$/);
    assertRefused(['(?<n>a)\\k<n>'], 0, /^at character 8: a back-reference/);
  });

  it('at its character, for what is no pattern', () => {
    assertRefused(['ab(c'], 0, /^at character 5: Unterminated group$/);
    assertRefused(['a', 'b', '[z-a]'], 2, /^at character \d: Range out of order/);
    assertRefused(['a**'], 0, /^at character \d: Nothing to repeat$/);
    assertRefused(['\\-'], 0, /^at character \d: Invalid escape$/);
    assertRefused(['\\p{Nothing}'], 0, /^at character \d+: Invalid property name$/);
    assertRefused(['(?i:a)'], 0, /^at character \d: Invalid group$/);
  });

  it('for a flag that there is not', () => {
    assertRefused(['a', { text: 'a', flags: 'ig' }], 1, /found the flag "g", expected i or s/);
    assertRefused([{ text: 'a', flags: 'm', isLiteral: true }], 0, /found the flag "m"/);
  });

  it('for groups without end, before they fill the stack', () => {
    assertRefused([`${'('.repeat(8_000)}${')'.repeat(8_000)}`], 0, /^at character 201: more than 200 groups/);
    assertRefused([`${'('.repeat(150)}[((((]\\(${'('.repeat(51)}`], 0, /more than 200 groups/);
    assert.ok(compile([`${'('.repeat(200)}a[((]\\(${')'.repeat(200)}`]).byteLength > 0);
    assertRefused(['a'.repeat(16_385)], 0, /more than 16384 characters/);
    assertRefused([{ text: 'a'.repeat(16_385), isLiteral: true }], 0, /more than 16384 characters/);
  });

  it('by its number, when its automaton would grow without measure', () => {
    const small = ['foo', 'ba[rz]', '\\d+x'];
    assertRefused([...small, '(a|b)*a(a|b){20}'], 3, /is too large: .* states/);
    assertRefused(['(a|b)*a(a|b){20}', ...small], 0, /is too large/);
    assertRefused([...small, '((a{1000}){1000}){1000}', ...small], 3, /more than 65536 parts/);
    assertRefused(['a{1000000000}'], 0, /more than 65536 parts/);
    assertRefused(['[^]{0,300}\\p{L}.{300}x'], 0, /is too large/);
    assertRefused(
      Array.from({ length: 10_001 }, () => 'a'),
      -1,
      /10001 patterns, at most 10000/,
    );
  });

  it('by its number, when its table has no room', () => {
    assert.throws(
      () => compile(['a', 'b{100}'], 2000),
      (cause) =>
        cause instanceof PatternError && cause.pattern === 1 && /needs a table of \d+/.test(cause.message),
    );
  });

  it('for nothing that an empty repetition could be', () => {
    const set = compile(['^(?:){1000000000}$', '^(?:(?:){0,1000000000}){2,1000000000}$', '^(?:|a)*$']);
    assert.deepEqual(matching(set, ''), [0, 1, 2]);
    assert.deepEqual(matching(set, 'a'), [2]);
  });
});
