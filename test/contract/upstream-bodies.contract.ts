// What every Upstream owes to bodies, either way.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { BufferedBody } from '../../core/exchange.js';
import {
  CountingConsumer,
  collect,
  PushedBody,
  startUpstream,
  upstreamRequest,
} from '../support/upstream-client.js';
import type { Engine } from '../support/upstream-engines.js';
import { answering, until } from '../support/upstream-servers.js';

const MIB = 1024 * 1024;
/** More than kernel and sockets hold between two ends of loopback. */
const STALL_BYTES = 64 * MIB;

/** Registers nothing. */
export function skip(): void {}

/** Registers the suite for one implementation. */
export function testUpstreamBodies(
  name: string,
  { build, startHttpTarget, startRawTarget, multiplexes }: Engine,
): void {
  const itRaw = multiplexes ? skip : it;
  /** A target that writes `STALL_BYTES` as fast as they are taken. */
  const startFlood = async (t: TestContext): Promise<{ url: string; written(): number }> => {
    let written = 0;
    const { url } = await startHttpTarget(t, (_request, response) => {
      const chunk = Buffer.alloc(64 * 1024, 'x');
      const write = (): void => {
        while (written < STALL_BYTES) {
          written += chunk.byteLength;
          if (!response.write(chunk)) {
            response.once('drain', write);
            return;
          }
        }
        response.end();
      };
      write();
    });
    return { url, written: () => written };
  };
  describe(`${name} answers the Upstream contract for bodies`, { timeout: 30_000 }, () => {
    it('has no body for HEAD, 204 and 304, and keeps their content-length', async (t) => {
      const target = await startHttpTarget(t, (request, response) => {
        const status = Number(request.url!.slice(1));
        response.writeHead(status, status === 204 ? {} : { 'content-length': 1234 }).end();
      });
      const upstream = startUpstream(t, [target.url], {}, build);
      const head = await upstream.forward(upstreamRequest({ method: 'HEAD', target: '/200' }));
      assert.equal(head.body, null);
      assert.equal(head.headers.get('content-length'), '1234');
      const empty = await upstream.forward(upstreamRequest({ target: '/204' }));
      assert.equal(empty.body, null);
      const unchanged = await upstream.forward(upstreamRequest({ target: '/304' }));
      assert.equal(unchanged.body, null);
      assert.equal(unchanged.headers.get('content-length'), '1234');
    });

    it('sends a body in memory with its length', async (t) => {
      const target = await startHttpTarget(t, (request, response) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk) => chunks.push(chunk));
        request.on('end', () =>
          response.end(`${request.headers['content-length']} ${Buffer.concat(chunks).toString()}`),
        );
      });
      const upstream = startUpstream(t, [target.url], {}, build);
      const body = new BufferedBody(new TextEncoder().encode('hello'));
      const response = await upstream.forward(upstreamRequest({ method: 'POST', body }));
      assert.equal(await collect(response.body), '5 hello');
    });

    it('streams a body of known length with content-length, of unknown length in chunks', async (t) => {
      const target = await startHttpTarget(t, (request, response) => {
        let bytes = 0;
        request.on('data', (chunk: Buffer) => {
          bytes += chunk.byteLength;
        });
        request.on('end', () => {
          const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
          response.end(`${length} ${coding} ${bytes}`);
        });
      });
      const upstream = startUpstream(t, [target.url], {}, build);
      const known = await upstream.forward(upstreamRequest({ method: 'PUT', body: new PushedBody(300_000) }));
      assert.equal(await collect(known.body), '300000 undefined 300000');
      const unknown = await upstream.forward(
        upstreamRequest({ method: 'POST', body: new PushedBody(300_000, null) }),
      );
      assert.equal(
        await collect(unknown.body),
        multiplexes ? 'undefined undefined 300000' : 'undefined chunked 300000',
      );
      const none = await upstream.forward(upstreamRequest({ method: 'POST', body: new PushedBody(0, null) }));
      assert.equal(await collect(none.body), multiplexes ? 'undefined undefined 0' : '0 undefined 0');
    });

    it('streams 64 MiB down, and a stalled consumer stops the target', async (t) => {
      const target = await startFlood(t);
      const upstream = startUpstream(t, [target.url], {}, build);
      const { body } = await upstream.forward(upstreamRequest());
      const consumer = new CountingConsumer();
      body!.read(consumer);
      body!.pause();
      const held = consumer.bytes;
      await untilStill(target.written);
      assert.ok(consumer.bytes - held <= 64 * 1024, 'no chunk but the current one after pause');
      assert.ok(
        target.written() < STALL_BYTES / 2,
        `the target wrote ${target.written()} bytes for a consumer that does not read`,
      );
      body!.resume();
      await until(() => consumer.outcome !== 'open');
      assert.equal(consumer.outcome, 'ended');
      assert.equal(consumer.bytes, STALL_BYTES);
    });

    it('stops the target before anybody reads the body', async (t) => {
      const target = await startFlood(t);
      const upstream = startUpstream(t, [target.url], {}, build);
      const { body } = await upstream.forward(upstreamRequest());
      await untilStill(target.written);
      assert.ok(
        target.written() < STALL_BYTES / 2,
        `the target wrote ${target.written()} bytes that nobody asked for`,
      );
      assert.equal((await collect(body)).length, STALL_BYTES);
    });

    it('streams 64 MiB up, and a stalled target pauses the body', async (t) => {
      let received = 0;
      let go = (): void => {};
      const target = await startHttpTarget(t, (request, response) => {
        go = () => {
          request.on('data', (chunk: Buffer) => {
            received += chunk.byteLength;
          });
          request.on('end', () => response.end('done'));
        };
      });
      const upstream = startUpstream(t, [target.url], {}, build);
      const body = new PushedBody(STALL_BYTES);
      const answer = upstream.forward(upstreamRequest({ method: 'POST', body }));
      await until(() => body.pauses > 0);
      await untilStill(() => body.sent);
      assert.ok(
        body.sent < STALL_BYTES / 2,
        `the body gave ${body.sent} bytes to a target that does not read`,
      );
      go();
      const response = await answer;
      assert.equal(await collect(response.body), 'done');
      assert.equal(received, STALL_BYTES);
    });

    it('answers early while the body is still being sent, and cancels the rest of it', async (t) => {
      const target = await startHttpTarget(t, (_request, response) => {
        response.writeHead(413, { connection: 'close' }).end('too much');
      });
      const upstream = startUpstream(t, [target.url], {}, build);
      const body = new PushedBody(1000, 1_000_000, false, 1000);
      const response = await upstream.forward(upstreamRequest({ method: 'POST', body }));
      assert.equal(response.status, 413);
      assert.equal(await collect(response.body), 'too much');
      await until(() => body.cancelled !== null);
      assert.deepEqual(
        upstream.states().map((state) => state.active),
        [0],
      );
    });

    itRaw('skips informational responses', async (t) => {
      const target = await startRawTarget(
        t,
        answering(
          () =>
            'HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n' +
            'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok',
        ),
      );
      const upstream = startUpstream(t, [target.url], {}, build);
      const response = await upstream.forward(upstreamRequest());
      assert.equal(response.status, 200);
      assert.equal(response.headers.has('link'), false);
      assert.equal(await collect(response.body), 'ok');
    });
  });
}

/** Waits until `value` stays the same over many turns of the event loop in which both ends could have moved on. */
async function untilStill(value: () => number): Promise<void> {
  let last = -1;
  let same = 0;
  await until(() => {
    const now = value();
    same = now === last ? same + 1 : 0;
    last = now;
    return same > 50;
  });
}
