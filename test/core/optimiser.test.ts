import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { withoutOptimiser } from '../../core/optimiser.js';

setFlagsFromString('--allow-natives-syntax');
/** What V8 says of a function, in bits. */
const statusOf = new Function('f', 'return %GetOptimizationStatus(f)') as (of: unknown) => number;
const OPTIMISED = 1 << 4;

type Sum = (numbers: readonly number[]) => number;

let sums = 0;

/** One that has not run yet, and has nothing in common with the others. */
function newSum(): Sum {
  sums += 1;
  return new Function('numbers', `let s = ${sums}; for (const n of numbers) s += n % 7; return s`) as Sum;
}

const numbers = Array.from({ length: 1000 }, (_, index) => index);

/** Runs it often, and lets V8 put in place what was made of it meanwhile. */
async function run(sum: Sum): Promise<void> {
  for (let call = 0; call < 100; call += 1) sum(numbers);
  await nextTurn();
}

/** Runs it until it is optimised; answers how many runs that took. */
async function runUntilOptimised(sum: Sum): Promise<number> {
  for (let runs = 1; ; runs += 1) {
    await run(sum);
    if ((statusOf(sum) & OPTIMISED) !== 0) return runs;
  }
}

describe('work without the optimiser', () => {
  it('has no function optimised, which is made up for afterwards', async () => {
    const usual = await runUntilOptimised(newSum());
    const sum = newSum();
    const answer = await withoutOptimiser(async () => {
      // Of two that rest, the last one ends it.
      await withoutOptimiser(() => run(sum));
      for (let runs = 0; runs < usual * 3; runs += 1) await run(sum);
      return statusOf(sum) & OPTIMISED;
    });
    assert.equal(answer, 0);
    await runUntilOptimised(sum);
  });

  it('ends where it fails', async () => {
    await assert.rejects(
      withoutOptimiser(() => Promise.reject(new Error('no'))),
      /no/,
    );
    await runUntilOptimised(newSum());
  });
});
