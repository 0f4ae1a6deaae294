import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RefPool } from '../../core/ref-pool.js';

function newPool(): { pool: RefPool<string>; disposed: string[] } {
  const disposed: string[] = [];
  return { pool: new RefPool((value) => disposed.push(value)), disposed };
}

describe('a pool of references', () => {
  it('has nothing until something is added', () => {
    const { pool } = newPool();
    assert.equal(pool.acquire('a'), undefined);
    assert.deepEqual(pool.values(), []);
    pool.add('a', 'one');
    assert.equal(pool.acquire('a'), 'one');
    assert.deepEqual(pool.values(), ['one']);
    assert.deepEqual([pool.has('a'), pool.has('b')], [true, false]);
  });

  it('disposes a value once, when the last reference is given back', () => {
    const { pool, disposed } = newPool();
    pool.add('a', 'one');
    pool.acquire('a');
    pool.acquire('a');
    pool.release('a');
    pool.release('a');
    assert.deepEqual(disposed, []);
    pool.release('a');
    assert.deepEqual(disposed, ['one']);
    pool.release('a');
    assert.deepEqual(disposed, ['one']);
  });

  it('forgets a value before it disposes it, so that its key is free at once', () => {
    const pool: RefPool<string> = new RefPool((value) => {
      assert.equal(pool.acquire('a'), undefined);
      if (value === 'one') pool.add('a', 'two');
    });
    pool.add('a', 'one');
    pool.release('a');
    assert.deepEqual(pool.values(), ['two']);
  });

  it('keeps keys apart', () => {
    const { pool, disposed } = newPool();
    pool.add('a', 'one');
    pool.add('b', 'two');
    pool.release('a');
    assert.deepEqual(disposed, ['one']);
    assert.equal(pool.acquire('b'), 'two');
  });

  it('refuses a second value under a key that is taken', () => {
    const { pool, disposed } = newPool();
    pool.add('a', 'one');
    assert.throws(() => pool.add('a', 'two'), /a is in the pool already/);
    pool.release('a');
    assert.deepEqual(disposed, ['one']);
  });
});
