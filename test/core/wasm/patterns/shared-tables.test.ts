import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import {
  createSharedTables,
  MOST_SETS,
  MOST_TABLE_BYTES,
  SharedTables,
} from '../../../../core/wasm/patterns/shared-tables.js';
import { type PuttingTask, tablesFor } from './shared-tables-thread.js';

const THREAD = new URL('./shared-tables-thread.js', import.meta.url);

describe('tables that threads share', () => {
  it('are found by the text they were put for, in whatever thread', () => {
    const buffer = createSharedTables();
    const first = new SharedTables(buffer);
    assert.equal(first.find('a'), null);
    const there = first.put('a', Buffer.from('tables of a'));
    first.put('none', new Uint8Array(0));
    assert.equal(Buffer.from(there).toString(), 'tables of a');
    assert.equal(there.buffer, buffer);
    assert.deepEqual(first.put('a', Buffer.from('again')), there);
    const second = new SharedTables(buffer);
    assert.deepEqual(second.find('a'), there);
    assert.equal(second.find('none')?.byteLength, 0);
    assert.equal(second.find('b'), null);
  });

  it('take no more memory than they need', () => {
    const buffer = createSharedTables();
    const empty = buffer.byteLength;
    new SharedTables(buffer).put('a', new Uint8Array(1000));
    assert.ok(buffer.byteLength <= empty + 1000);
    assert.equal(buffer.maxByteLength, empty + MOST_TABLE_BYTES);
  });

  it('stay with who made them when there is no room left', () => {
    const shared = new SharedTables(createSharedTables());
    shared.put('large', new Uint8Array(MOST_TABLE_BYTES - 10));
    const tables = Buffer.from('eleven byte');
    assert.equal(shared.put('a', tables), tables);
    assert.equal(shared.find('a'), null);
    assert.notEqual(shared.put('b', Buffer.from('ten bytes!')), null);
    assert.ok(shared.find('b') !== null && shared.find('large') !== null);
  });

  it('are so many sets at most', () => {
    const shared = new SharedTables(createSharedTables());
    for (let set = 0; set <= MOST_SETS; set += 1) shared.put(`set ${set}`, Buffer.from([set & 0xff]));
    assert.deepEqual([...shared.find(`set ${MOST_SETS - 1}`)!], [MOST_SETS - 1]);
    assert.equal(shared.find(`set ${MOST_SETS}`), null);
  });

  it('are not in the way of others when the thread that put them was ended midway', () => {
    const buffer = createSharedTables();
    const shared = new SharedTables(buffer);
    shared.put('whole', Buffer.from('whole'));
    shared.put('half', Buffer.from('half'));
    // As a thread leaves it that has taken the second set and not said that it stands.
    Atomics.store(new Int32Array(buffer, 8, MOST_SETS), 1, 1);
    assert.equal(shared.find('half'), null);
    assert.equal(Buffer.from(shared.put('half', Buffer.from('again'))).toString(), 'again');
    assert.equal(Buffer.from(shared.find('half')!).toString(), 'again');
    assert.equal(Buffer.from(shared.find('whole')!).toString(), 'whole');
  });

  it('all stand when threads put them at the same time', async () => {
    const task: PuttingTask = { buffer: createSharedTables(), threads: 3, sets: 40 };
    const gate = new Int32Array(new SharedArrayBuffer(4));
    await Promise.all(
      Array.from({ length: task.threads }, async (_, index) => {
        const worker = new Worker(THREAD, { workerData: { ...task, index, gate } });
        const [code] = await once(worker, 'exit');
        assert.equal(code, 0);
      }),
    );
    const shared = new SharedTables(task.buffer);
    for (const name of ['own 0', 'own 1', 'own 2', 'common'])
      for (let set = 0; set < task.sets; set += 1)
        assert.ok(tablesFor(name, set).equals(shared.find(`${name} ${set}`)!), `${name} ${set}`);
  });
});
