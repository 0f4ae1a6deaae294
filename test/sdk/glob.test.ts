import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { BatchGuest } from './batch-guest.js';

/** What a pattern means, said a second time: a regular expression for each segment, null for `**`. */
function segmentsOf(pattern: string): (RegExp | null)[] {
  return pattern
    .split('/')
    .map((segment) => (segment === '**' ? null : new RegExp(`^${source(segment)}$`, 'su')));
}

function source(segment: string): string {
  return segment.replace(
    /\\(.)|\[([!^]?)((?:\\.|[^\]\\])+)\]|([*?])|(.)/gsu,
    (_, escaped, not, set, mark, plain) => {
      if (set !== undefined) return `[${not === '' ? '' : '^'}${set.replace(/\\?([^\\])/gsu, inSet)}]`;
      if (mark !== undefined) return mark === '*' ? '.*' : '.';
      return literal(escaped ?? plain);
    },
  );
}

/** A member of a set; a dash keeps its meaning between two others. */
function inSet(whole: string, character: string): string {
  return whole === '-' ? '-' : literal(character);
}

function literal(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`;
}

function expected(segments: readonly (RegExp | null)[], path: readonly string[]): boolean {
  const [first, ...rest] = segments;
  if (first === undefined) return path.length === 0;
  if (first === null) {
    for (let i = 0; i <= path.length; i++) if (expected(rest, path.slice(i))) return true;
    return false;
  }
  return path.length > 0 && first.test(path[0]!) && expected(rest, path.slice(1));
}

const element = fc.constantFrom(
  'a',
  'b',
  '?',
  '*',
  'é',
  '[ab]',
  '[!a]',
  '[^b-z]',
  '[a-cé]',
  '\\*',
  '\\[',
  '.',
  '[*]',
);
const segment = fc.oneof(
  { weight: 1, arbitrary: fc.constant('**') },
  {
    weight: 3,
    arbitrary: fc
      .array(element, { maxLength: 5 })
      .map((all) => all.join(''))
      .filter((text) => !text.includes('**')),
  },
);
const patterns = fc.array(segment, { minLength: 1, maxLength: 5 }).map((all) => all.join('/'));
const paths = fc
  .array(fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'é', '*', '[', '.', '😀'), maxLength: 4 }), {
    minLength: 1,
    maxLength: 6,
  })
  .map((all) => all.join('/'));

describe('Glob', () => {
  let guest: BatchGuest;
  before(async () => {
    guest = await BatchGuest.build({
      imports: ['Glob'],
      functions: `function matches(pattern: Bytes, path: Bytes): i32 {
        const glob = Glob.compile(pattern);
        return glob == null ? -1 : glob.matches(path) ? 1 : 0;
      }`,
      questions: { matches: 'matches(a, b)' },
    });
  });

  const rows: readonly (readonly [pattern: string, path: string, answer: boolean])[] = [
    ['/users/*', '/users/42', true],
    ['/users/*', '/users/', true],
    ['/users/*', '/users', false],
    ['/users/*', '/users/42/posts', false],
    ['/users/**', '/users', true],
    ['/users/**', '/users/', true],
    ['/users/**', '/users/42/posts', true],
    ['/users/**', '/usersx', false],
    ['/**/posts', '/posts', true],
    ['/**/posts', '/users/42/posts', true],
    ['/**/posts', '/users/posts/42', false],
    ['**', '', true],
    ['**', '/a/b', true],
    ['', '', true],
    ['', '/', false],
    ['/a/**/b/**/c', '/a/x/b/y/b/c', true],
    ['/a/**/b/*/c', '/a/b/b/x/c', true],
    ['*[!é]b', 'éb', false],
    ['*.jpg', 'cat.jpg', true],
    ['*.jpg', '.jpg', true],
    ['*.jpg', 'cats/cat.jpg', false],
    ['v?', 'v1', true],
    ['v?', 'v', false],
    ['v?', 'v/', false],
    ['v?', 'vé', true],
    ['v??', 'vé', false],
    ['[a-c]x', 'bx', true],
    ['[!a-c]x', 'bx', false],
    ['[^a-c]x', 'dx', true],
    ['[!a]', '/', false],
    ['[\\]a]', ']', true],
    ['[a-]', '-', true],
    ['[à-é]', 'ç', true],
    ['[😀-😂]', '😁', true],
    ['[+-9]', '/', false],
    ['\\*', '*', true],
    ['\\*', 'a', false],
    ['A', 'a', false],
    ['a*b*c', 'aXbXbXc', true],
    ['a*b*c', 'aXbXbX', false],
  ];
  for (const [pattern, path, answer] of rows) {
    it(`says ${answer} for ${pattern} and ${JSON.stringify(path)}`, () =>
      assert.equal(guest.askOne('matches', pattern, path), answer ? 1 : 0));
  }

  it('refuses what it could only guess at', () => {
    const bad = [
      'a**',
      '**a',
      '/***',
      '/a/**b/c',
      '[',
      '[]',
      '[!]',
      '[]a]',
      '[a',
      '[a/b]',
      '[!/]',
      '[c-a]',
      '[a-\\',
      '\\',
      'a\\/b',
    ];
    for (const pattern of [...bad, Buffer.from([0x61, 0xff]), null])
      assert.equal(guest.askOne('matches', pattern, 'a'), -1, String(pattern));
  });

  it('fits no path that is absent', () => assert.equal(guest.askOne('matches', '**', null), 0));

  it('takes a byte that is no UTF-8 for a character of its own', () => {
    const path = Buffer.from([0x61, 0xff, 0x62]);
    for (const pattern of ['a?b', 'a*b', 'a[!x]b', '*'])
      assert.equal(guest.askOne('matches', pattern, path), 1);
    for (const pattern of ['a[à-😀]b', 'a??b', 'ab']) assert.equal(guest.askOne('matches', pattern, path), 0);
  });

  it('agrees with regular expressions of each segment', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(patterns, paths), { maxLength: 300 }), (all) => {
        assert.deepEqual(
          guest.ask('matches', all),
          all.map(([pattern, path]) => (expected(segmentsOf(pattern), path.split('/')) ? 1 : 0)),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('never traps, whatever the bytes', () => {
    const bytes = fc.array(fc.constantFrom(...Buffer.from('a/*?[]!^-\\'), 0x80, 0xc3, 0xff), {
      maxLength: 12,
    });
    const pairs = fc.array(fc.tuple(bytes, bytes), { maxLength: 300 });
    fc.assert(
      fc.property(pairs, (all) => {
        guest.ask(
          'matches',
          all.map(([a, b]) => [Buffer.from(a), Buffer.from(b)]),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('takes patterns that make others try for ever', () => {
    const many = 'a'.repeat(20_000);
    assert.equal(guest.askOne('matches', `${'*a'.repeat(20)}b`, many), 0);
    assert.equal(guest.askOne('matches', `${'**/a/'.repeat(20)}b`, 'a/'.repeat(10_000)), 0);
    assert.equal(guest.askOne('matches', `**/${'*a'.repeat(20)}b/x`, `${many}/`.repeat(4)), 0);
  });
});
