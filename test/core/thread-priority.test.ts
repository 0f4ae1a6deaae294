import assert from 'node:assert/strict';
import { once } from 'node:events';
import { constants, getPriority } from 'node:os';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';

const GIVES_WAY = `
  const { getPriority } = require('node:os');
  const { parentPort, workerData } = require('node:worker_threads');
  import(workerData).then(({ giveWay }) => {
    const before = getPriority(0);
    giveWay();
    parentPort.postMessage([before, getPriority(0)]);
  });
`;

describe('a thread that gives way', {
  skip: process.platform !== 'linux' && 'threads have no priority',
}, () => {
  it('lowers its own priority and that of no other', async () => {
    const own = getPriority(0);
    const workerData = new URL('../../core/thread-priority.js', import.meta.url).href;
    const thread = new Worker(GIVES_WAY, { eval: true, workerData });
    const [[before, after]] = (await once(thread, 'message')) as [[number, number]];
    assert.equal(before, own);
    assert.equal(after, Math.max(before, constants.priority.PRIORITY_BELOW_NORMAL));
    assert.equal(getPriority(0), own);
    await thread.terminate();
  });
});
