import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { BatchGuest, type Input } from './batch-guest.js';

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const QUOTED = '"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t\\x20-\\x7e\\x80-\\xff])*"';
/** RFC 9110 §8.3.1 and §5.6.6, with spaces around the whole. */
const MEDIA_TYPE = new RegExp(
  `^[ \\t]*${TOKEN}/${TOKEN}[ \\t]*(?:;[ \\t]*(?:${TOKEN}=(?:${TOKEN}|${QUOTED}))?[ \\t]*)*$`,
);

let guest: BatchGuest;
before(async () => {
  guest = await BatchGuest.build({
    imports: ['Accept', 'isMediaType', 'MediaParameters', 'mediaParameter', 'mediaType'],
    functions: `function walk(value: Bytes): Bytes {
        const out = new JsonWriter().beginArray();
        const parameters = new MediaParameters(value);
        while (parameters.next()) out.textBytes(parameters.name).textBytes(parameters.value);
        return out.bool(parameters.isValid).endArray().bytes;
      }
      function ranges(value: Bytes): Bytes {
        const out = new JsonWriter().beginArray();
        const accept = new Accept(value);
        while (accept.next()) out.textBytes(accept.range).integer(accept.weight).bool(accept.hasParameters);
        return out.endArray().bytes;
      }`,
    questions: {
      type: 'mediaType(a)',
      charset: "mediaParameter(a, 'charset')",
      isMediaType: 'isMediaType(a)',
      walk: 'walk(a)',
      ranges: 'ranges(a)',
      weight: 'new Accept(a).weightOf(b.toString())',
    },
  });
});

function told(question: string, value: Input): unknown {
  return JSON.parse(Buffer.from(guest.askOne(question, value) as string, 'hex').toString());
}

describe('mediaParameter', () => {
  const rows: readonly (readonly [value: string, charset: string | null])[] = [
    ['text/html; charset=utf-8', 'utf-8'],
    ['text/html;CHARSET="utf-8"', 'utf-8'],
    ['text/html; a="x;charset=wrong"; charset=right', 'right'],
    ['text/html; a="\\";charset=wrong"; charset=right', 'right'],
    ['text/html; charset="a\\"b\\\\c"', 'a"b\\c'],
    ['text/html; charset=""', ''],
    ['text/html; charset=first; charset=second', 'first'],
    ['text/html; charset = utf-8', 'utf-8'],
    ['text/html; xcharset=no', null],
    ['text/html; charset', null],
    ['text/html; a=b"c; charset=kept', 'kept'],
    ['text/html; charset="not closed', '"not closed'],
    ['text/html; a="not closed; charset=inside', null],
    ['text/html; charset="\\"', '"\\"'],
    ['text/html', null],
    ['', null],
  ];
  for (const [value, charset] of rows) {
    it(`finds ${JSON.stringify(charset)} in ${value}`, () => {
      const found = guest.askOne('charset', value) as string | null;
      assert.equal(found === null ? null : Buffer.from(found, 'hex').toString(), charset);
    });
  }
});

describe('MediaParameters', () => {
  it('shows all parameters, and whether all were well-formed', () => {
    assert.deepEqual(told('walk', 'a/b; X=1;; y="2;3" ; z'), ['X', '1', 'y', '2;3', false]);
    assert.deepEqual(told('walk', 'a/b; X=1;; y="2;3" ;'), ['X', '1', 'y', '2;3', true]);
    assert.deepEqual(told('walk', 'form-data; name="f"; filename="a\\"b.txt"'), [
      'name',
      'f',
      'filename',
      'a"b.txt',
      true,
    ]);
    assert.deepEqual(told('walk', 'a/b; =x'), [false]);
    assert.deepEqual(told('walk', null), [true]);
  });
});

describe('isMediaType', () => {
  it('wants quotes that close, and no control character between them', () => {
    for (const value of [
      'a/b; c="\\"',
      'a/b; c="',
      'a/b; c="\x01"',
      'a/b; c="\\\x7f"',
      'a/b; c="x"y',
      'a/b; c=""d',
    ])
      assert.equal(guest.askOne('isMediaType', value), false, value);
    for (const value of ['a/b; c="\\""', 'a/b; c="\t;é"', 'a/b;c=""'])
      assert.equal(guest.askOne('isMediaType', value), true, value);
  });

  it('agrees with the grammar of RFC 9110', () => {
    const piece = fc.constantFrom(
      ...[
        'a/b',
        ';',
        ' ',
        '\t',
        'a',
        '=',
        '"',
        '\\',
        'x=1',
        ';q=1',
        ';n="',
        '"',
        '/',
        ',',
        '\x7f',
        '\xff',
        '\0',
      ],
    );
    const values = fc
      .array(piece, { maxLength: 10 })
      .map((all) => Buffer.from(`a/b${all.join('')}`, 'latin1'));
    const anything = fc.array(piece, { maxLength: 6 }).map((all) => Buffer.from(all.join(''), 'latin1'));
    fc.assert(
      fc.property(fc.array(fc.oneof(values, anything), { maxLength: 400 }), (all) => {
        const answers = guest.ask(
          'isMediaType',
          all.map((value) => [value] as const),
        );
        all.forEach((value, index) => {
          const text = value.toString('latin1');
          assert.equal(answers[index], MEDIA_TYPE.test(text), JSON.stringify(text));
        });
      }),
      { numRuns: 60 },
    );
  });
});

describe('Accept', () => {
  it('shows ranges with their weights and skips what is none', () => {
    assert.deepEqual(told('ranges', 'audio/*; q=0.2, Audio/Basic'), [
      'audio/*',
      200,
      false,
      'audio/basic',
      1000,
      false,
    ]);
    assert.deepEqual(told('ranges', 'text/*;level=1;q=0.5;ext=1, */*;q=0'), [
      'text/*',
      500,
      true,
      '*/*',
      0,
      false,
    ]);
    assert.deepEqual(told('ranges', ', text, a/b;q=2, a/b;q=0.1234, a/b;q=-1, a/b;q=, c/d;q=1.000 ,'), [
      'c/d',
      1000,
      false,
    ]);
    assert.deepEqual(told('ranges', 'a/b;x=",";q=0.3,c/d'), ['a/b', 300, true, 'c/d', 1000, false]);
    assert.deepEqual(told('ranges', 'a/b;q=1.001, a/b;q=0.001, a/b;q=0., a/b;q=.5, a/b;q=10'), [
      'a/b',
      1,
      false,
      'a/b',
      0,
      false,
    ]);
  });

  const rows: readonly (readonly [accept: string | null, type: string, weight: number])[] = [
    [null, 'text/html', 1000],
    ['', 'text/html', 0],
    ['*/*', 'text/html', 1000],
    ['text/*;q=0.3, text/html;q=0.7, */*;q=0.5', 'text/html', 700],
    ['text/*;q=0.3, text/html;q=0.7, */*;q=0.5', 'text/plain', 300],
    ['text/*;q=0.3, text/html;q=0.7, */*;q=0.5', 'image/jpeg', 500],
    ['*/*, text/html;q=0', 'text/html', 0],
    ['text/html;level=1, text/*;q=0.1', 'text/html', 100],
    ['TEXT/HTML', 'text/html', 1000],
    ['text/htm', 'text/html', 0],
    ['t/*', 'text/html', 0],
    ['text/html;q=0.4, text/html;q=0.9', 'text/html', 400],
  ];
  for (const [accept, type, weight] of rows) {
    it(`gives ${type} the weight ${weight} for ${accept ?? 'no field'}`, () =>
      assert.equal(guest.askOne('weight', accept, type), weight));
  }
});

describe('media types', () => {
  it('never trap, whatever the bytes', () => {
    const bytes = fc.array(fc.constantFrom(...Buffer.from('a/b;q=.01*," \\\t'), 0, 0x80, 0xff), {
      maxLength: 24,
    });
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 200 }), (all) => {
        const inputs = all.map((one) => [Buffer.from(one), 'a/b'] as const);
        for (const question of ['type', 'charset', 'isMediaType', 'walk', 'ranges', 'weight'])
          guest.ask(question, inputs);
      }),
      { numRuns: 40 },
    );
  });
});
