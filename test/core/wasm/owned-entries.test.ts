import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OwnedEntries } from '../../../core/wasm/owned-entries.js';

describe('what the filters of a thread share', () => {
  it('is as much of one of them as it may have, those of all its instances counted', () => {
    const entries = new OwnedEntries<string>('things', 2);
    const make = (key: string, owner: number): string => entries.take(key, owner, () => `of ${owner}`);
    assert.equal(make('a', 1), 'of 1');
    assert.equal(make('b', 1), 'of 1');
    assert.equal(make('a', 1), 'of 1', 'it has this one');
    const message = /^more than 2 different things of one filter, all its instances together$/;
    assert.throws(() => make('c', 1), { name: 'RangeError', message });
    assert.equal(make('c', 2), 'of 2');
    assert.throws(() => make('c', 1), { message }, 'another one that somebody else has made');
    entries.release(1);
    assert.deepEqual([...entries.keys()], ['c']);
    assert.equal(make('d', 1), 'of 1');
  });

  it('is not counted when it could not be made', () => {
    const entries = new OwnedEntries<string>('things', 1);
    const failing = (): string => {
      throw new Error('cannot be made');
    };
    for (let turn = 0; turn < 3; turn += 1)
      assert.throws(() => entries.take('a', 1, failing), /cannot be made/);
    assert.equal(
      entries.take('a', 1, () => 'made'),
      'made',
    );
  });
});
