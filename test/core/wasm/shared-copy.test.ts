import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { copyInto } from '../../../core/wasm/shared-copy.js';

const ROOM = 100_000;

describe('a copy into shared memory or out of it', () => {
  for (const length of [0, 1, 7, 4095, 4096, 4097, 70_001]) {
    it(`of ${length} bytes touches no others, wherever it begins`, () => {
      for (const [from, to] of [
        [0, 0],
        [8, 16],
        [1, 8],
        [8, 3],
        [5, 5],
      ] as const) {
        const own = Uint8Array.from({ length: ROOM }, (_, index) => index % 251);
        const shared = Buffer.from(new SharedArrayBuffer(ROOM)).fill(0xff);
        copyInto(shared, own.subarray(from, from + length), to);
        const expected = Buffer.alloc(ROOM, 0xff);
        expected.set(own.subarray(from, from + length), to);
        assert.equal(Buffer.compare(shared, expected), 0, `${from} to ${to}`);

        const back = Buffer.alloc(ROOM, 0xee);
        copyInto(back, new Uint8Array(shared.buffer, to, length), from);
        assert.equal(
          Buffer.compare(back.subarray(from, from + length), own.subarray(from, from + length)),
          0,
        );
        assert.ok(back.subarray(0, from).every((byte) => byte === 0xee));
        assert.ok(back.subarray(from + length).every((byte) => byte === 0xee));
      }
    });
  }
});
