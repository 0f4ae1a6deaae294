// Targets that answer what no server should, in HTTP/1.1 and in HTTP/2.
import type { TestContext } from 'node:test';
import { onFrames, TYPE } from '../http2-frames.js';
import { ResponseCorpus } from '../response-corpus.js';
import { startRawTarget, type TestTarget } from '../upstream-servers.js';
import { leave, sendInPieces } from './hostile-socket.js';
import { targetAnswer, targetGreeting } from './http2-conversations.js';
import { Random } from './random.js';
import { spoil } from './spoiler.js';

/** What a response may say of its body, whatever that is. */
const CONTENTS = [
  'content-type: application/json',
  'content-type: application/json\r\ncontent-encoding: gzip',
  'content-type: application/json\r\ncontent-encoding: br, gzip',
  'content-type: text/event-stream',
  'content-encoding: deflate',
];
/** The path of a request ends with the seed of its answer. */
const SEED = /^\S+ \S*\/(\d+)[\s?]/;

/** Answers what the seed in the path says; where a damaged request has none, always the same. */
export function startHostileHttp1(test: TestContext): Promise<TestTarget> {
  return startRawTarget(test, (socket) => {
    let received = '';
    let turn = Promise.resolve();
    socket.on('data', (bytes) => {
      received += bytes.toString('latin1');
      const end = received.indexOf('\r\n\r\n');
      if (end === -1) return;
      const random = new Random(Number(SEED.exec(received)?.[1] ?? 0));
      received = '';
      turn = turn.then(async () => {
        await sendInPieces(socket, response(random), random);
        if (random.oneIn(2)) leave(socket, socket, random);
        // Bytes on a connection that is kept, which nobody asked for.
        else if (random.oneIn(8)) await sendInPieces(socket, response(random), random);
      });
    });
  });
}

/** @param randomOf what the answers on the next connection are chosen by: paths come in a coding that it does not read */
export function startHostileHttp2(test: TestContext, randomOf: () => Random): Promise<TestTarget> {
  return startRawTarget(test, (socket) => {
    const random = randomOf();
    let turn = sendInPieces(socket, targetGreeting(random), random);
    onFrames(socket, (type, stream) => {
      if (type !== TYPE.headers) return;
      const own = random.fork();
      turn = turn.then(async () => {
        await sendInPieces(socket, targetAnswer(stream, own), own);
        if (own.oneIn(6)) leave(socket, socket, own);
      });
    });
  });
}

function response(random: Random): Buffer {
  const corpus = new ResponseCorpus(random.below(2 ** 32));
  let bytes = corpus.next().bytes;
  if (random.oneIn(3)) bytes = withContent(bytes, random.pick(CONTENTS));
  while (random.oneIn(8)) bytes = Buffer.concat([bytes, corpus.next().bytes]);
  if (random.oneIn(30)) return random.bytes(random.below(200));
  return random.oneIn(4) ? spoil(random, bytes) : bytes;
}

/** With more fields behind its first line. */
function withContent(bytes: Buffer, fields: string): Buffer {
  const end = bytes.indexOf('\r\n');
  if (end === -1) return bytes;
  return Buffer.concat([bytes.subarray(0, end + 2), Buffer.from(`${fields}\r\n`), bytes.subarray(end + 2)]);
}
