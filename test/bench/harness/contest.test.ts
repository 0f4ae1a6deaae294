import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cpuRatio, type Entrant, failures, inTurn, spread, warmUp } from '../../../bench/harness/contest.js';
import type { LoadGenerator, LoadPlan, LoadResult } from '../../../bench/harness/load.js';
import type { Subject } from '../../../bench/harness/processes.js';

const run = (cpuUs: number, more: Partial<LoadResult> = {}): LoadResult => ({
  ...{ requests: 100, failed: 0, perSecond: 10, p50Ms: 1, p99Ms: 2, p999Ms: 3, cpuUs },
  ...more,
});

const PLAN: LoadPlan = {
  request: { method: 'GET', path: '/', headers: {}, body: '' },
  ...{ connections: 1, seconds: 1, pauseMs: 0, isRefused: false },
};

const entrant = (name: string, port: number): Entrant => {
  const subject: Subject = { name, scheme: 'http', port, pids: [], stop: async () => {} };
  return { name, subject, plan: PLAN };
};

/** Answers from a list, and keeps what it was asked. */
class Script implements LoadGenerator {
  readonly name = 'script';
  readonly asked: string[] = [];
  readonly #answers: LoadResult[];

  constructor(answers: LoadResult[]) {
    this.#answers = answers;
  }

  async load({ name }: Subject, { seconds }: LoadPlan): Promise<LoadResult> {
    this.asked.push(`${name} ${seconds}`);
    return this.#answers.shift()!;
  }
}

describe('runs in turn', () => {
  it('lets each begin every other round, and keeps the runs of a round together', async () => {
    const script = new Script([run(10), run(20), run(200), run(100)]);
    const steps: string[] = [];
    const runs = await inTurn(script, [entrant('a', 1), entrant('b', 2)], 2, ({ name }) => steps.push(name));
    assert.deepEqual(script.asked, ['a 1', 'b 1', 'b 1', 'a 1']);
    assert.deepEqual(steps, ['a', 'b', 'b', 'a']);
    // The machine was ten times as slow in the second round.
    assert.deepEqual(cpuRatio(runs[1]!, runs[0]!), { median: 2, least: 2, most: 2 });
    assert.deepEqual(
      spread(runs[0]!, ({ cpuUs }) => cpuUs),
      { median: 55, least: 10, most: 100 },
    );
  });

  it('asks for longer where nothing was served, and gives up in the end', async () => {
    const none = run(Number.NaN, { requests: 0 });
    const script = new Script([none, none, run(1)]);
    assert.equal((await inTurn(script, [entrant('a', 1)], 1, () => {}))[0]!.length, 1);
    assert.deepEqual(script.asked, ['a 1', 'a 2', 'a 4']);
    const never = new Script([none, none, none, none]);
    await assert.rejects(
      inTurn(never, [entrant('a', 1)], 1, () => {}),
      /a served no request/,
    );
  });

  it('adds up what failed', () => {
    assert.equal(failures([run(1, { failed: 2 }), run(1, { failed: 3 })]), 5);
  });

  it('warms up until there were enough requests, or for five times', async () => {
    const script = new Script([run(1), run(1), run(1)]);
    await warmUp(script, entrant('a', 1), { warmUpSeconds: 2, warmUpRequests: 200 });
    assert.deepEqual(script.asked, ['a 2', 'a 2']);
    const slow = new Script(Array.from({ length: 9 }, () => run(1, { requests: 1 })));
    await warmUp(slow, entrant('a', 1), { warmUpSeconds: 1, warmUpRequests: 100 });
    assert.equal(slow.asked.length, 5);
  });
});
