// The thread's side of document-places.ts.
import { parentPort, workerData } from 'node:worker_threads';
import { giveWay } from '../thread-priority.js';
import { locate, type PlacesTask } from './document-places.js';

giveWay();
parentPort!.postMessage(locate(workerData as PlacesTask));
