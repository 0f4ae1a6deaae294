import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { KeyLayout } from '../../../core/etcd/key-layout.js';
import type { StoredEntry } from '../../../core/etcd/key-value-store.js';
import { type Entries, ReportedState } from '../../../core/etcd/reported-state.js';

const keys = new KeyLayout('fleet');

function entry(key: string, text: string, modRevision: bigint): StoredEntry {
  return { key, value: Buffer.from(text), modRevision };
}

/** A channel that points to a release, by a pointer of this revision, and a secret beside it. */
function entries(release: string, revision: bigint, secret = 'sealed'): Entries {
  const pointer = { release, earlier: [], flippedAt: '2026-01-01T00:00:00.000Z', flippedBy: 'test' };
  const all = [
    entry(keys.channel('stable'), JSON.stringify(pointer), revision),
    entry(`${keys.secrets}token`, secret, 1n),
  ];
  return new Map(all.map((each) => [each.key, each]));
}

describe('what was reported last', () => {
  let reported: ReportedState;
  beforeEach(() => {
    reported = new ReportedState(keys, 'stable');
  });

  it('is nothing at first', () => {
    assert.deepEqual([reported.release, reported.pointer, reported.isFailure], [null, 0n, false]);
    assert.equal(reported.has(entries('a', 1n)), false);
  });

  it('is told again where release or secrets are others, not where the same release is pointed to again', () => {
    reported.note(entries('a', 1n), false);
    assert.deepEqual([reported.release, reported.pointer], ['a', 1n]);
    assert.equal(reported.has(entries('a', 1n)), true);
    assert.equal(reported.has(entries('a', 2n)), true);
    assert.equal(reported.has(entries('b', 2n)), false);
    assert.equal(reported.has(entries('a', 1n, 'another')), false);
  });

  it('is told again where it failed, or was left, and somebody points to it again', () => {
    reported.note(entries('a', 1n), true);
    assert.equal(reported.has(entries('a', 1n)), true);
    assert.equal(reported.has(entries('a', 2n)), false);
    reported.note(entries('a', 3n), false);
    reported.fail();
    assert.equal(reported.isFailure, true);
    assert.equal(reported.has(entries('a', 4n)), false);
  });

  it('may be that the channel points to nothing', () => {
    reported.note(new Map(), true);
    assert.deepEqual([reported.release, reported.pointer], [null, 0n]);
    assert.equal(reported.has(new Map()), true);
  });
});
