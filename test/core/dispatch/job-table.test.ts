import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { JobTable } from '../../../core/dispatch/job-table.js';

describe('a job table', () => {
  it('gives each job back once, by a ticket that no other has', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat(20)), { maxLength: 200 }), (steps) => {
        const table = new JobTable<string>();
        const expected = new Map<number, string>();
        let count = 0;
        for (const step of steps) {
          if (step === null) {
            const announced = table.nextTicket;
            const job = `job ${++count}`;
            const ticket = table.add(job);
            assert.equal(ticket, announced);
            assert.ok(ticket >= 1 && !expected.has(ticket));
            expected.set(ticket, job);
          } else {
            assert.equal(table.get(step), expected.get(step));
            assert.equal(table.take(step), expected.get(step));
            expected.delete(step);
          }
          assert.equal(table.size, expected.size);
        }
        assert.deepEqual(new Set(table.takeAll()), new Set(expected.values()));
        assert.equal(table.size, 0);
      }),
    );
  });
});
