import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RequestIds } from '../../../core/listener/request-ids.js';

describe('RequestIds', () => {
  it('gives unique ids that are safe in a header and a path', () => {
    const ids = new RequestIds();
    const given = Array.from({ length: 10_000 }, () => ids.next());
    assert.equal(new Set(given).size, 10_000);
    for (const id of given) assert.match(id, /^[A-Za-z0-9_-]{22}$/);
  });

  it('shares no prefix between two instances', () => {
    assert.notEqual(new RequestIds().next().slice(0, 14), new RequestIds().next().slice(0, 14));
  });
});
