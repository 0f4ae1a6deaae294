import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Listing, StoredEntry } from '../../../core/etcd/key-value-store.js';
import { StoreCopy } from '../../../core/etcd/store-copy.js';

/** As the store reads a key that is no text. */
const NO_TEXT = Buffer.from([0xff]).toString();

function entry(key: string, modRevision: bigint): StoredEntry {
  return { key, value: Buffer.from(key), modRevision };
}

function listing(...entries: StoredEntry[]): Listing {
  return { clusterId: '1', revision: 9n, entries };
}

describe('StoreCopy', () => {
  it('misses what no event has told', () => {
    const copy = new StoreCopy(listing(entry('a', 1n), entry('b', 2n)));
    assert.equal(copy.missedBy(listing(entry('a', 1n), entry('b', 2n))), null);
    assert.equal(copy.missedBy(listing(entry('a', 1n), entry('b', 3n))), 'b');
    assert.equal(copy.missedBy(listing(entry('b', 2n))), 'a');
  });

  it('misses nothing where two keys that are no text look the same', () => {
    for (const revisions of [
      [1n, 2n],
      [2n, 1n],
    ]) {
      const entries = revisions.map((revision) => entry(NO_TEXT, revision));
      assert.equal(new StoreCopy(listing(...entries)).missedBy(listing(...entries)), null);
    }
  });
});
