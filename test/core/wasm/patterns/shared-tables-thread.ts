// A thread that puts tables of its own, and some that all threads put, in step with the others; see shared-tables.test.ts.
import { workerData } from 'node:worker_threads';
import { SharedTables } from '../../../../core/wasm/patterns/shared-tables.js';

export interface PuttingTask {
  readonly buffer: SharedArrayBuffer;
  readonly threads: number;
  readonly sets: number;
}

/** What is put for a text: as long as it says, and nothing else in it. */
export function tablesFor(name: string, set: number): Buffer {
  return Buffer.alloc(1 + 97 * set, `${name} ${set}`);
}

const task = workerData as (PuttingTask & { readonly index: number; readonly gate: Int32Array }) | null;
if (task !== null) {
  const { buffer, threads, sets, index, gate } = task;
  const shared = new SharedTables(buffer);
  for (let set = 0; set < sets; set += 1) {
    // All threads put at the same time.
    Atomics.add(gate, 0, 1);
    while (Atomics.load(gate, 0) < threads * (set + 1));
    for (const name of [`own ${index}`, 'common']) {
      const tables = tablesFor(name, set);
      const there = shared.put(`${name} ${set}`, tables);
      if (there.buffer !== buffer || !tables.equals(there)) throw new Error(`${name} ${set} is not there`);
    }
  }
}
