import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ChunkPool, copyOf, PIECE_BYTES, WaitingBytes } from '../../core/chunk-pool.js';

const full = (size: number, byte: number): Uint8Array => new Uint8Array(size).fill(byte);

describe('the pool of chunks', () => {
  it('hands out a piece again once it was given back, and never to two', () => {
    const pool = new ChunkPool();
    const [first, second] = [pool.take(), pool.take()];
    assert.notEqual(first.buffer, second.buffer);
    assert.equal(first.byteLength, PIECE_BYTES);
    pool.give(first);
    assert.equal(pool.take(), first);
    assert.notEqual(pool.take(), second);
  });

  it('keeps no more than 4 MiB for those who come', () => {
    const pool = new ChunkPool();
    const pieces = new Set(Array.from({ length: 200 }, () => pool.take()));
    for (const piece of pieces) pool.give(piece);
    const again = Array.from({ length: 200 }, () => pool.take());
    assert.equal(again.filter((piece) => pieces.has(piece)).length * PIECE_BYTES, 4 * 1024 * 1024);
  });

  it('copies bytes that wait, of any size', () => {
    for (const size of [0, 1, 30_000, PIECE_BYTES, PIECE_BYTES + 1]) {
      const bytes = full(size, 1);
      const waiting = new WaitingBytes(bytes);
      const other = new WaitingBytes(full(size, 2));
      bytes.fill(9);
      assert.deepEqual(Buffer.from(waiting.bytes), Buffer.alloc(size, 1));
      const kept = waiting.keep();
      other.release();
      const next = new WaitingBytes(full(size, 3));
      assert.deepEqual(Buffer.from(kept), Buffer.alloc(size, 1));
      next.release();
    }
  });

  it('notices who gives memory back twice', () => {
    const waiting = new WaitingBytes(full(30_000, 1));
    waiting.release();
    assert.throws(() => waiting.release(), /given back once/);
    assert.throws(() => waiting.keep(), /given back once/);
  });

  it('makes copies that share nothing with their original', () => {
    const bytes = full(100, 1);
    const copy = copyOf(bytes);
    bytes.fill(2);
    assert.deepEqual(Buffer.from(copy), Buffer.alloc(100, 1));
  });
});
