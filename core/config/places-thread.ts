// The thread's side of document-places.ts. It gives way first and loads what finds places then.
import { parentPort, workerData } from 'node:worker_threads';
import { giveWay } from '../thread-priority.js';
import type { PlacesTask } from './document-places.js';

giveWay();
const { locate } = await import('./document-places.js');
parentPort!.postMessage(locate(workerData as PlacesTask));
