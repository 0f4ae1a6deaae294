// The upstream of a bench, in a process of its own: answers every request with the same 1 KB of JSON.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SAMPLE_USER } from './sample.js';

const body = Buffer.from(JSON.stringify(SAMPLE_USER));

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': body.length,
      'x-powered-by': 'sample',
    });
    response.end(body);
  });
});
server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit(0));
