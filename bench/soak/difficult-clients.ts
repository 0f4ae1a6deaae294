// Clients that are slow, and clients that leave in the middle. The slow ones have to be served; of those that leave nothing is
// expected but that the gateway lets go of all they had.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { REQUESTS } from '../harness/job.js';
import type { LoadRequest } from '../harness/load.js';

/** What a slow client does at a time, and how long it rests then. */
const PIECES = 16;
const REST_MS = 150;
/** Between two clients that leave. */
const LEAVE_MS = 100;

/** Sends a body, or takes one, in pieces with rests in between. Answers the status. */
export async function askSlowly(port: number, request: LoadRequest): Promise<number> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    const [head, body] = messageOf(request);
    socket.write(head);
    for (let piece = 0; piece < PIECES && body.length > 0; piece += 1) {
      const size = Math.ceil(body.length / PIECES);
      socket.write(body.subarray(piece * size, (piece + 1) * size));
      await delay(REST_MS);
    }
    return await takeSlowly(socket);
  } finally {
    socket.destroy();
  }
}

/** Reads a response to the end of its content, a piece at a time. */
async function takeSlowly(socket: Socket): Promise<number> {
  let head = '';
  let left = Number.POSITIVE_INFINITY;
  let piece = 0;
  let status = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    let length = chunk.length;
    if (left === Number.POSITIVE_INFINITY) {
      head += chunk.toString('latin1');
      const end = head.indexOf('\r\n\r\n');
      if (end === -1) continue;
      status = Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0);
      left = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
      length = head.length - end - 4;
    }
    left -= length;
    if (left <= 0) return status;
    piece += length;
    if (piece < 1 << 16) continue;
    piece = 0;
    await delay(REST_MS);
  }
  throw new Error(`the connection ended ${left} bytes early`);
}

/** Ways to leave: with a request half sent, with all sent and nothing read, with a response half read. */
const WAYS_TO_LEAVE: readonly ((port: number) => Promise<void>)[] = [
  (port) => leave(port, REQUESTS.upload, 0.5, false),
  (port) => leave(port, REQUESTS.filteredPage, 0.5, false),
  (port) => leave(port, REQUESTS.filtered, 1, false),
  (port) => leave(port, REQUESTS.download, 1, true),
];

/** Comes and leaves until it is told to stop; `left` is called each time. */
export async function keepLeaving(port: number, isOver: () => boolean, left: () => void): Promise<void> {
  for (let turn = 0; !isOver(); turn += 1) {
    await WAYS_TO_LEAVE[turn % WAYS_TO_LEAVE.length]!(port);
    left();
    await delay(LEAVE_MS);
  }
}

async function leave(port: number, request: LoadRequest, share: number, reads: boolean): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  const [head, body] = messageOf(request);
  const sent = new Promise<void>((resolve) => {
    socket.write(Buffer.concat([head, body.subarray(0, body.length * share)]), () => resolve());
  });
  await Promise.race([sent, closed]);
  if (reads) await Promise.race([once(socket, 'data'), closed]);
  socket.destroy();
  await closed;
}

function messageOf({ method, path, headers, body }: LoadRequest): [head: Buffer, body: Buffer] {
  const bytes = Buffer.from(body);
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'host: 127.0.0.1',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(method === 'GET' ? [] : [`content-length: ${bytes.length}`]),
  ];
  return [Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), bytes];
}
