// Bodies through a listener in both directions over real sockets (HTTP/1.1): framing, back-pressure, clients that leave or
// fall silent, answers that do not wait for the upload.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { GatewayError } from '../../core/errors.js';
import { type Body, BufferedBody, type Exchange } from '../../core/exchange.js';
import { HeaderList } from '../../core/headers.js';
import type {
  ExchangeHandler,
  Listener,
  ListenerOptions,
  ReplyOutcome,
} from '../../core/listener/listener.js';
import { Collector, HandBody, PatternBody, pattern } from '../support/raw-body.js';
import { RawClient, valuesOf } from '../support/raw-client.js';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const NONE = new HeaderList();
const MIB = 1024 * 1024;
/** More than the kernel holds for one connection on loopback, sent and received sides together. */
const BIG = 32 * MIB;

function post(length: number, path = '/'): string {
  return `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`;
}

/** Waits for a condition that no event announces. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Waits until `read` gives the same value for a while: the flow has come to rest. */
async function atRest(read: () => number): Promise<number> {
  let last = read();
  let since = performance.now();
  while (performance.now() - since < 100) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (read() === last) continue;
    last = read();
    since = performance.now();
  }
  return last;
}

function withoutLength(body: Body): Body {
  return {
    length: null,
    read: (consumer) => body.read(consumer),
    pause: () => body.pause(),
    resume: () => body.resume(),
    cancel: (reason) => body.cancel(reason),
  };
}

/**
 * Runs the suite against listeners that `create` makes.
 * @param openClient opens a connection to one of them
 */
export function testListenerBodies(
  name: string,
  create: (options: ListenerOptions) => Listener,
  openClient: (port: number) => Promise<RawClient> = (port) => RawClient.open(port),
): void {
  describe(`bodies through ${name}`, { timeout: 120_000 }, () => {
    let listener: Listener;
    let client: RawClient;
    let handle: ExchangeHandler;

    async function open(idleMs: number): Promise<void> {
      listener = create({ name: 'public', host: '127.0.0.1', port: 0, idleMs });
      await listener.listen((exchange, reply, refusal) => handle(exchange, reply, refusal));
      client = await openClient(listener.port);
    }

    beforeEach(() => open(0));

    afterEach(() => {
      client.destroy();
      listener.close();
    });

    /** Sets a handler that answers with `body`; the result tells how it ended. */
    function answerWith(body: PatternBody | HandBody | BufferedBody): Promise<ReplyOutcome> {
      return new Promise((resolve) => {
        handle = (_exchange, reply) => resolve(reply.send(200, NONE, body));
      });
    }

    /** Sets a handler that collects the upload and answers with its size once it is whole. */
    function collect(): Collector {
      const collector = new Collector();
      handle = (exchange, reply) => {
        exchange.requestBody?.read(collector);
        void collector.done.then(() =>
          reply.send(200, NONE, new BufferedBody(Buffer.from(String(collector.bytes)))),
        );
      };
      return collector;
    }

    for (const announced of [true, false]) {
      const kind = announced ? 'of known length' : 'without known length';

      it(`downloads 32 MiB ${kind} byte for byte`, async () => {
        const body = new PatternBody(BIG, { announced });
        const outcome = answerWith(body);
        client.send(GET);
        const response = await client.response();
        assert.equal(response.complete, true);
        assert(response.body.equals(pattern(0, BIG)));
        assert.equal(await outcome, 'sent');
      });

      it(`pauses a body ${kind} while the client does not read, and goes on when it does`, async () => {
        const body = new PatternBody(BIG, { announced });
        const outcome = answerWith(body);
        client.socket.pause();
        client.send(GET);
        await until(() => body.paused);
        const produced = await atRest(() => body.produced);
        assert(produced < BIG, `${produced} bytes were produced for a client that read none`);
        client.socket.resume();
        const response = await client.response();
        assert(response.body.equals(pattern(0, BIG)));
        assert.equal(await outcome, 'sent');
      });

      it(`cancels a body ${kind} when its client leaves`, async () => {
        const body = new PatternBody(BIG, { announced });
        const outcome = answerWith(body);
        client.socket.pause();
        client.send(GET);
        await until(() => body.paused);
        client.destroy();
        assert.equal(await outcome, 'aborted');
        assert.equal(body.cancelled, true);
      });

      it(`sends single bytes ${kind} as they come`, async () => {
        const body = new HandBody(announced ? 3 : null);
        void answerWith(body);
        client.send(GET);
        await body.started;
        for (const byte of ['a', 'b', 'c']) {
          body.consumer?.chunk(Buffer.from(byte));
          await client.until(() => client.received.includes(announced ? byte : `1\r\n${byte}`));
        }
        body.consumer?.end();
        assert.equal((await client.response()).body.toString(), 'abc');
      });

      it(`keeps the connection after a body ${kind}`, async () => {
        for (let round = 0; round < 3; round++) {
          void answerWith(new PatternBody(200_000, { announced }));
          client.send(GET);
          assert((await client.response()).body.equals(pattern(0, 200_000)));
        }
      });
    }

    it('shows the head of a body of known length before its first byte', async () => {
      const body = new HandBody(2);
      void answerWith(body);
      client.send(GET);
      await client.until(() => client.received.includes('\r\n\r\n'));
      body.consumer?.chunk(Buffer.from('ok'));
      assert.equal((await client.response()).body.toString(), 'ok');
    });

    it('ends a body without known length that has no bytes', async () => {
      const body = new HandBody(null);
      void answerWith(body);
      client.send(GET);
      await body.started;
      body.consumer?.end();
      const response = await client.response();
      assert.equal(response.complete, true);
      assert.equal(response.body.length, 0);
    });

    it('cuts the connection when a body has more bytes than announced', async () => {
      const body = new HandBody(2);
      const outcome = answerWith(body);
      client.send(GET);
      await body.started;
      body.consumer?.chunk(Buffer.from('abc'));
      assert.equal(await outcome, 'cut');
      await client.closed();
    });

    it('sends a large body in memory as the client takes it', async () => {
      const outcome = answerWith(new BufferedBody(pattern(0, BIG)));
      client.send(GET);
      assert((await client.response()).body.equals(pattern(0, BIG)));
      assert.equal(await outcome, 'sent');
    });

    it('uploads 32 MiB with content-length byte for byte', async () => {
      const collector = collect();
      client.send(post(BIG));
      client.send(pattern(0, BIG));
      assert.equal((await client.response()).body.toString(), String(BIG));
      assert(Buffer.concat(collector.chunks).equals(pattern(0, BIG)));
    });

    it('uploads chunks', async () => {
      const collector = collect();
      client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n');
      await until(() => collector.bytes === 5);
      client.send('6\r\n world\r\n0\r\n\r\n');
      assert.equal((await client.response()).body.toString(), '11');
      assert.equal(collector.text, 'hello world');
    });

    it('ends a chunked upload that the engine finds broken, and serves on', async () => {
      const collector = collect();
      client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n');
      await collector.done;
      // One engine cuts the connection at once, the other lets the answer go first.
      assert.match(collector.error!.code, /^SLUICE_LISTEN_(?:ABORTED|MALFORMED)$/);
      await client.closed();
      void answerWith(new BufferedBody(Buffer.from('on')));
      const next = await openClient(listener.port);
      next.send(GET);
      assert.equal((await next.response()).status, 200);
      next.destroy();
    });

    it('has no body for a content-length of 0', async () => {
      let body: unknown;
      handle = (exchange, reply) => {
        body = exchange.requestBody;
        void reply.send(200, NONE, null);
      };
      client.send(post(0));
      await client.response();
      assert.equal(body, null);
    });

    it('stops a client whose upload is paused, and lets it go on', async () => {
      const collector = new Collector();
      let exchange: Exchange | undefined;
      handle = (current, reply) => {
        exchange = current;
        collector.onChunk = () => current.requestBody?.pause();
        current.requestBody?.read(collector);
        void collector.done.then(() => reply.send(200, NONE, null));
      };
      client.send(post(BIG));
      client.send(pattern(0, BIG));
      await until(() => collector.bytes > 0);
      const taken = await atRest(() => exchange!.bytesIn);
      // An engine may read on while what the kernel holds is enough for another read.
      assert(taken < BIG / 2, `${taken} bytes were taken off the socket for nobody`);
      assert.equal(collector.chunks.length, 1);
      collector.onChunk = () => {};
      exchange?.requestBody?.resume();
      await client.response();
      assert(Buffer.concat(collector.chunks).equals(pattern(0, BIG)));
    });

    it('holds an unread upload back', async () => {
      let exchange: Exchange | undefined;
      handle = (current) => {
        exchange = current;
      };
      client.send(post(BIG));
      client.send(pattern(0, BIG));
      await until(() => exchange !== undefined && exchange.bytesIn > 0);
      assert((await atRest(() => exchange!.bytesIn)) < 2 * MIB);
    });

    it('fails an upload that is read only after the answer', async () => {
      const collector = new Collector();
      handle = (exchange, reply) => {
        void reply.send(200, NONE, null);
        setImmediate(() => exchange.requestBody?.read(collector));
      };
      client.send(`${post(3)}ab`);
      assert.equal((await client.response()).status, 200);
      await collector.done;
      assert.equal(collector.error?.code, 'SLUICE_LISTEN_ABORTED');
      assert.equal(collector.bytes, 0);
    });

    it('has a body that came with its head in memory, before and after the answer', async () => {
      const seen = new Promise<Exchange>((resolve) => {
        handle = (exchange, reply) => {
          void reply.send(200, NONE, null);
          setImmediate(resolve, exchange);
        };
      });
      client.send(`${post(3)}abc`);
      assert.equal((await client.response()).status, 200);
      const { requestBody, bytesIn } = await seen;
      assert.ok(requestBody instanceof BufferedBody);
      assert.equal(Buffer.from(requestBody.bytes).toString(), 'abc');
      assert.equal(bytesIn, 3);
    });

    it('keeps a body in memory apart from what the connection carries next', async () => {
      const bodies: Body[] = [];
      handle = (exchange, reply) => {
        bodies.push(exchange.requestBody!);
        void reply.send(200, NONE, null);
      };
      for (const letter of ['a', 'b', 'c']) {
        client.send(`${post(5)}${letter.repeat(5)}`);
        assert.equal((await client.response()).status, 200);
      }
      const texts = bodies.map((body) => Buffer.from((body as BufferedBody).bytes).toString());
      assert.deepEqual(texts, ['aaaaa', 'bbbbb', 'ccccc']);
    });

    it('streams a body of which only a piece came with its head', async () => {
      const collector = collect();
      client.send(`${post(6)}abc`);
      await until(() => collector.bytes === 3);
      client.send('def');
      await collector.done;
      assert.equal(collector.ended, true);
      assert.equal(collector.bytes, 6);
    });

    it('cancels an exchange whose client leaves before the first byte of the body', async () => {
      const collector = collect();
      const collecting = handle;
      // A client that says goodbye along with its request may not be heard at all.
      handle = (exchange, ...rest) => {
        collecting(exchange, ...rest);
        client.socket.end();
      };
      client.send(post(3));
      await collector.done;
      assert.equal(collector.error?.code, 'SLUICE_LISTEN_ABORTED');
      assert.equal(collector.bytes, 0);
    });

    it('fails an upload whose client leaves in the middle', async () => {
      const collector = collect();
      client.send(post(100));
      client.send('abc');
      await until(() => collector.bytes === 3);
      client.destroy();
      await collector.done;
      assert.equal(collector.error?.code, 'SLUICE_LISTEN_ABORTED');
      assert.equal(collector.ended, false);
    });

    it('cancels an exchange whose client leaves while it waits', async () => {
      const left = new Promise<string>((resolve) => {
        handle = (exchange) => {
          exchange.cancellation.subscribe((reason) => resolve(reason.code));
          client.socket.end();
        };
      });
      client.send(GET);
      assert.equal(await left, 'SLUICE_LISTEN_ABORTED');
    });

    it('sends 100 Continue to a client that waits for it', async () => {
      const collector = collect();
      client.send('POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n');
      await client.until(() => client.received.startsWith('HTTP/1.1 100 Continue\r\n\r\n'));
      client.send('ok');
      assert.equal((await client.response()).body.toString(), '2');
      assert.equal(collector.text, 'ok');
    });

    for (const announced of [true, false]) {
      it(`echoes 32 MiB ${announced ? 'with' : 'without'} length while both directions stall and go on`, async () => {
        handle = (exchange, reply) => {
          const upload = exchange.requestBody!;
          void reply.send(200, NONE, announced ? upload : withoutLength(upload));
        };
        client.send(post(BIG));
        client.socket.pause();
        client.send(pattern(0, BIG));
        await atRest(() => client.socket.bytesWritten);
        client.socket.resume();
        const response = await client.response();
        assert.equal(response.complete, true);
        assert(response.body.equals(pattern(0, BIG)));
      });
    }

    it('goes on with a stalled download while the upload of the same connection stays paused', async () => {
      const body = new PatternBody(BIG, { announced: true });
      const collector = new Collector();
      handle = (exchange, reply) => {
        collector.onChunk = () => exchange.requestBody?.pause();
        exchange.requestBody?.read(collector);
        void reply.send(200, NONE, body);
      };
      client.socket.pause();
      client.send(post(BIG));
      client.send(pattern(0, 4 * MIB));
      await until(() => body.paused && collector.bytes > 0);
      await atRest(() => body.produced);
      client.socket.resume();
      assert((await client.response()).body.equals(pattern(0, BIG)));
      assert.equal(collector.chunks.length, 1);
    });

    it('answers before the upload is complete, and serves the next request when little is left of it', async () => {
      handle = (_exchange, reply) => void reply.send(404, NONE, null);
      client.send(post(10));
      assert.equal((await client.response()).status, 404);
      client.send('0123456789');
      client.send(GET);
      assert.equal((await client.response()).status, 404);
    });

    it('answers before the upload is complete, and closes when much is left of it', async () => {
      const collector = new Collector();
      handle = (exchange, reply) => {
        exchange.requestBody?.read(collector);
        void reply.send(413, NONE, new BufferedBody(Buffer.from('too large')));
      };
      client.send(post(BIG));
      const response = await client.response();
      assert.equal(response.status, 413);
      assert.deepEqual(valuesOf(response, 'connection'), ['close']);
      await client.closed();
      assert.equal(collector.error?.code, 'SLUICE_LISTEN_ABORTED');
    });

    it('lets go of a paused upload when the response is complete', async () => {
      handle = (exchange, reply) => {
        const collector = new Collector();
        collector.onChunk = () => exchange.requestBody?.pause();
        exchange.requestBody?.read(collector);
        void until(() => exchange.bytesIn >= 4).then(() => reply.send(200, NONE, null));
      };
      client.send(post(6));
      client.send('ab');
      await new Promise((resolve) => setImmediate(resolve));
      client.send('cd');
      assert.equal((await client.response()).status, 200);
      client.send('ef');
      handle = (_exchange, reply) => void reply.send(204, NONE, null);
      client.send(GET);
      assert.equal((await client.response()).status, 204);
    });

    it('discards a cancelled upload', async () => {
      let exchange: Exchange | undefined;
      handle = (current, reply) => {
        exchange = current;
        current.requestBody?.cancel(new GatewayError('SLUICE_UPSTREAM_CLOSED', 'nobody wants it'));
        void until(() => current.bytesIn === MIB).then(() => reply.send(200, NONE, null));
      };
      client.send(post(MIB));
      client.send(pattern(0, MIB));
      assert.equal((await client.response()).status, 200);
      assert.equal(exchange?.bytesIn, MIB);
    });

    describe('with an idle limit', () => {
      beforeEach(async () => {
        client.destroy();
        listener.close();
        await open(200);
      });

      it('fails an upload that falls silent, and still answers', async () => {
        const collector = new Collector();
        handle = (exchange, reply) => {
          exchange.requestBody?.read(collector);
          void collector.done.then(() => reply.send(collector.error!.status, NONE, null, { close: true }));
        };
        client.send(post(10));
        client.send('abc');
        assert.equal((await client.response()).status, 408);
        assert.equal(collector.error?.code, 'SLUICE_LISTEN_TIMEOUT');
        await client.closed();
      });

      it('does not count the silence of a client whose upload is paused', async () => {
        const paused = new Collector();
        let upload: Body | null = null;
        handle = (exchange, reply) => {
          upload = exchange.requestBody;
          paused.onChunk = () => upload?.pause();
          upload?.read(paused);
          void paused.done.then(() => reply.send(200, NONE, null));
        };
        client.send(post(6));
        client.send('abc');
        await until(() => paused.bytes === 3);
        // Another upload, which does fall silent, shows when the limit has passed.
        const silent = collect();
        const second = await openClient(listener.port);
        second.send(post(10));
        await silent.done;
        second.destroy();
        assert.equal(silent.error?.code, 'SLUICE_LISTEN_TIMEOUT');
        assert.equal(paused.error, null);
        (upload as Body | null)?.resume();
        client.send('def');
        assert.equal((await client.response()).status, 200);
      });

      it('cuts a client that takes nothing of its response', async () => {
        const body = new PatternBody(BIG, { announced: true });
        const outcome = answerWith(body);
        client.socket.pause();
        client.send(GET);
        assert.equal(await outcome, 'aborted');
        assert.equal(body.cancelled, true);
      });
    });

    it('keeps a slow upload alive for longer than the engine itself would', async () => {
      const collector = collect();
      const download = new PatternBody(BIG, { announced: false });
      client.send(post(2));
      client.send('a');
      await until(() => collector.bytes === 1);
      const outcome = answerWith(download);
      const reader = await openClient(listener.port);
      reader.socket.pause();
      reader.send(GET);
      const bare = await openClient(listener.port);
      await until(() => download.paused);
      // A connection without a request, opened last, shows when the engine's own 8 to 12 s are over.
      await bare.closed();
      client.send('b');
      assert.equal((await client.response()).body.toString(), '2');
      reader.socket.resume();
      assert((await reader.response()).body.equals(pattern(0, BIG)));
      assert.equal(await outcome, 'sent');
      reader.destroy();
      bare.destroy();
    });
  });
}
