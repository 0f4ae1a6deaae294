// Bodies of requests through a listener: framing, back-pressure, clients that leave or fall silent.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { GatewayError } from '../../core/errors.js';
import { type Body, BufferedBody, type Exchange } from '../../core/exchange.js';
import { HeaderList } from '../../core/headers.js';
import { atRest, BIG, type BodyStage, GET, MIB, post, until } from '../support/body-stage.js';
import { Collector, pattern } from '../support/raw-body.js';

const NONE = new HeaderList();

/** Runs the suite on the listeners of a stage. */
export function testUploads(name: string, stage: BodyStage): void {
  describe(`uploads through ${name}`, { timeout: 120_000 }, () => {
    beforeEach(() => stage.open(0));

    afterEach(() => stage.close());

    it('uploads 32 MiB with content-length byte for byte', async () => {
      const collector = stage.collect();
      stage.client.send(post(BIG));
      stage.client.send(pattern(0, BIG));
      assert.equal((await stage.client.response()).body.toString(), String(BIG));
      assert(Buffer.concat(collector.chunks).equals(pattern(0, BIG)));
    });

    it('uploads chunks', async () => {
      const collector = stage.collect();
      stage.client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n');
      await until(() => collector.bytes === 5);
      stage.client.send('6\r\n world\r\n0\r\n\r\n');
      assert.equal((await stage.client.response()).body.toString(), '11');
      assert.equal(collector.text, 'hello world');
    });

    it('ends a chunked upload that the engine finds broken, and serves on', async () => {
      const collector = stage.collect();
      stage.client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n');
      await collector.done;
      // One engine cuts the connection at once, the other lets the answer go first.
      assert.match(collector.error!.code, /^SLUICE_LISTEN_(?:ABORTED|MALFORMED)$/);
      await stage.client.closed();
      void stage.answerWith(new BufferedBody(Buffer.from('on')));
      const next = await stage.openClient();
      next.send(GET);
      assert.equal((await next.response()).status, 200);
      next.destroy();
    });

    it('has no body for a content-length of 0', async () => {
      let body: unknown;
      stage.handle = (exchange, reply) => {
        body = exchange.requestBody;
        void reply.send(200, NONE, null);
      };
      stage.client.send(post(0));
      await stage.client.response();
      assert.equal(body, null);
    });

    it('stops a client whose upload is paused, and lets it go on', async () => {
      const collector = new Collector();
      let exchange: Exchange | undefined;
      stage.handle = (current, reply) => {
        exchange = current;
        collector.onChunk = () => current.requestBody?.pause();
        current.requestBody?.read(collector);
        void collector.done.then(() => reply.send(200, NONE, null));
      };
      stage.client.send(post(BIG));
      stage.client.send(pattern(0, BIG));
      await until(() => collector.bytes > 0);
      const taken = await atRest(() => exchange!.bytesIn);
      // An engine may read on while what the kernel holds is enough for another read.
      assert(taken < BIG / 2, `${taken} bytes were taken off the socket for nobody`);
      assert.equal(collector.chunks.length, 1);
      collector.onChunk = () => {};
      exchange?.requestBody?.resume();
      await stage.client.response();
      assert(Buffer.concat(collector.chunks).equals(pattern(0, BIG)));
    });

    it('holds an unread upload back', async () => {
      let exchange: Exchange | undefined;
      stage.handle = (current) => {
        exchange = current;
      };
      stage.client.send(post(BIG));
      stage.client.send(pattern(0, BIG));
      await until(() => exchange !== undefined && exchange.bytesIn > 0);
      assert((await atRest(() => exchange!.bytesIn)) < 2 * MIB);
    });

    it('fails an upload that is read only after the answer', async () => {
      const collector = new Collector();
      stage.handle = (exchange, reply) => {
        void reply.send(200, NONE, null);
        setImmediate(() => exchange.requestBody?.read(collector));
      };
      stage.client.send(`${post(3)}ab`);
      assert.equal((await stage.client.response()).status, 200);
      await collector.done;
      assert.equal(collector.error?.code, 'SLUICE_LISTEN_ABORTED');
      assert.equal(collector.bytes, 0);
    });

    it('has a body that came with its head in memory, before and after the answer', async () => {
      const seen = new Promise<Exchange>((resolve) => {
        stage.handle = (exchange, reply) => {
          void reply.send(200, NONE, null);
          setImmediate(resolve, exchange);
        };
      });
      stage.client.send(`${post(3)}abc`);
      assert.equal((await stage.client.response()).status, 200);
      const { requestBody, bytesIn } = await seen;
      assert.ok(requestBody instanceof BufferedBody);
      assert.equal(Buffer.from(requestBody.bytes).toString(), 'abc');
      assert.equal(bytesIn, 3);
    });

    it('keeps a body in memory apart from what the connection carries next', async () => {
      const bodies: Body[] = [];
      stage.handle = (exchange, reply) => {
        bodies.push(exchange.requestBody!);
        void reply.send(200, NONE, null);
      };
      for (const letter of ['a', 'b', 'c']) {
        stage.client.send(`${post(5)}${letter.repeat(5)}`);
        assert.equal((await stage.client.response()).status, 200);
      }
      const texts = bodies.map((body) => Buffer.from((body as BufferedBody).bytes).toString());
      assert.deepEqual(texts, ['aaaaa', 'bbbbb', 'ccccc']);
    });

    it('streams a body of which only a piece came with its head', async () => {
      const collector = stage.collect();
      stage.client.send(`${post(6)}abc`);
      await until(() => collector.bytes === 3);
      stage.client.send('def');
      await collector.done;
      assert.equal(collector.ended, true);
      assert.equal(collector.bytes, 6);
    });

    it('cancels an exchange whose client leaves before the first byte of the body', async () => {
      const collector = stage.collect();
      const collecting = stage.handle;
      // A client that says goodbye along with its request may not be heard at all.
      stage.handle = (exchange, ...rest) => {
        collecting(exchange, ...rest);
        stage.client.socket.end();
      };
      stage.client.send(post(3));
      await collector.done;
      assert.equal(collector.error?.code, 'SLUICE_LISTEN_ABORTED');
      assert.equal(collector.bytes, 0);
    });

    it('fails an upload whose client leaves in the middle', async () => {
      const collector = stage.collect();
      stage.client.send(post(100));
      stage.client.send('abc');
      await until(() => collector.bytes === 3);
      stage.client.destroy();
      await collector.done;
      assert.equal(collector.error?.code, 'SLUICE_LISTEN_ABORTED');
      assert.equal(collector.ended, false);
    });

    it('cancels an exchange whose client leaves while it waits', async () => {
      const left = new Promise<string>((resolve) => {
        stage.handle = (exchange) => {
          exchange.cancellation.subscribe((reason) => resolve(reason.code));
          stage.client.socket.end();
        };
      });
      stage.client.send(GET);
      assert.equal(await left, 'SLUICE_LISTEN_ABORTED');
    });

    it('sends 100 Continue to a client that waits for it', async () => {
      const collector = stage.collect();
      stage.client.send('POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n');
      await stage.client.until(() => stage.client.received.startsWith('HTTP/1.1 100 Continue\r\n\r\n'));
      stage.client.send('ok');
      assert.equal((await stage.client.response()).body.toString(), '2');
      assert.equal(collector.text, 'ok');
    });

    it('lets go of a paused upload when the response is complete', async () => {
      stage.handle = (exchange, reply) => {
        const collector = new Collector();
        collector.onChunk = () => exchange.requestBody?.pause();
        exchange.requestBody?.read(collector);
        void until(() => exchange.bytesIn >= 4).then(() => reply.send(200, NONE, null));
      };
      stage.client.send(post(6));
      stage.client.send('ab');
      await new Promise((resolve) => setImmediate(resolve));
      stage.client.send('cd');
      assert.equal((await stage.client.response()).status, 200);
      stage.client.send('ef');
      stage.handle = (_exchange, reply) => void reply.send(204, NONE, null);
      stage.client.send(GET);
      assert.equal((await stage.client.response()).status, 204);
    });

    it('discards a cancelled upload', async () => {
      let exchange: Exchange | undefined;
      stage.handle = (current, reply) => {
        exchange = current;
        current.requestBody?.cancel(new GatewayError('SLUICE_UPSTREAM_CLOSED', 'nobody wants it'));
        void until(() => current.bytesIn === MIB).then(() => reply.send(200, NONE, null));
      };
      stage.client.send(post(MIB));
      stage.client.send(pattern(0, MIB));
      assert.equal((await stage.client.response()).status, 200);
      assert.equal(exchange?.bytesIn, MIB);
    });

    describe('with an idle limit', () => {
      beforeEach(async () => {
        stage.close();
        await stage.open(200);
      });

      it('fails an upload that falls silent, and still answers', async () => {
        const collector = new Collector();
        stage.handle = (exchange, reply) => {
          exchange.requestBody?.read(collector);
          void collector.done.then(() => reply.send(collector.error!.status, NONE, null, { close: true }));
        };
        stage.client.send(post(10));
        stage.client.send('abc');
        assert.equal((await stage.client.response()).status, 408);
        assert.equal(collector.error?.code, 'SLUICE_LISTEN_TIMEOUT');
        await stage.client.closed();
      });

      it('does not count the silence of a client whose upload is paused', async () => {
        const paused = new Collector();
        let upload: Body | null = null;
        stage.handle = (exchange, reply) => {
          upload = exchange.requestBody;
          paused.onChunk = () => upload?.pause();
          upload?.read(paused);
          void paused.done.then(() => reply.send(200, NONE, null));
        };
        stage.client.send(post(6));
        stage.client.send('abc');
        await until(() => paused.bytes === 3);
        // Another upload, which does fall silent, shows when the limit has passed.
        const silent = stage.collect();
        const second = await stage.openClient();
        second.send(post(10));
        await silent.done;
        second.destroy();
        assert.equal(silent.error?.code, 'SLUICE_LISTEN_TIMEOUT');
        assert.equal(paused.error, null);
        (upload as Body | null)?.resume();
        stage.client.send('def');
        assert.equal((await stage.client.response()).status, 200);
      });
    });
  });
}
