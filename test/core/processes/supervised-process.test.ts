import assert from 'node:assert/strict';
import cluster from 'node:cluster';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Desk, SupervisedProcess } from '../../../core/processes/supervised-process.js';

const RESTING = fileURLToPath(new URL('../../support/resting-process.js', import.meta.url));

describe('SupervisedProcess', () => {
  it('takes no harm from messages that come too late for a process that has ended', async () => {
    cluster.setupPrimary({ exec: RESTING, serialization: 'advanced' });
    // Nothing is asked of it.
    const supervised = new SupervisedProcess({ index: 1, count: 1 }, () => ({}) as Desk);
    const { process: child } = Object.values(cluster.workers!)[0]!;
    process.kill(supervised.pid, 'SIGKILL');
    // Without a turn of the event loop, which would tell that it has ended.
    while (!/^State:\s+Z/m.test(readFileSync(`/proc/${supervised.pid}/status`, 'utf8')));
    // As node:cluster answers who asks for a socket: nobody is told whether it arrived.
    for (let message = 0; message < 3; message++) child.send({ message });
    assert.deepEqual(await supervised.ended, { code: null, signal: 'SIGKILL' });
    assert.equal((await supervised.started).kind, 'ended');
  });
});
