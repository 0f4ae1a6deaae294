import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PatternGuests, patternsSubject, searchByRegExp } from '../../../bench/micro/patterns.js';
import { findingsOf } from './findings.js';

describe('the bench of patterns', () => {
  it('counts the same matches by a guest and by RegExp', async () => {
    const guests = await PatternGuests.build();
    const patterns = ['drop\\s+table', 'select\\s', 'never'];
    const text = 'SELECT a; Drop  Table b; drop table c';
    assert.equal(guests.search(patterns, text).count(), 2);
    assert.equal(searchByRegExp(patterns, text).count(), 2);
  });

  it('finds the scan next to RegExp, and a catastrophic pattern next to a harmless one', async () => {
    const { ratios } = await findingsOf(patternsSubject);
    assert.deepEqual(
      ratios.map(({ id }) => id),
      ['micro/patterns/regexp', 'micro/catastrophic-pattern/harmless-pattern'],
    );
  });
});
