import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { BatchGuest, hexOf, type Input } from '../batch-guest.js';

const QUESTIONS = {
  encode: 'base64Encode(a)',
  encodeUrl: 'base64UrlEncode(a)',
  encodeUrlPadded: 'base64UrlEncode(a, true)',
  decode: 'base64Decode(a)',
  decodeUnpadded: 'base64Decode(a, Padding.Forbidden)',
  decodeEither: 'base64Decode(a, Padding.Optional)',
  decodeUrl: 'base64UrlDecode(a)',
  decodeUrlPadded: 'base64UrlDecode(a, Padding.Required)',
  decodeUrlEither: 'base64UrlDecode(a, Padding.Optional)',
};
type Question = keyof typeof QUESTIONS;

/** What a strict decoder says: only what the encoder would have written. */
function strict(
  text: string,
  encoding: 'base64' | 'base64url',
  padding: 'all' | 'none' | 'either',
): string | null {
  const bytes = Buffer.from(text, encoding);
  const padded = bytes
    .toString('base64')
    .replace(/[+/]/g, (c) => (encoding === 'base64' ? c : c === '+' ? '-' : '_'));
  const bare = padded.replace(/=+$/, '');
  const accepted = { all: [padded], none: [bare], either: [padded, bare] }[padding];
  return accepted.includes(text) ? bytes.toString('hex') : null;
}

const DECODERS: readonly (readonly [Question, 'base64' | 'base64url', 'all' | 'none' | 'either'])[] = [
  ['decode', 'base64', 'all'],
  ['decodeUnpadded', 'base64', 'none'],
  ['decodeEither', 'base64', 'either'],
  ['decodeUrl', 'base64url', 'none'],
  ['decodeUrlPadded', 'base64url', 'all'],
  ['decodeUrlEither', 'base64url', 'either'],
];

/** Texts that are base64, nearly base64, or far from it. */
const texts = fc.oneof(
  fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes).toString('base64')),
  fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
  fc.string({ unit: fc.constantFrom(...'AQgwBZaz09+/-_='), maxLength: 12 }),
  fc.string({ unit: fc.constantFrom(...'AB=\n \0\xff\u20ac,.@[`{:'), maxLength: 8 }),
);

describe('base64', () => {
  let guest: BatchGuest;
  before(async () => {
    guest = await BatchGuest.build({
      imports: ['base64Decode', 'base64Encode', 'base64UrlDecode', 'base64UrlEncode', 'Padding'],
      questions: QUESTIONS,
    });
  });

  it('writes the test vectors of RFC 4648 and reads them', () => {
    for (const [plain, encoded] of [
      ['', ''],
      ['f', 'Zg=='],
      ['fo', 'Zm8='],
      ['foo', 'Zm9v'],
      ['foob', 'Zm9vYg=='],
      ['fooba', 'Zm9vYmE='],
      ['foobar', 'Zm9vYmFy'],
    ] as const) {
      assert.equal(guest.askOne('encode', plain), hexOf(encoded));
      assert.equal(guest.askOne('decode', encoded), hexOf(plain));
    }
  });

  it('writes what Node writes', () => {
    const inputs = fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 200 });
    fc.assert(
      fc.property(inputs, (all) => {
        const pairs = all.map((bytes) => [bytes] as const);
        const expected = (encoding: BufferEncoding) =>
          all.map((bytes) => hexOf(Buffer.from(bytes).toString(encoding)));
        assert.deepEqual(guest.ask('encode', pairs), expected('base64'));
        assert.deepEqual(guest.ask('encodeUrl', pairs), expected('base64url'));
        assert.deepEqual(
          guest.ask('encodeUrlPadded', pairs),
          all.map((bytes) =>
            hexOf(Buffer.from(bytes).toString('base64').replaceAll('+', '-').replaceAll('/', '_')),
          ),
        );
      }),
      { numRuns: 20 },
    );
  });

  it('reads exactly what an encoder writes, under each rule of padding', () => {
    fc.assert(
      fc.property(fc.array(texts, { maxLength: 300 }), (all) => {
        for (const [question, encoding, padding] of DECODERS) {
          assert.deepEqual(
            guest.ask(
              question,
              all.map((text) => [text] as const),
            ),
            all.map((text) => strict(text, encoding, padding)),
            question,
          );
        }
      }),
      { numRuns: 40 },
    );
  });

  it('refuses every byte that is none of its characters, at each place', () => {
    const inputs: [Input][] = [];
    for (let byte = 0; byte < 256; byte++) {
      for (let place = 0; place < 7; place++) {
        const text = Buffer.from('AAAAAAA=');
        text[place] = byte;
        inputs.push([text]);
      }
    }
    for (const question of ['decode', 'decodeUrlPadded'] as const) {
      const encoding = question === 'decode' ? 'base64' : 'base64url';
      assert.deepEqual(
        guest.ask(question, inputs),
        inputs.map(([text]) => strict((text as Buffer).toString('latin1'), encoding, 'all')),
      );
    }
  });

  it('refuses bits behind the last byte that are not zero', () => {
    for (const text of ['Zh==', 'Zm9=', 'Zm9vYh==', 'Zm9vYmF='])
      assert.equal(guest.askOne('decode', text), null);
    for (const text of ['Zh', 'Zm9', 'Zm9vYh', 'Zm9vYmF'])
      assert.equal(guest.askOne('decodeUrl', text), null);
  });

  it('refuses padding that is too short, too long, or in the midst', () => {
    for (const text of [
      '=',
      '==',
      '===',
      '====',
      'Zg=',
      'Zg===',
      'Zm8==',
      'Zm9v=',
      'Zm9v====',
      'Z=g=',
      '=Zg=',
      'Zg==Zg==',
      'Z',
    ])
      assert.deepEqual(
        [text, guest.askOne('decode', text), guest.askOne('decodeEither', text)],
        [text, null, null],
      );
  });

  it('keeps what is absent absent', () => {
    for (const question of Object.keys(QUESTIONS)) assert.equal(guest.askOne(question, null), null);
  });
});
