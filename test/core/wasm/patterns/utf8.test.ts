import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { utf8Sequences } from '../../../../core/wasm/patterns/utf8.js';

const BORDERS = [0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xffff, 0x10000, 0xfffff, 0x100000, 0x10ffff];

/** Near the borders of lengths more often than elsewhere. */
const points = fc
  .oneof(
    fc.integer({ min: 0, max: 0x10ffff }),
    fc
      .tuple(fc.constantFrom(...BORDERS), fc.integer({ min: -70, max: 70 }))
      .map(([border, off]) => border + off),
  )
  .filter((point) => point >= 0 && point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff));

function isIn(bytes: Uint8Array, min: number, max: number): number {
  return utf8Sequences(min, max).filter(
    (sequence) =>
      sequence.length === bytes.length &&
      sequence.every((range, place) => bytes[place]! >= range.min && bytes[place]! <= range.max),
  ).length;
}

describe('the byte sequences of a range of characters', () => {
  it('have the bytes of each character in it in exactly one of them, and of no other', () => {
    fc.assert(
      fc.property(points, points, points, (one, other, point) => {
        const [min, max] = one < other ? [one, other] : [other, one];
        // Only ranges that the parser hands on: those without surrogates.
        fc.pre(max < 0xd800 || min > 0xdfff);
        const bytes = Buffer.from(String.fromCodePoint(point));
        assert.equal(isIn(bytes, min, max), point >= min && point <= max ? 1 : 0);
        assert.equal(isIn(Buffer.from(String.fromCodePoint(min)), min, max), 1);
        assert.equal(isIn(Buffer.from(String.fromCodePoint(max)), min, max), 1);
      }),
      { numRuns: 2000 },
    );
  });

  it('are sorted, and have at one place the same ranges or ranges without a common byte', () => {
    fc.assert(
      fc.property(points, points, (one, other) => {
        const sequences = utf8Sequences(Math.min(one, other), Math.max(one, other));
        for (const [index, sequence] of sequences.entries()) {
          const before = sequences[index - 1];
          if (before === undefined) continue;
          const differing = sequence.findIndex((range, place) => range.min !== before[place]?.min);
          assert.ok(sequence[differing]!.min > before[differing]!.max);
        }
      }),
    );
  });
});
