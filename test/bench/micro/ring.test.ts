import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BATCHES, ringSubject, withRoundTrips } from '../../../bench/micro/ring.js';
import { findingsOf } from './findings.js';

describe('the bench of the ring', () => {
  it('has a worker on another thread find the jobs that are handed over at once', async () => {
    await withRoundTrips(async (trips) => {
      assert.equal(await trips.trip(16), 16);
      assert.equal(await trips.meanBatch(1, 20), 1);
      const mean = await trips.meanBatch(64, 50);
      assert.ok(mean > 4, `${mean} jobs at once`);
    });
  });

  it('finds CPU and time of a job by batch', async () => {
    const { tables, charts, ratios } = await findingsOf(ringSubject);
    assert.deepEqual(
      tables[0]!.rows.map(({ name }) => name),
      BATCHES.map(String),
    );
    assert.equal(charts[0]!.kind, 'lines');
    assert.deepEqual(
      ratios.map(({ id }) => id),
      BATCHES.slice(1).map((batch) => `micro/ring-${batch}/ring-1`),
    );
  });
});
