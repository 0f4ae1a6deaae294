// On sessions of Node by themselves: what ends them wrongly ends the process of the test.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { endInOrder } from '../../core/session-ends.js';
import { until } from '../support/gateway.js';
import {
  fieldBlock,
  frame,
  getFields,
  headers,
  PREFACE,
  SETTING,
  settings,
  TYPE,
  uint32,
} from '../support/http2-frames.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const MOST = 2 ** 31 - 1;
/** More than the kernel takes for a peer that does not read. */
const BODY = Buffer.alloc(32 * 1024 * 1024);
/** A request whose trailers are not whole, on a connection with room for the longest response. */
const REQUEST = Buffer.concat([
  Buffer.from(PREFACE),
  settings(SETTING.initialWindowSize, MOST),
  frame(TYPE.windowUpdate, 0, 0, uint32(MOST - 65_535)),
  headers(1, getFields('/'), 0),
  frame(TYPE.headers, 1, 1, fieldBlock(['x-trailer', 'y'.repeat(100)])),
]);

/** What a write waits for. */
function unsentBytes(socket: Socket): number {
  return (socket as unknown as { _handle: { writeQueueSize: number } })._handle.writeQueueSize;
}

/** One connection, whose session is destroyed while its client does not take the response. Keeps nothing of it. */
async function destroyMidway(port: number, accepted: Promise<unknown[]>): Promise<void> {
  const client = connect(port, '127.0.0.1').pause();
  client.on('error', () => undefined);
  client.write(REQUEST);
  const [socket] = (await accepted) as [Socket];
  const session: ServerHttp2Session = performServerHandshake(socket);
  endInOrder(session, socket);
  for (const one of [session, socket]) one.on('error', () => undefined);
  const [stream] = (await once(session, 'stream')) as [ServerHttp2Stream];
  stream.on('error', () => undefined);
  stream.respond({ ':status': 200 });
  await nextTurn();
  stream.end(BODY);
  await until(() => unsentBytes(socket) > 0);
  session.destroy();
  await nextTurn();
  await nextTurn();
  const isCut = socket.destroyed;
  socket.destroy();
  if (!socket.closed) await once(socket, 'close');
  client.destroy();
  assert.ok(isCut, 'what the client does not take is waited for');
}

describe('endInOrder', () => {
  it('gives up what is unsent before the streams that it is of, or Node counts their fields as lost', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      for (let round = 0; round < 5; round++) {
        await destroyMidway(port, once(server, 'connection'));
        await nextTurn();
        collect();
        await nextTurn();
      }
    } finally {
      server.close();
    }
  });
});
