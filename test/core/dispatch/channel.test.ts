import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isCalling } from '../../../core/dispatch/channel.js';

describe('the progress of a worker', () => {
  it('tells a call from a pause also after its count has wrapped', () => {
    const at = (sequence: number) => isCalling({ sequence, ticket: 1, filterId: 1, index: 0 });
    assert.equal(at(1), true);
    assert.equal(at(2), false);
    assert.equal(at(0x7fffffff), true);
    assert.equal(at(-0x80000000), false);
    assert.equal(at(-0x7fffffff), true);
    assert.equal(at(-1), true);
  });
});
