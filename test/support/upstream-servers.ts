// Targets on 127.0.0.1 that the upstream tests send to: a well-behaved HTTP server, and raw sockets for the others.
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import {
  type AddressInfo,
  connect,
  createServer as createNetServer,
  type Server,
  type Socket,
} from 'node:net';
import type { TestContext } from 'node:test';
import { Worker } from 'node:worker_threads';

/** A listening server, closed with all of its connections at the end of the test. */
export interface TestTarget {
  readonly url: string;
  /** Connections accepted so far, in order. */
  readonly sockets: Socket[];
  /** Resets a connection, without a word of TLS. */
  reset(index: number): void;
  close(): Promise<void>;
}

/** Runs node:http with `handler`. */
export function startHttpTarget(test: TestContext, handler: RequestListener): Promise<TestTarget> {
  return listen(test, createHttpServer({ keepAliveTimeout: 60_000 }, handler), 0);
}

/** Runs a server that only accepts; `onSocket` does the talking. */
export function startRawTarget(
  test: TestContext,
  onSocket: (socket: Socket, index: number) => void,
  port = 0,
): Promise<TestTarget> {
  let index = 0;
  return listen(
    test,
    createNetServer((socket) => onSocket(socket, index++)),
    port,
  );
}

/** Answers each read that completes a request head with what `answer` returns, as latin1. */
export function answering(answer: (head: string, index: number) => string): (socket: Socket) => void {
  let index = 0;
  return (socket) => {
    let received = '';
    socket.on('data', (bytes) => {
      received += bytes.toString('latin1');
      const end = received.indexOf('\r\n\r\n');
      if (end === -1) return;
      const head = received.slice(0, end + 4);
      received = '';
      socket.write(Buffer.from(answer(head, index++), 'latin1'));
    });
  };
}

/** An origin on which nothing listens. */
export async function closedOrigin(): Promise<string> {
  const server = createNetServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

/**
 * An origin whose accept queue is full: the kernel drops further connects, so that they neither succeed nor fail.
 * A thread that listens and never returns to its event loop is the one way to have that without root.
 */
export async function startSaturatedTarget(test: TestContext): Promise<string> {
  const thread = new Worker(
    `const { createServer } = require('node:net');
     const { parentPort } = require('node:worker_threads');
     const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
     });`,
    { eval: true },
  );
  const [port] = (await once(thread, 'message')) as [number];
  // Loopback shakes hands inside connect(2): when the first has connected, the fate of all is sealed.
  const fillers = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => {}));
  await once(fillers[0]!, 'connect');
  test.after(async () => {
    for (const filler of fillers) filler.destroy();
    await thread.terminate();
  });
  return `http://127.0.0.1:${port}`;
}

/** Waits until `condition` holds; the runner's time limit ends a test that waits in vain. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Listens on 127.0.0.1 until the end of the test. */
export function listen(test: TestContext, server: Server, port: number): Promise<TestTarget> {
  return serve(test, server, port, 'http', 'connection');
}

/** Likewise, for a server with TLS, whose sockets are those that it reads and writes in clear. */
export function listenSecurely(test: TestContext, server: Server, port: number): Promise<TestTarget> {
  return serve(test, server, port, 'https', 'secureConnection');
}

async function serve(
  test: TestContext,
  server: Server,
  port: number,
  scheme: string,
  accepted: string,
): Promise<TestTarget> {
  const sockets: Socket[] = [];
  const below: Socket[] = [];
  server.on('connection', (socket: Socket) => below.push(socket));
  server.on(accepted, (socket: Socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    if (!server.listening) return;
    server.close();
    await once(server, 'close');
  };
  test.after(close);
  return {
    url: `${scheme}://127.0.0.1:${address.port}`,
    sockets,
    reset: (index) => void below[index]!.resetAndDestroy(),
    close,
  };
}
