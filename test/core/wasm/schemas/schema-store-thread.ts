// A thread that checks a document against a schema; see schema-store.test.ts.
import { parentPort, workerData } from 'node:worker_threads';
import { SchemaStore } from '../../../../core/wasm/schemas/schema-store.js';

const { schema, document } = workerData as { schema: string; document: string };
parentPort!.postMessage(new SchemaStore().compile(schema, 1).check(Buffer.from(document)));
