import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { CounterTable, createCounterTable, MOST_COUNT } from '../../../core/wasm/counter-table.js';
import { until } from '../../support/gateway.js';

const THREAD = new URL('./counter-table-thread.js', import.meta.url);

function key(text: string): Uint8Array {
  return Buffer.from(text);
}

/** A table whose time the test sets. */
function table(slots = 1024): { table: CounterTable; at: (ms: number) => void } {
  let nowMs = Date.UTC(2026, 0, 1);
  const start = nowMs;
  const counters = new CounterTable(createCounterTable(slots), () => nowMs);
  return {
    table: counters,
    at: (ms) => {
      nowMs = start + ms;
    },
  };
}

describe('a counter', () => {
  it('counts by key', () => {
    const { table: counters } = table();
    assert.equal(counters.add(key('a'), 1000, 1)?.current, 1);
    assert.equal(counters.add(key('a'), 1000, 2)?.current, 3);
    assert.equal(counters.add(key('b'), 1000, 1)?.current, 1);
    assert.equal(counters.add(key('a'), 500, 1)?.current, 1, 'another window is another counter');
  });

  it('begins anew with each window and remembers the one before', () => {
    const { table: counters, at } = table();
    counters.add(key('a'), 1000, 5);
    at(1250);
    assert.deepEqual(counters.add(key('a'), 1000, 1), { current: 1, previous: 5, elapsedMs: 250 });
    at(1999);
    assert.deepEqual(counters.add(key('a'), 1000, 0), { current: 1, previous: 5, elapsedMs: 999 });
    at(2000);
    assert.deepEqual(counters.add(key('a'), 1000, 0), { current: 0, previous: 1, elapsedMs: 0 });
    at(4000);
    assert.deepEqual(counters.add(key('a'), 1000, 1), { current: 1, previous: 0, elapsedMs: 0 });
  });

  it('without a window never begins anew', () => {
    const { table: counters, at } = table();
    counters.add(key('a'), 0, 3_000_000);
    at(10 * 365 * 86_400_000);
    assert.equal(counters.add(key('a'), 0, 1_000_000)?.current, 4_000_000);
    assert.equal(counters.add(key('a'), 0, 0x7fffffff)?.current, 4_000_000 + 0x7fffffff);
    assert.equal(counters.add(key('a'), 0, 0x7fffffff)?.current, 0xffffffff);
  });

  it('never falls below 0 and stops at the most it can hold', () => {
    const { table: counters } = table();
    assert.equal(counters.add(key('a'), 1000, -5)?.current, 0);
    assert.equal(counters.add(key('a'), 1000, 0x7fffffff)?.current, MOST_COUNT);
    assert.equal(counters.add(key('a'), 1000, 1)?.current, MOST_COUNT);
    assert.equal(counters.add(key('a'), 1000, -1)?.current, MOST_COUNT - 1);
  });

  it('that is only read takes no room', () => {
    const { table: counters } = table(16);
    for (let i = 0; i < 1000; i += 1) {
      assert.deepEqual(counters.add(key(`read ${i}`), 1000, 0), { current: 0, previous: 0, elapsedMs: 0 });
    }
    assert.equal(counters.add(key('a'), 1000, 1)?.current, 1);
  });

  it('finds no room in a table full of counters that live, and takes that of expired ones', () => {
    const { table: counters, at } = table(64);
    let taken = 0;
    while (counters.add(key(`k${taken}`), 1000, 1) !== null) taken += 1;
    assert.ok(taken >= 32 && taken <= 64, `${taken} keys`);
    for (let i = 0; i < taken; i += 1) assert.equal(counters.add(key(`k${i}`), 1000, 0)?.current, 1);
    at(3001);
    for (let i = 0; i < 32; i += 1) assert.equal(counters.add(key(`new ${i}`), 1000, 1)?.current, 1);
  });

  it('has its own seed, so that keys fall into other slots in each process', () => {
    const lost = (): string => {
      const { table: counters } = table(16);
      const refused: number[] = [];
      for (let i = 0; i < 64; i += 1) if (counters.add(key(`k${i}`), 1000, 1) === null) refused.push(i);
      return refused.join();
    };
    assert.equal(lost(), lost(), 'a full table of 16 refuses all that come later, whatever the seed');
    const order = (): string => {
      const buffer = createCounterTable(1024);
      const counters = new CounterTable(buffer);
      for (let i = 0; i < 8; i += 1) counters.add(key(`k${i}`), 1000, 1);
      const words = new BigInt64Array(buffer, 32);
      return Array.from({ length: 1024 }, (_, slot) => (words[slot * 4] === 0n ? '' : slot)).join('');
    };
    assert.notEqual(order(), order());
  });
});

describe('counters of several threads', () => {
  it('lose and invent nothing', async () => {
    const buffer = createCounterTable(1024);
    const adds = 30_000;
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        const worker = new Worker(THREAD, { workerData: { buffer, adds, keys: 7 } });
        const [code] = (await once(worker, 'exit')) as [number];
        assert.equal(code, 0);
      }),
    );
    const counters = new CounterTable(buffer);
    let sum = 0;
    for (let i = 0; i < 7; i += 1) sum += counters.add(key(`key ${i}`), 0, 0)!.current;
    assert.equal(sum, 4 * adds);
  });

  it('go on when a thread is ended in the middle of adding', async () => {
    const buffer = createCounterTable(64);
    const counters = new CounterTable(buffer);
    for (let round = 1; round <= 20; round += 1) {
      const worker = new Worker(THREAD, { workerData: { buffer, adds: Number.POSITIVE_INFINITY, keys: 40 } });
      const before = counters.add(key('key 0'), 0, 0)!.current;
      await until(() => counters.add(key('key 0'), 0, 0)!.current > before);
      await worker.terminate();
      const { current } = counters.add(key('own'), 0, 1)!;
      assert.equal(current, round);
      const stopped = counters.add(key('key 0'), 0, 0)!.current;
      assert.equal(counters.add(key('key 0'), 0, 1)!.current, stopped + 1);
    }
  });
});
