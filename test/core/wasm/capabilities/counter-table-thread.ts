// A thread that adds to the counters `key 0`, `key 1`, … in turns, in step with the other threads; see
// counter-table.test.ts.
import { parentPort, workerData } from 'node:worker_threads';
import { CounterTable } from '../../../../core/wasm/capabilities/counter-table.js';

/** What all threads of one test do. */
export interface ThreadTask {
  readonly buffer: SharedArrayBuffer;
  readonly keys: number;
  readonly adds: number;
  readonly windowMs: number;
  /** By thread: how far its clock is from that of the test. */
  readonly clocksMs: readonly number[];
  /** How far all clocks go each time that all keys had their turn. */
  readonly roundMs: number;
}

/** One add of a thread to a counter with a window. */
export interface Counted {
  /** Key and window. */
  readonly name: string;
  readonly current: number;
}

const START_MS = Date.UTC(2026, 0, 1);

const task = workerData as ThreadTask & { readonly index: number; readonly gate: Int32Array };
const threads = task.clocksMs.length;
let nowMs = START_MS + task.clocksMs[task.index]!;
const counters = new CounterTable(task.buffer, () => nowMs);
const counted: Counted[] = [];
for (let i = 0; i < task.adds; i += 1) {
  // All threads begin an add at the same time.
  Atomics.add(task.gate, 0, 1);
  while (threads > 1 && Atomics.load(task.gate, 0) < threads * (i + 1));
  const key = `key ${i % task.keys}`;
  const count = counters.add(Buffer.from(key), task.windowMs, 1);
  if (task.windowMs > 0)
    counted.push({ name: `${key}, ${Math.floor(nowMs / task.windowMs)}`, current: count?.current ?? -1 });
  if ((i + 1) % task.keys === 0) nowMs += task.roundMs;
}
parentPort!.postMessage(counted);
