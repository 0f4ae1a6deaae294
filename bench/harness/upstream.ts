// The upstream of a bench, in a process of its own: answers with the same 1 KB of JSON, or with what it was given for
// a path, or where that ends in `/bytes/N` with so many bytes. A request that says `x-bench-echo` gets its own body back, so that a check
// sees what came through. Whoever started it may ask how many requests there were so far.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { chunksOf } from './chunks.js';
import { SAMPLE_USER } from './sample.js';

/** Bodies of JSON by path. */
export type Answers = Readonly<Record<string, string>>;

const BYTES_PATH = /\/bytes\/(\d+)$/;

let served = 0;

const sample = Buffer.from(JSON.stringify(SAMPLE_USER));

function serve(answers: ReadonlyMap<string, Buffer>): void {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    served += 1;
    const answer = (body: Buffer): void => {
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': body.length,
        'x-powered-by': 'sample',
      });
      response.end(body);
    };
    if (request.headers['x-bench-echo'] !== undefined) {
      void buffer(request).then(answer);
      return;
    }
    const bytes = BYTES_PATH.exec(request.url!)?.[1];
    if (bytes !== undefined && request.method === 'GET') {
      response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes });
      Readable.from(chunksOf(Number(bytes)), { objectMode: false }).pipe(response);
      return;
    }
    request.resume();
    request.on('end', () => answer(answers.get(request.url!) ?? sample));
  });
  server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port));
}

process.once('message', (answers: Answers) => {
  serve(new Map(Object.entries(answers).map(([path, body]) => [path, Buffer.from(body)])));
  process.on('message', () => process.send!(served));
});
process.on('disconnect', () => process.exit(0));
