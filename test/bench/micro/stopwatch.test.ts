import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type Contender, kept, type Pace, timeInTurn } from '../../../bench/micro/stopwatch.js';

const BRIEF: Pace = { rounds: 3, cycles: 2, cycleSeconds: 0.0005, warmUpSeconds: 0.0005 };

describe('the stopwatch', () => {
  it('lets contenders take turns, and gives each a figure for each round', async () => {
    const asked: string[] = [];
    const contender = (name: string, operations: number): Contender => ({
      operations,
      call: () => {
        if (asked.at(-1) !== name) asked.push(name);
        return name;
      },
    });
    const figures = await timeInTurn([contender('a', 1), contender('b', 1)], BRIEF);
    assert.deepEqual(asked, ['a', 'b', 'a', 'b', 'a', 'b'], 'warm-up, then each begins every other round');
    assert.deepEqual(
      figures.map((rounds) => rounds.length),
      [3, 3],
    );
    for (const ns of figures.flat()) assert.ok(ns > 0, `${ns}`);
  });

  it('keeps what a call answers, and counts the operations of a call', async () => {
    let calls = 0;
    const spin = (): number => {
      calls += 1;
      for (let i = 0; i < 1000; i += 1) kept.last = i;
      return calls;
    };
    const [[single], [shared]] = (await timeInTurn(
      [
        { operations: 1, call: spin },
        { operations: 1000, call: spin },
      ],
      { ...BRIEF, rounds: 1 },
    )) as [[number], [number]];
    assert.equal(kept.last, calls);
    assert.ok(shared < single / 10, `${shared} is an operation of a thousand, ${single} is a call`);
  });

  it('takes CPU time, in which waiting is nothing, or the time on the wall', async () => {
    const wait = { operations: 1, isAwaited: true, call: () => delay(5) };
    const [[cpu], [wall]] = (await timeInTurn([wait, { ...wait, isByWall: true }], {
      ...BRIEF,
      rounds: 1,
      cycles: 1,
    })) as [[number], [number]];
    assert.ok(wall >= 4e6, `${wall}`);
    assert.ok(cpu < wall, `${cpu} of ${wall}`);
  });

  it('throws what a contender throws, now or later', async () => {
    const fail = (): never => {
      throw new Error('not today');
    };
    const failing: Contender[] = [
      { operations: 1, call: fail },
      { operations: 1, isAwaited: true, call: fail },
      { operations: 1, isAwaited: true, call: () => Promise.reject(new Error('not today')) },
    ];
    for (const contender of failing) await assert.rejects(timeInTurn([contender], BRIEF), /not today/);
  });
});
