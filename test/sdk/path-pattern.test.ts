import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { fitsUrlPath, parseUrlPath, parseUrlPathPattern } from '../../core/url-path.js';
import { BatchGuest } from './batch-guest.js';

type Reading = 'tolerant' | 'strict';

let guest: BatchGuest;
before(async () => {
  guest = await BatchGuest.build({
    imports: ['PathPattern', 'PathReading', 'PathSegments'],
    functions: `
      function fits(text: Bytes, given: Bytes, reading: PathReading): bool {
        const pattern = PathPattern.parse(text, reading);
        const path = PathSegments.parse(given, reading);
        return pattern != null && path != null && pattern.fits(path);
      }
      function segments(given: Bytes, reading: PathReading): Bytes {
        const path = PathSegments.parse(given, reading);
        if (path == null) return ABSENT;
        const out = new JsonWriter().beginArray();
        for (let i = 0; i < path.size; i++) out.textBytes(hexEncode(path.at(i)));
        return out.endArray().bytes;
      }
      function problem(text: Bytes, reading: PathReading): Bytes {
        return PathPattern.parse(text, reading) == null ? Bytes.from(PathPattern.problem) : ABSENT;
      }`,
    questions: {
      'fits tolerant': 'fits(a, b, PathReading.Tolerant)',
      'fits strict': 'fits(a, b, PathReading.Strict)',
      'segments tolerant': 'segments(a, PathReading.Tolerant)',
      'segments strict': 'segments(a, PathReading.Strict)',
      'problem tolerant': 'problem(a, PathReading.Tolerant)',
      'problem strict': 'problem(a, PathReading.Strict)',
    },
  });
});

function text(answer: unknown): string | null {
  return answer === null ? null : Buffer.from(answer as string, 'hex').toString();
}

/** Decoded segments as strings of bytes, null for a path that is refused. */
function segmentsOf(reading: Reading, paths: readonly string[]): (string[] | null)[] {
  return guest
    .ask(
      `segments ${reading}`,
      paths.map((path) => [path]),
    )
    .map((answer) => {
      const list = text(answer);
      if (list === null) return null;
      return (JSON.parse(list) as string[]).map((hex) => Buffer.from(hex, 'hex').toString('latin1'));
    });
}

describe('PathSegments', () => {
  const rows: readonly (readonly [path: string, tolerant: boolean, strict: boolean])[] = [
    ['/', true, true],
    ['/files/a.txt', true, true],
    ['/files/..a/b../...', true, true],
    ['/caf%C3%A9/%20/%FF', true, true],
    ['/100%25', true, true],
    ['/a;b=c/d', true, true],
    ['/a%2fb', true, false],
    ['/a%5Cb', true, false],
    ['/%2541', true, false],
    ['/%25253D', true, false],
    ['/100%25%2525', true, false],
    ['/a/../b', false, false],
    ['/a/%2e%2E/b', false, false],
    ['/a/./b', false, false],
    ['/a/..;/b', false, false],
    ['/a/..;x=y/b', false, false],
    ['/a/x;..', false, false],
    ['/a/..%2f', false, false],
    ['/a%5c..%5cb', false, false],
    ['/a/%00', false, false],
    ['/a/b%0d%0ac', false, false],
    ['/a/%7f', false, false],
    ['/a/%c0%ae%c0%ae/b', false, false],
    ['/a/%c1%9cb', false, false],
    ['/a/%252e%252e/b', false, false],
    ['/a/%252E', false, false],
    ['/a/.%252e/b', false, false],
    ['/a/%25252e%25252e/b', false, false],
    ['/a/%2525252e%2525252e/b', false, false],
    ['/a/%252525252e/b', false, false],
    ['/a/%2525252525252541', false, false],
    ['/a/b%252fc', false, false],
    ['/a/b%255cc', false, false],
    ['/a/b%2500', false, false],
    ['/a/%25c0%25ae', false, false],
    ['/a/..%253bx/b', false, false],
    ['/a/%25%32%65%25%32%65/b', false, false],
    ['/a/%25u002e%25u002e/b', false, false],
    ['/a/%25U2215', false, false],
    ['/a/%u002e', false, false],
    ['/a/%zz', false, false],
    ['/a/%4', false, false],
  ];
  for (const reading of ['tolerant', 'strict'] as const) {
    it(`takes and refuses what a ${reading} reading says`, () => {
      const answers = segmentsOf(
        reading,
        rows.map(([path]) => path),
      );
      for (const [index, [path, tolerant, strict]] of rows.entries()) {
        assert.equal(answers[index] !== null, reading === 'strict' ? strict : tolerant, path);
      }
    });
  }

  it('has the decoded segments, an empty one behind a last slash', () => {
    assert.deepEqual(segmentsOf('tolerant', ['/', '/a', '/a//b%2fc/', '']), [
      [''],
      ['a'],
      ['a', '', 'b/c', ''],
      [],
    ]);
  });

  const piece = fc.constantFrom(
    '.',
    '%',
    '2',
    '5',
    'e',
    'E',
    'f',
    '/',
    '\\',
    ';',
    'c',
    '0',
    'a',
    'u',
    '%25',
    '%2e',
    '00',
  );
  const paths = fc.array(
    fc.array(piece, { minLength: 1, maxLength: 14 }).map((all) => `/${all.join('')}`),
    { minLength: 100, maxLength: 100 },
  );

  it('takes no path that becomes dots, slashes or control characters however often it is decoded', () => {
    fc.assert(
      fc.property(paths, (batch) => {
        for (const [index, answer] of segmentsOf('tolerant', batch).entries()) {
          for (const segment of answer ?? []) {
            const levels = decodings(segment);
            for (const [level, read] of levels.entries()) {
              assert.ok(!/[\0-\x1f\x7f\xc0\xc1]/.test(read), batch[index]);
              if (level > 0) assert.ok(!/[/\\]/.test(read), batch[index]);
              assert.ok(!read.split(/[/\\;]/).some((part) => part === '.' || part === '..'), batch[index]);
            }
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it('reads strictly as the gateway does beside the format sluice-url', () => {
    fc.assert(
      fc.property(paths, (batch) => {
        const expected = batch.map((path) => parseUrlPath(path)?.slice() ?? null);
        assert.deepEqual(segmentsOf('strict', batch), expected);
      }),
      { numRuns: 50 },
    );
  });
});

/** A segment, and what a reader makes of it who decodes it again and again, leaving alone what is no escape. */
function decodings(segment: string): string[] {
  const levels = [segment];
  for (;;) {
    const last = levels.at(-1)!;
    const next = last.replace(/%([0-9a-f]{2})/gi, (_, digits: string) =>
      String.fromCharCode(Number.parseInt(digits, 16)),
    );
    if (next === last) return levels;
    levels.push(next);
  }
}

describe('PathPattern', () => {
  const rows: readonly (readonly [pattern: string, path: string, fits: boolean])[] = [
    ['/', '/', true],
    ['/', '/a', false],
    ['/users/:id', '/users/42', true],
    ['/users/:id', '/users/%C3%A9', true],
    ['/users/:id', '/users/', false],
    ['/users/:id', '/users/42/', false],
    ['/users/:id', '/users/42/x', false],
    ['/users', '/Users', false],
    ['/user%73', '/%75sers', true],
    ['/café', '/caf%c3%a9', true],
    ['/files/*', '/files/', true],
    ['/files/*', '/files/a/b', true],
    ['/files/*', '/files', false],
    ['/*', '/', true],
    ['/a/:b/c/*', '/a/1/c/2', true],
    ['/a/:b/c/*', '/a/1/d/2', false],
    ['/a/%3Aid', '/a/:id', true],
    ['/a/b/', '/a/b', false],
  ];
  it('fits whole paths, segment by segment', () => {
    for (const reading of ['tolerant', 'strict'] as const) {
      const answers = guest.ask(
        `fits ${reading}`,
        rows.map(([pattern, path]) => [pattern, path]),
      );
      assert.deepEqual(
        answers,
        rows.map(([, , fits]) => fits),
        reading,
      );
    }
    for (const [pattern, path, fits] of rows) {
      assert.equal(
        fitsUrlPath(parseUrlPathPattern(pattern), parseUrlPath(path)!),
        fits,
        `${pattern} ${path}`,
      );
    }
  });

  it('takes a literal with an encoded slash where the reading does', () => {
    assert.equal(guest.askOne('fits tolerant', '/a%2fb', '/a%2Fb'), true);
    assert.match(text(guest.askOne('problem strict', '/a%2fb'))!, /several ways/);
  });

  const refused: readonly (readonly [string, RegExp])[] = [
    ['', /begins with/],
    ['a', /begins with/],
    ['/*/a', /stands last/],
    ['/a*', /whole segment/],
    ['/:', /has a name/],
    ['/%zz', /two hex digits/],
    ['/a/../b', /dot segments/],
    ['/a/%252e', /several ways/],
    ['/a%00', /several ways/],
  ];
  it('says why a text is none', () => {
    for (const reading of ['tolerant', 'strict'] as const) {
      for (const [pattern, message] of refused) {
        assert.match(
          text(guest.askOne(`problem ${reading}`, pattern)) ?? '',
          message,
          `${reading} ${pattern}`,
        );
      }
    }
  });
});
