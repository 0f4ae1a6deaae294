// The short form of test/soak/isolation-soak.test.ts, which looks at memory, too.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runIsolation } from '../support/isolation-run.js';

describe('revisions with a changed filter config, and workers that are ended', () => {
  it('cost no request, leak no worker and leave no exchange behind', async (test) => {
    const outcome = await runIsolation(test, { revisions: 100, kills: 20, warmUp: 50 });
    assert.deepEqual(outcome.failed.slice(0, 3), []);
    assert.ok(outcome.served > 100, `${outcome.served} served`);
    assert.deepEqual([...outcome.loopCodes], ['SLUICE_FILTER_DEADLINE']);
    assert.ok(outcome.restarts >= 20, `${outcome.restarts} restarts`);
    assert.deepEqual([outcome.outstanding, outcome.inFlight], [0, 0]);
    assert.deepEqual([outcome.workers, outcome.spares], [1, 1]);
  });
});
