// What the patterns of schemas take outside of the heap.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SchemaStore } from '../../../../core/wasm/schemas/schema-store.js';

const ROOM = 4096;
const [ONE, OTHER] = [1, 2];
/** A thousand bytes or more as an automaton, and less than half of the room. */
const patternOf = (letter: string): string => `^${letter}{1,100}$`;
const textOf = (letter: string): string => JSON.stringify({ type: 'string', pattern: patternOf(letter) });
const LETTERS = [...'abcdefgh'];

function newStore(): SchemaStore {
  return new SchemaStore(undefined, undefined, ROOM);
}

/** How many schemas of ever new patterns the filter can have compiled. */
function compiledBy(store: SchemaStore, owner: number): number {
  const refusal =
    /^the pattern "\^[a-h]\{1,100\}\$" at "\/pattern" is refused: its automaton takes \d{4} bytes, and there is room for \d+\./;
  const refused = LETTERS.findIndex((letter) => {
    try {
      store.compile(textOf(letter), owner);
      return false;
    } catch (cause) {
      assert.match((cause as Error).message, refusal);
      return true;
    }
  });
  return refused === -1 ? LETTERS.length : refused;
}

describe('the patterns in the schemas of a filter', () => {
  it('have so much room together, which others do not take, and which is free when the filter is gone', () => {
    const store = newStore();
    const count = compiledBy(store, ONE);
    assert.ok(count >= 2 && count <= 4, `${count} schemas`);
    assert.equal(compiledBy(store, OTHER), count);
    assert.equal(compiledBy(store, ONE), count, 'those that it has are no new ones');
    store.release(ONE);
    store.release(OTHER);
    assert.equal(store.size, 0);
    assert.equal(compiledBy(store, ONE), count);
  });

  it('are counted once in a schema that has one of them twice', () => {
    const names = LETTERS.map((name) => [name, { type: 'string', pattern: patternOf('a') }]);
    const schema = newStore().compile(JSON.stringify({ properties: Object.fromEntries(names) }), ONE);
    assert.equal(schema.check(Buffer.from('{"a":"aaa","b":"b"}')).kind, 'mismatch');
    assert.equal(schema.check(Buffer.from('{"a":"aaa","b":"a"}')).kind, 'valid');
  });
});
