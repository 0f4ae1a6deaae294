import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PatternText } from '../../../core/wasm/pattern-compiler.js';
import { PatternStore } from '../../../core/wasm/pattern-store.js';
import { PatternError } from '../../../core/wasm/pattern-syntax.js';

function patterns(...texts: string[]): PatternText[] {
  return texts.map((text) => ({ text, isLiteral: false, flags: '', anchor: 'none' }));
}

describe('a store of patterns', () => {
  it('compiles the same patterns once, for whoever asks', () => {
    const store = new PatternStore();
    const tables = store.compile(patterns('a+', 'b'), 1);
    assert.equal(store.compile(patterns('a+', 'b'), 2), tables);
    assert.notEqual(store.compile(patterns('b', 'a+'), 1), tables);
    assert.notDeepEqual(
      store.compile([{ text: 'a+', isLiteral: true, flags: '', anchor: 'none' }], 1),
      store.compile(patterns('a+'), 1),
    );
    assert.equal(store.size, 4);
  });

  it('forgets what the last filter that used it has left', () => {
    const store = new PatternStore();
    store.compile(patterns('a'), 1);
    store.compile(patterns('a'), 2);
    store.compile(patterns('b'), 1);
    store.release(1);
    assert.equal(store.size, 1);
    store.release(2);
    store.release(2);
    assert.equal(store.size, 0);
  });

  it('keeps nothing of patterns that it refuses', () => {
    const store = new PatternStore();
    assert.throws(() => store.compile(patterns('('), 1), PatternError);
    assert.equal(store.size, 0);
  });

  it('has room for so much of one filter, and as much again for the next', () => {
    const store = new PatternStore();
    const compile = (owner: number): void => {
      for (let set = 0; set < 200; set += 1) store.compile(patterns(`\\p{L}+${set}`), owner);
    };
    assert.throws(
      () => compile(1),
      (cause) =>
        cause instanceof PatternError && /table of \d+ bytes, there is room for \d+/.test(cause.message),
    );
    const kept = store.size;
    assert.ok(kept > 0);
    store.compile(patterns('a'), 2);
    store.release(1);
    assert.equal(store.size, 1);
  });
});
