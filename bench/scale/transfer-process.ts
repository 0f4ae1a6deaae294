// Sends requests with bodies, and takes responses with bodies, in a process of its own: a number of them, however long that takes,
// so that none is cut off in the middle.
import { Agent, type ClientRequest, request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { chunksOf } from '../harness/chunks.js';
import type { TransferOrder, TransferResult } from './transfer.js';

async function run(order: TransferOrder): Promise<TransferResult> {
  const { count, connections } = order;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  let begun = 0;
  let failed = 0;
  let answer = '';
  const startMs = performance.now();
  const client = async (): Promise<void> => {
    while (begun < count) {
      begun += 1;
      const problem = await transfer(agent, order).catch(({ message }: Error) => `ended with ${message}`);
      if (problem === null) continue;
      failed += 1;
      answer = problem;
    }
  };
  await Promise.all(Array.from({ length: connections }, client));
  agent.destroy();
  return { seconds: (performance.now() - startMs) / 1000, failed, answer };
}

/** Null when it went well. */
async function transfer(agent: Agent, order: TransferOrder): Promise<string | null> {
  const { port, method, path, body } = order;
  const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body;
  const headers = {
    'content-type': 'application/json',
    ...(method === 'GET' ? {} : { 'content-length': bytes }),
  };
  const sent = request({ agent, host: '127.0.0.1', port, method, path, headers });
  const received = answerTo(sent);
  if (method === 'GET') sent.end();
  else if (typeof body === 'string') sent.end(body);
  // Where the answer comes before all is sent, it says why.
  else await pipeline(Readable.from(chunksOf(body), { objectMode: false }), sent).catch(() => undefined);
  const { status, length } = await received;
  if (status !== 200) return `answered ${status}`;
  return length < order.leastBytes ? `came to ${length} bytes` : null;
}

function answerTo(sent: ClientRequest): Promise<{ readonly status: number; readonly length: number }> {
  return new Promise((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', (response) => {
      let length = 0;
      response.on('data', ({ length: more }: Buffer) => {
        length += more;
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode!, length }));
    });
  });
}

process.on('message', (order: TransferOrder) => {
  void run(order).then((result) => process.send!(result));
});
process.on('disconnect', () => process.exit(0));
