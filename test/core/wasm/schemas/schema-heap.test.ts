// What schemas are taken to take of the heap, however short they are.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SchemaStore } from '../../../../core/wasm/schemas/schema-store.js';

const MOST = 1024;

/** How many schemas of this kind there are in half a megabyte. */
function fitting(text: (index: number) => string, store = new SchemaStore(1 << 19)): number {
  for (let count = 0; count < MOST; count += 1) {
    try {
      store.compile(text(count), 1);
    } catch (cause) {
      assert.match((cause as Error).message, /too large: .* for \d+ beside the schemas of all filters/);
      return count;
    }
  }
  return MOST;
}

describe('short schemas', () => {
  it('are a few where ajv has to compile each, and more where a walk follows them', () => {
    assert.equal(
      fitting((index) => `{"not":{"const":${index}}}`),
      15,
    );
    const plain = (index: number): string => `{"maxLength":${index}}`;
    const count = fitting(plain);
    assert.ok(count > 80 && count < 100, `${count}`);
  });

  it('leave less room once a document had them compiled', () => {
    const store = new SchemaStore(1 << 19);
    for (let index = 0; index < 10; index += 1) {
      const schema = store.compile(`{"type":"object","maxProperties":${index}}`, 1);
      assert.equal(schema.check(Buffer.from('1')).kind, 'mismatch');
    }
    assert.equal(
      fitting((index) => `{"not":{"const":${index}}}`, store),
      5,
    );
  });
});
