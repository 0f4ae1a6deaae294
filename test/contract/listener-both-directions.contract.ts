// Bodies in both directions of one connection: back-pressure apart from each other, answers that do not wait for the upload.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type Body, BufferedBody } from '../../core/exchange.js';
import { HeaderList } from '../../core/headers.js';
import { atRest, BIG, type BodyStage, GET, MIB, post, until } from '../support/body-stage.js';
import { Collector, PatternBody, pattern } from '../support/raw-body.js';
import { valuesOf } from '../support/raw-client.js';

const NONE = new HeaderList();

function withoutLength(body: Body): Body {
  return {
    length: null,
    read: (consumer) => body.read(consumer),
    pause: () => body.pause(),
    resume: () => body.resume(),
    cancel: (reason) => body.cancel(reason),
  };
}

/** Runs the suite on the listeners of a stage. */
export function testBothDirections(name: string, stage: BodyStage): void {
  describe(`bodies in both directions through ${name}`, { timeout: 120_000 }, () => {
    beforeEach(() => stage.open(0));

    afterEach(() => stage.close());

    for (const announced of [true, false]) {
      it(`echoes 32 MiB ${announced ? 'with' : 'without'} length while both directions stall and go on`, async () => {
        stage.handle = (exchange, reply) => {
          const upload = exchange.requestBody!;
          void reply.send(200, NONE, announced ? upload : withoutLength(upload));
        };
        stage.client.send(post(BIG));
        stage.client.socket.pause();
        stage.client.send(pattern(0, BIG));
        await atRest(() => stage.client.socket.bytesWritten);
        stage.client.socket.resume();
        const response = await stage.client.response();
        assert.equal(response.complete, true);
        assert(response.body.equals(pattern(0, BIG)));
      });
    }

    it('goes on with a stalled download while the upload of the same connection stays paused', async () => {
      const body = new PatternBody(BIG, { announced: true });
      const collector = new Collector();
      stage.handle = (exchange, reply) => {
        collector.onChunk = () => exchange.requestBody?.pause();
        exchange.requestBody?.read(collector);
        void reply.send(200, NONE, body);
      };
      stage.client.socket.pause();
      stage.client.send(post(BIG));
      stage.client.send(pattern(0, 4 * MIB));
      await until(() => body.paused && collector.bytes > 0);
      await atRest(() => body.produced);
      stage.client.socket.resume();
      assert((await stage.client.response()).body.equals(pattern(0, BIG)));
      assert.equal(collector.chunks.length, 1);
    });

    it('answers before the upload is complete, and serves the next request when little is left of it', async () => {
      stage.handle = (_exchange, reply) => void reply.send(404, NONE, null);
      stage.client.send(post(10));
      assert.equal((await stage.client.response()).status, 404);
      stage.client.send('0123456789');
      stage.client.send(GET);
      assert.equal((await stage.client.response()).status, 404);
    });

    it('answers before the upload is complete, and closes when much is left of it', async () => {
      const collector = new Collector();
      stage.handle = (exchange, reply) => {
        exchange.requestBody?.read(collector);
        void reply.send(413, NONE, new BufferedBody(Buffer.from('too large')));
      };
      stage.client.send(post(BIG));
      const response = await stage.client.response();
      assert.equal(response.status, 413);
      assert.deepEqual(valuesOf(response, 'connection'), ['close']);
      await stage.client.closed();
      assert.equal(collector.error?.code, 'SLUICE_LISTEN_ABORTED');
    });

    it('keeps a slow upload alive for longer than the engine itself would', async () => {
      const collector = stage.collect();
      const download = new PatternBody(BIG, { announced: false });
      stage.client.send(post(2));
      stage.client.send('a');
      await until(() => collector.bytes === 1);
      const outcome = stage.answerWith(download);
      const reader = await stage.openClient();
      reader.socket.pause();
      reader.send(GET);
      const bare = await stage.openClient();
      await until(() => download.paused);
      // A connection without a request, opened last, shows when the engine's own 8 to 12 s are over.
      await bare.closed();
      stage.client.send('b');
      assert.equal((await stage.client.response()).body.toString(), '2');
      reader.socket.resume();
      assert((await reader.response()).body.equals(pattern(0, BIG)));
      assert.equal(await outcome, 'sent');
      reader.destroy();
      bare.destroy();
    });
  });
}
