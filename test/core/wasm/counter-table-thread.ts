// A thread that adds to the counters `key 0`, `key 1`, … in turns; see counter-table.test.ts.
import { workerData } from 'node:worker_threads';
import { CounterTable } from '../../../core/wasm/counter-table.js';

const { buffer, adds, keys } = workerData as { buffer: SharedArrayBuffer; adds: number; keys: number };
const counters = new CounterTable(buffer);
for (let i = 0; i < adds; i += 1) counters.add(Buffer.from(`key ${i % keys}`), 0, 1);
