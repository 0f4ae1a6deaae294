// The full length of test/e2e/isolation.test.ts.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runIsolation } from '../support/isolation-run.js';

describe('10,000 revisions with a changed filter config, and 1,000 workers that are ended', () => {
  it('grow resident memory by no more than 10 %, leak no worker and leave no exchange behind', async (test) => {
    const { residentMb, threads, ...outcome } = await runIsolation(test, {
      revisions: 10_000,
      kills: 1_000,
      warmUp: 1_000,
    });
    test.diagnostic(
      `${outcome.served} requests, ${outcome.failed.length} failed; ${outcome.restarts} workers replaced; resident MiB ` +
        `after 1,000 revisions ${residentMb[0].toFixed(0)}, at the end ${residentMb[1].toFixed(0)}; ` +
        `threads ${threads[0]} and ${threads[1]}`,
    );
    assert.deepEqual(outcome.failed.slice(0, 3), []);
    assert.deepEqual([...outcome.loopCodes], ['SLUICE_FILTER_DEADLINE']);
    assert.ok(outcome.restarts >= 1_000, `${outcome.restarts} restarts`);
    assert.deepEqual([outcome.outstanding, outcome.inFlight], [0, 0]);
    assert.deepEqual([outcome.workers, outcome.spares], [1, 1]);
    assert.ok(threads[1] <= threads[0] + 1, `${threads[1]} threads at the end, ${threads[0]} before`);
    assert.ok(
      residentMb[1] < residentMb[0] * 1.1,
      `${residentMb[1]} MiB at the end, ${residentMb[0]} before`,
    );
  });
});
