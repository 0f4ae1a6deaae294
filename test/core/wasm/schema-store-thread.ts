// A thread with a small heap that checks 16 MiB of one JSON value in a list; see schema-store.test.ts.
import { parentPort, workerData } from 'node:worker_threads';
import { SchemaStore } from '../../../core/wasm/schema-store.js';

const unit = String(workerData);
const document = Buffer.from(`[${`${unit},`.repeat((1 << 24) / (unit.length + 1))}${unit}]`);
parentPort!.postMessage(new SchemaStore().compile('true', 1).check(document));
