import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PatternText } from '../../../../core/wasm/patterns/compiler.js';
import { createSharedTables, SharedTables } from '../../../../core/wasm/patterns/shared-tables.js';
import { PatternStore } from '../../../../core/wasm/patterns/store.js';
import { PatternError } from '../../../../core/wasm/patterns/syntax.js';

function patterns(...texts: string[]): PatternText[] {
  return texts.map((text) => ({ text, isLiteral: false, flags: '', anchor: 'none' }));
}

function newShared(): SharedTables {
  return new SharedTables(createSharedTables());
}

describe('a store of patterns', () => {
  it('compiles the same patterns once, for whoever asks', () => {
    const store = new PatternStore();
    const shared = newShared();
    const tables = store.compile(patterns('a+', 'b'), 1, shared);
    assert.deepEqual(store.compile(patterns('a+', 'b'), 1, shared), tables);
    assert.equal(store.size, 1);
    assert.notDeepEqual(store.compile(patterns('b', 'a+'), 1, shared), tables);
    assert.notDeepEqual(
      store.compile([{ text: 'a+', isLiteral: true, flags: '', anchor: 'none' }], 1, shared),
      store.compile(patterns('a+'), 1, shared),
    );
    assert.equal(store.size, 4);
  });

  it('compiles nothing that another thread has compiled for the filter', () => {
    const shared = newShared();
    const made = Buffer.from('what the other thread made');
    shared.put(JSON.stringify(patterns('a')), made);
    assert.ok(made.equals(new PatternStore().compile(patterns('a'), 1, shared)));
  });

  it('compiles nothing for one filter that it has compiled for another, and shares it there too', () => {
    const store = new PatternStore();
    const [first, second] = [newShared(), newShared()];
    const made = Buffer.from('what was made for the first');
    first.put(JSON.stringify(patterns('a')), made);
    store.compile(patterns('a'), 1, first);
    store.compile(patterns('a'), 2, second);
    store.release(1);
    assert.ok(made.equals(new PatternStore().compile(patterns('a'), 2, second)));
  });

  it('has an end to the different sets of one filter, whichever of its instances asks for them', () => {
    const store = new PatternStore();
    const shared = newShared();
    for (let set = 0; set < 256; set += 1) store.compile(patterns(`a${set}`), 1, shared);
    store.compile(patterns('a7'), 1, shared);
    const message = /^more than 256 different sets of patterns of one filter/;
    assert.throws(() => store.compile(patterns('b'), 1, shared), { name: 'RangeError', message });
    store.compile(patterns('b'), 2, newShared());
    assert.equal(store.size, 257);
  });

  it('forgets what the last filter that used it has left', () => {
    const store = new PatternStore();
    const [first, second] = [newShared(), newShared()];
    store.compile(patterns('a'), 1, first);
    store.compile(patterns('a'), 2, second);
    store.compile(patterns('b'), 1, first);
    store.release(1);
    assert.equal(store.size, 1);
    store.release(2);
    store.release(2);
    assert.equal(store.size, 0);
  });

  it('keeps nothing of patterns that it refuses', () => {
    const store = new PatternStore();
    assert.throws(() => store.compile(patterns('('), 1, newShared()), PatternError);
    assert.equal(store.size, 0);
  });

  it('has room for so much of one filter, and as much again for the next', () => {
    const store = new PatternStore();
    const compile = (owner: number): void => {
      const shared = newShared();
      for (let set = 0; set < 200; set += 1) store.compile(patterns(`\\p{L}+${set}`), owner, shared);
    };
    assert.throws(
      () => compile(1),
      (cause) =>
        cause instanceof PatternError && /table of \d+ bytes, there is room for \d+/.test(cause.message),
    );
    const kept = store.size;
    assert.ok(kept > 0);
    store.compile(patterns('a'), 2, newShared());
    store.release(1);
    assert.equal(store.size, 1);
  });
});
