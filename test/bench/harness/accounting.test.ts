import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { type CpuSample, cpuBetween, cpuOf } from '../../../bench/harness/accounting.js';

const sample = (seconds: number, threads: Record<string, number>): CpuSample => ({
  seconds,
  threads: new Map(Object.entries(threads)),
});

describe('the accounting of benches', () => {
  it('adds up what each thread used, those that began in between too', () => {
    assert.equal(cpuBetween(sample(5, { 1: 4e9 }), sample(9, { 1: 6e9, 2: 1.5e9 })), 3.5);
  });

  it('goes by ticks where a thread ended and took its account along, or where there are no accounts', () => {
    assert.equal(cpuBetween(sample(5, { 1: 4e9, 2: 1e9 }), sample(9, { 1: 6e9 })), 4);
    assert.equal(cpuBetween(sample(5, {}), sample(9, {})), 4);
  });

  it('counts the work of a thread to its process', async () => {
    const before = cpuOf([process.pid]);
    const work =
      'let x = 1; for (let i = 0; i < 5e7; i += 1) x = (x * 31) % 65537; require("worker_threads").parentPort.postMessage(x);';
    const worker = new Worker(`${work} setInterval(() => {}, 1000);`, { eval: true });
    await new Promise((resolve) => worker.once('message', resolve));
    const after = cpuOf([process.pid]);
    await worker.terminate();
    const own = [...after.threads].filter(([id]) => !before.threads.has(id));
    assert.ok(after.threads.size === 0 || own.length > 0, 'the worker has an account');
    assert.ok(cpuBetween(before, after) > 0);
  });
});
