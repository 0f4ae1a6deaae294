// Sends requests at a fixed rate, whatever becomes of them, in a process of its own. What a request took counts from
// when it was due: one that waits because those before it do is as late as its client would say.
import { Agent, request } from 'node:http';
import { SAMPLE_USER } from '../harness/sample.js';
import { requestPath } from './documents.js';

/** What the process is told first. */
export interface TrafficOrder {
  readonly port: number;
  readonly perSecond: number;
}

/** A request: when it was due, in milliseconds since the epoch, what it took, and how it was answered. */
export type Sent = readonly [dueMs: number, tookMs: number, outcome: string];

/** Answers come to the parent in parts, so often. */
const REPORT_MS = 100;

const body = Buffer.from(JSON.stringify(SAMPLE_USER));
const headers = { 'content-type': 'application/json', 'content-length': body.length };

const nowMs = (): number => performance.timeOrigin + performance.now();

function run({ port, perSecond }: TrafficOrder): void {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const gapMs = 1000 / perSecond;
  const startMs = nowMs();
  let count = 0;
  let done: Sent[] = [];
  const send = (dueMs: number, index: number): void => {
    const end = (outcome: string): void => {
      done.push([dueMs, nowMs() - dueMs, outcome]);
    };
    // A stride that meets all routes, and not in their order.
    const path = requestPath(index * 7919);
    const sent = request({ agent, host: '127.0.0.1', port, path, method: 'POST', headers }, (response) => {
      response.resume();
      response.on('end', () => end(String(response.statusCode)));
      response.on('error', ({ message }) => end(message));
    });
    sent.on('error', ({ message }) => end(message));
    sent.end(body);
  };
  setInterval(() => {
    for (const now = nowMs(); startMs + count * gapMs <= now; count++) send(startMs + count * gapMs, count);
  }, 1);
  setInterval(() => {
    process.send!(done);
    done = [];
  }, REPORT_MS);
}

process.once('message', (order: TrafficOrder) => run(order));
process.on('disconnect', () => process.exit(0));
