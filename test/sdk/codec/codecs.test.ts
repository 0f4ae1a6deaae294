// The codecs that have one function or two: hex, UTF-8, percent-encoding, comparison in constant time.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { BatchGuest, hexOf, type Input } from '../batch-guest.js';

let guest: BatchGuest;
before(async () => {
  guest = await BatchGuest.build({
    imports: ['equalsConstantTime', 'hexDecode', 'isUtf8', 'percentDecode', 'percentEncode'],
    questions: {
      hexEncode: 'hexEncode(a)',
      hexDecode: 'hexDecode(a)',
      isUtf8: 'isUtf8(a)',
      percentEncode: 'percentEncode(a)',
      percentDecode: 'percentDecode(a)',
      equals: 'equalsConstantTime(a, b)',
    },
  });
});

const single = (all: readonly Input[]): [Input][] => all.map((input) => [input]);
const bytes = fc.uint8Array({ maxLength: 80 });

describe('hex', () => {
  it('writes what Node writes, and reads it in either case', () => {
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 200 }), (all) => {
        const texts = all.map((input) => hexOf(input));
        // The guest shows its answers in hex: those of hexEncode are hex of hex.
        assert.deepEqual(
          guest.ask('hexEncode', single(all)),
          texts.map((text) => hexOf(text)),
        );
        assert.deepEqual(guest.ask('hexDecode', single(texts)), texts);
        assert.deepEqual(guest.ask('hexDecode', single(texts.map((text) => text.toUpperCase()))), texts);
      }),
      { numRuns: 20 },
    );
  });

  it('refuses every byte that is no digit, at each place, and an odd number of them', () => {
    const inputs: Buffer[] = [];
    for (let byte = 0; byte < 256; byte++)
      for (const place of [0, 1, 2, 3]) {
        const text = Buffer.from('00f0');
        text[place] = byte;
        inputs.push(text);
      }
    assert.deepEqual(
      guest.ask('hexDecode', single(inputs)),
      inputs.map((text) => {
        const digits = text.toString('latin1');
        return /^[0-9a-fA-F]{4}$/.test(digits) ? digits.toLowerCase() : null;
      }),
    );
    for (const text of ['0', '000', 'abcde']) assert.equal(guest.askOne('hexDecode', text), null);
    assert.equal(guest.askOne('hexDecode', ''), '');
  });

  it('keeps what is absent absent', () => {
    assert.deepEqual([guest.askOne('hexEncode', null), guest.askOne('hexDecode', null)], [null, null]);
  });
});

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
function isText(input: Uint8Array): boolean {
  try {
    decoder.decode(input);
    return true;
  } catch {
    return false;
  }
}

describe('isUtf8', () => {
  /** Text and pieces of text, cut anywhere, and bytes that look like the edges of what is allowed. */
  const almostText = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }).map((text) => Buffer.from(text, 'utf8')),
    fc
      .tuple(fc.string({ unit: 'binary', maxLength: 40 }), fc.nat(100), fc.nat(100))
      .map(([text, from, to]) => Buffer.from(text, 'utf8').subarray(from, to)),
    fc
      .array(
        fc.constantFrom(
          ...[0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf],
          ...[0xe0, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff],
        ),
        { maxLength: 6 },
      )
      .map((all) => Buffer.from(all)),
    bytes,
  );

  it('agrees with the decoder of Node', () => {
    fc.assert(
      fc.property(fc.array(almostText, { maxLength: 400 }), (all) => {
        assert.deepEqual(guest.ask('isUtf8', single(all)), all.map(isText));
      }),
      { numRuns: 40 },
    );
  });

  it('looks at nothing behind the end, whatever the length', () => {
    // What follows in the memory of the guest are bytes 0xff.
    const inputs = Array.from({ length: 70 }, (_, length) => Buffer.alloc(length, 'x'));
    assert.ok(guest.ask('isUtf8', single(inputs)).every((answer) => answer === true));
  });

  it('finds a bad byte at each place of a block', () => {
    const inputs: Buffer[] = [];
    for (let length = 0; length < 50; length++)
      for (let place = 0; place < length; place++) {
        const text = Buffer.alloc(length, 'x');
        text[place] = 0xff;
        inputs.push(text);
      }
    assert.ok(guest.ask('isUtf8', single(inputs)).every((answer) => answer === false));
  });

  it('agrees about every sequence of two bytes, and of three and four at the edges', () => {
    const edges = [0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0];
    const inputs: Buffer[] = [];
    for (let lead = 0; lead < 256; lead++) {
      for (let next = 0; next < 256; next++) inputs.push(Buffer.from([lead, next]));
      for (const second of edges)
        for (const third of edges) {
          inputs.push(Buffer.from([lead, second, third]));
          for (const fourth of edges) inputs.push(Buffer.from([lead, second, third, fourth]));
        }
    }
    assert.deepEqual(guest.ask('isUtf8', single(inputs)), inputs.map(isText));
  });
});

describe('percentEncode', () => {
  const isPlain = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${hexOf(c).toUpperCase()}`);

  it('writes what encodeURIComponent writes, and the five marks it leaves alone as well', () => {
    const texts = fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 200 });
    fc.assert(
      fc.property(texts, (all) => {
        assert.deepEqual(
          guest.ask('percentEncode', single(all)),
          all.map((text) => hexOf(isPlain(text))),
        );
      }),
      { numRuns: 30 },
    );
  });

  it('leaves the unreserved characters alone and no other byte', () => {
    const inputs = Array.from({ length: 256 }, (_, byte) => Buffer.from([byte]));
    assert.deepEqual(
      guest.ask('percentEncode', single(inputs)),
      inputs.map((input) => {
        const character = input.toString('latin1');
        return hexOf(/[A-Za-z0-9._~-]/.test(character) ? character : `%${hexOf(input).toUpperCase()}`);
      }),
    );
  });

  it('is undone by percentDecode, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 200 }), (all) => {
        const encoded = guest
          .ask('percentEncode', single(all))
          .map((answer) => Buffer.from(answer as string, 'hex'));
        assert.deepEqual(
          guest.ask('percentDecode', single(encoded)),
          all.map((input) => hexOf(input)),
        );
      }),
      { numRuns: 20 },
    );
  });

  it('keeps what is absent absent', () => assert.equal(guest.askOne('percentEncode', null), null));
});

describe('equalsConstantTime', () => {
  it('tells equal bytes from others, whichever bit differs', () => {
    const one = Buffer.from('0123456789abcdef0');
    const pairs: [Input, Input][] = [];
    for (let bit = 0; bit < one.byteLength * 8; bit++) {
      const other = Buffer.from(one);
      other[bit >> 3]! ^= 1 << (bit & 7);
      pairs.push([one, other]);
    }
    assert.ok(guest.ask('equals', pairs).every((answer) => answer === false));
    assert.deepEqual(
      guest.ask('equals', [
        [one, Buffer.from(one)],
        ['', ''],
        ['a', 'ab'],
        ['ab', 'a'],
      ]),
      [true, true, false, false],
    );
  });

  it('takes nothing for the equal of what is absent', () => {
    assert.deepEqual(
      guest.ask('equals', [
        [null, null],
        ['', null],
        [null, ''],
        ['a', null],
      ]),
      [false, false, false, false],
    );
  });
});
