import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { CounterTable, createCounterTable } from '../../../../core/wasm/capabilities/counter-table.js';
import { until } from '../../../support/gateway.js';
import type { Counted, ThreadTask } from './counter-table-thread.js';

const THREAD = new URL('./counter-table-thread.js', import.meta.url);

function key(text: string): Uint8Array {
  return Buffer.from(text);
}

function newGate(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4));
}

/** Runs threads side by side to their end; answers what each of them counted. */
function runThreads(count: number, task: ThreadTask): Promise<Counted[][]> {
  const gate = newGate();
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const worker = new Worker(THREAD, { workerData: { ...task, index, gate } });
      // Both from the start: the end may come in the same turn as the message.
      const [[counted], [code]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')]);
      assert.equal(code, 0);
      return counted as Counted[];
    }),
  );
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
    for (let i = 0; i < 3; i += 1) counters.add(key('a'), 1000, 0x7fffffff);
    assert.equal(counters.add(key('a'), 1000, 1)?.current, 0xffffffff);
    assert.equal(counters.add(key('a'), 1000, -1)?.current, 0xffffffff - 1);
  });

  it('goes on counting in the window of a thread whose clock is behind', () => {
    const buffer = createCounterTable(1024);
    const start = Date.UTC(2026, 0, 1);
    const behind = new CounterTable(buffer, () => start + 1999);
    const ahead = new CounterTable(buffer, () => start + 2000);
    behind.add(key('a'), 1000, 7);
    ahead.add(key('a'), 1000, 3);
    assert.equal(behind.add(key('a'), 1000, 1)?.current, 8);
    assert.deepEqual(ahead.add(key('a'), 1000, 0), { current: 3, previous: 8, elapsedMs: 0 });
  });

  it('tells keys apart by each of their bytes, whatever they are', () => {
    const { table: counters } = table();
    const long = 'k'.repeat(1024);
    const keys = ['', '\0', '\0\0', 'a', 'a\0', '\0a', long, `${long.slice(1)}l`, `${long}k`];
    for (const [index, text] of keys.entries()) counters.add(key(text), 1000, index + 1);
    for (const [index, text] of keys.entries())
      assert.equal(counters.add(key(text), 1000, 0)?.current, index + 1);
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
      return Array.from({ length: 1024 }, (_, slot) => (words[slot * 2] === 0n ? '' : slot)).join('');
    };
    assert.notEqual(order(), order());
  });
});

describe('counters of several threads', () => {
  it('lose and invent nothing when all begin with the same new keys', async () => {
    const buffer = createCounterTable(65_536);
    const keys = 20_000;
    await runThreads(2, { buffer, keys, adds: keys, windowMs: 0, clocksMs: [0, 0], roundMs: 0 });
    const counters = new CounterTable(buffer);
    for (let i = 0; i < keys; i += 1) assert.equal(counters.add(key(`key ${i}`), 0, 0)?.current, 2);
  });

  it('number the adds of each window without a gap while slots go from window to window', async () => {
    // One thread is a window behind the other all the time; each slot is used again hundreds of times.
    const rounds = 2000;
    const keys = 4;
    const counted = await runThreads(2, {
      buffer: createCounterTable(64),
      keys,
      adds: rounds * keys,
      windowMs: 1000,
      clocksMs: [0, -1000],
      roundMs: 1000,
    });
    const seen = new Map<string, number[]>();
    for (const { name, current } of counted.flat()) seen.set(name, [...(seen.get(name) ?? []), current]);
    assert.equal(seen.size, (rounds + 1) * keys);
    for (const [name, counts] of seen) {
      const expected = counts.map((_, index) => index + 1);
      assert.deepEqual(counts.sort(), expected, name);
    }
  });

  it('go on when a thread is ended in the middle of adding', async () => {
    const buffer = createCounterTable(64);
    const counters = new CounterTable(buffer);
    const endless = {
      buffer,
      keys: 40,
      adds: Number.POSITIVE_INFINITY,
      windowMs: 0,
      clocksMs: [0],
      roundMs: 0,
    };
    for (let round = 1; round <= 20; round += 1) {
      const before = counters.add(key('key 0'), 0, 0)!.current;
      const worker = new Worker(THREAD, { workerData: { ...endless, index: 0, gate: newGate() } });
      await until(() => counters.add(key('key 0'), 0, 0)!.current > before);
      await worker.terminate();
      assert.equal(counters.add(key('own'), 0, 1)?.current, round);
      const stopped = counters.add(key('key 0'), 0, 0)!.current;
      assert.equal(counters.add(key('key 0'), 0, 1)?.current, stopped + 1);
    }
  });
});
