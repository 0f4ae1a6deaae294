// Bodies through NodeListener over HTTP/2: flow control, streams that end early, many of them at once and one after another.
import assert from 'node:assert/strict';
import { constants } from 'node:http2';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { BufferedBody, type Exchange } from '../../../../core/exchange.js';
import { HeaderList } from '../../../../core/headers.js';
import type { ReplyOutcome } from '../../../../core/listener/listener.js';
import { responseOf } from '../../../support/http2-client.js';
import { CODE, FrameClient, frame, getFields, headers, TYPE, uint32 } from '../../../support/http2-frames.js';
import { answerPath, Http2Stage } from '../../../support/http2-stage.js';
import { Collector, HandBody, PatternBody, pattern } from '../../../support/raw-body.js';
import { RawClient } from '../../../support/raw-client.js';

const NONE = new HeaderList();
const MIB = 1024 * 1024;

/** Waits for a condition that no event announces. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Bytes of the heap that are in use once garbage is collected. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

describe('streams of NodeListener over HTTP/2', { timeout: 120_000 }, () => {
  let stage: Http2Stage;

  beforeEach(async () => {
    stage = await Http2Stage.open();
  });
  afterEach(() => stage.close());

  it('carries 32 MiB in each direction byte for byte', async () => {
    const collector = stage.collect();
    const up = await stage.client.ask('/', { headers: { ':method': 'POST' }, body: pattern(0, 32 * MIB) });
    assert.equal(up.body.toString(), String(32 * MIB));
    assert.ok(Buffer.concat(collector.chunks).equals(pattern(0, 32 * MIB)));
    for (const announced of [true, false]) {
      stage.handle = (_exchange, reply) =>
        void reply.send(200, NONE, new PatternBody(32 * MIB, { announced }));
      assert.ok((await stage.client.ask('/')).body.equals(pattern(0, 32 * MIB)));
    }
  });

  it('bears a connection that holds many bytes of bodies that nobody takes', async () => {
    stage.close();
    stage = await Http2Stage.open({}, { headMs: 400 });
    const held: Exchange[] = [];
    stage.handle = (exchange) => held.push(exchange);
    const late = await RawClient.open(stage.listener.port);
    for (let i = 0; i < 20; i++)
      stage.client.start('/', { headers: { ':method': 'POST' }, body: Buffer.alloc(MIB / 4) });
    await until(() => held.length === 20);
    // A connection without a word, whose time is over, shows that the listener has looked at all of them.
    await late.closed();
    late.destroy();
    stage.handle = answerPath;
    assert.equal((await stage.client.ask('/on')).body.toString(), '/on');
    assert.equal(stage.client.goawayCode, null);
  });

  it('holds an upload back that nobody reads, and lets other streams pass', async () => {
    const held: Exchange[] = [];
    stage.handle = (exchange, reply, refusal) => {
      if (exchange.path === '/held') held.push(exchange);
      else answerPath(exchange, reply, refusal);
    };
    for (let i = 0; i < 20; i++)
      stage.client.start('/held', { headers: { ':method': 'POST' }, body: Buffer.alloc(MIB / 4) });
    await until(() => held.length === 20 && held.every(({ bytesIn }) => bytesIn > 0));
    const other = await stage.client.ask('/other');
    assert.deepEqual([other.status, other.body.toString(), other.resetCode], [200, '/other', 0]);
    for (const { bytesIn } of held) assert.ok(bytesIn <= 128 * 1024, `${bytesIn} bytes of one were taken`);
  });

  for (const [what, code] of [
    ['CANCEL', CODE.cancel],
    ['NO_ERROR', CODE.none],
  ] as const) {
    it(`fails an upload that its client takes back with ${what}, and not the next`, async () => {
      const collector = stage.collect();
      const frames = await FrameClient.open(stage.listener.port);
      frames.send(headers(1, getFields('/'), 0), frame(TYPE.data, 0, 1, Buffer.from('abc')));
      await until(() => collector.bytes === 3);
      frames.send(frame(TYPE.reset, 0, 1, uint32(code)));
      await collector.done;
      assert.equal(collector.error?.code, 'SLUICE_LISTEN_ABORTED');
      assert.equal(collector.ended, false);
      assert.equal(stage.seen[0]?.cancellation.reason?.code, 'SLUICE_LISTEN_ABORTED');
      stage.handle = answerPath;
      frames.send(headers(3, getFields('/next')));
      assert.equal((await frames.frame(TYPE.data, 3)).payload.toString(), '/next');
      frames.destroy();
    });
  }

  it('fails every upload of a connection that is cut', async () => {
    const collector = stage.collect();
    const upload = stage.client.session.request({ ':path': '/', ':method': 'POST', ':authority': 'a' });
    upload.on('error', () => {});
    upload.write('abc');
    await until(() => collector.bytes === 3);
    stage.client.destroy();
    await collector.done;
    assert.equal(collector.error?.code, 'SLUICE_LISTEN_ABORTED');
    assert.equal(collector.ended, false);
  });

  it('answers before the upload is complete, stops its client, and keeps the connection', async () => {
    stage.handle = (exchange, reply, refusal) => {
      if (exchange.path !== '/long') answerPath(exchange, reply, refusal);
      else void reply.send(413, NONE, new BufferedBody(Buffer.from('too large')));
    };
    const upload = stage.client.session.request({ ':path': '/long', ':method': 'POST', ':authority': 'a' });
    upload.on('error', () => {});
    const response = responseOf(upload);
    upload.write(Buffer.alloc(MIB));
    assert.deepEqual([(await response).status, (await response).body.toString()], [413, 'too large']);
    assert.equal((await stage.client.ask('/next')).body.toString(), '/next');
    assert.equal(stage.client.goawayCode, null);
  });

  it('resets the stream of an answer that is cut, and no other', async () => {
    const body = new HandBody(null);
    stage.handle = (exchange, reply, refusal) => {
      if (exchange.path === '/other') void reply.send(200, NONE, body);
      else if (exchange.path === '/cut') setImmediate(() => reply.abort());
      else answerPath(exchange, reply, refusal);
    };
    const other = stage.client.ask('/other');
    await body.started;
    assert.equal((await stage.client.ask('/cut')).resetCode, constants.NGHTTP2_INTERNAL_ERROR);
    body.consumer?.chunk(Buffer.from('on'));
    body.consumer?.end();
    assert.equal((await other).body.toString(), 'on');
    assert.equal(stage.client.goawayCode, null);
  });

  it('answers a hundred streams at once, and refuses one more', async () => {
    const bodies = new Map<string, HandBody>();
    stage.handle = (exchange, reply) => {
      const body = new HandBody(null);
      bodies.set(exchange.path, body);
      void reply.send(200, NONE, body);
    };
    await stage.client.settled();
    assert.equal(stage.client.session.remoteSettings.maxConcurrentStreams, 100);
    const responses = Array.from({ length: 100 }, (_, index) => stage.client.ask(`/${index}`));
    await until(() => bodies.size === 100);
    for (const [path, body] of bodies) {
      body.consumer?.chunk(Buffer.from(path));
      body.consumer?.end();
    }
    const texts = (await Promise.all(responses)).map(({ body }) => body.toString());
    assert.deepEqual(
      texts,
      Array.from({ length: 100 }, (_, index) => `/${index}`),
    );
  });

  it('holds a hundred responses back that are not read, with little in memory, and finishes them', async () => {
    const bodies: PatternBody[] = [];
    const outcomes: Promise<ReplyOutcome>[] = [];
    stage.handle = (_exchange, reply) => {
      const body = new PatternBody(2 * MIB, { announced: false });
      bodies.push(body);
      outcomes.push(Promise.resolve(reply.send(200, NONE, body)));
    };
    const streams = Array.from({ length: 100 }, (_, index) => stage.client.start(`/${index}`).pause());
    await until(() => bodies.length === 100 && bodies.every(({ paused }) => paused));
    for (const { produced } of bodies) assert.ok(produced <= MIB / 2, `${produced} bytes of one were made`);
    for (const stream of streams) stream.resume();
    assert.deepEqual(new Set(await Promise.all(outcomes)), new Set(['sent']));
  });

  describe('with an idle limit', () => {
    it('resets a stream whose client takes nothing, and no other', async () => {
      stage.close();
      stage = await Http2Stage.open({ idleMs: 200 });
      const stuck = new PatternBody(8 * MIB, { announced: true });
      let outcome: Promise<ReplyOutcome> | undefined;
      stage.handle = (exchange, reply, refusal) => {
        if (exchange.path === '/stuck') outcome = Promise.resolve(reply.send(200, NONE, stuck));
        else answerPath(exchange, reply, refusal);
      };
      const stream = stage.client.start('/stuck').pause();
      const closed = new Promise((resolve) => stream.once('close', resolve));
      await until(() => outcome !== undefined);
      assert.equal(await outcome, 'aborted');
      assert.equal(stuck.cancelled, true);
      stream.resume();
      await closed;
      assert.equal((await stage.client.ask('/other')).body.toString(), '/other');
    });

    it('fails an upload that falls silent, and still answers', async () => {
      stage.close();
      stage = await Http2Stage.open({ idleMs: 200 });
      const collector = new Collector();
      stage.handle = (exchange, reply) => {
        exchange.requestBody?.read(collector);
        void collector.done.then(() => reply.send(collector.error!.status, NONE, null));
      };
      const upload = stage.client.session.request({ ':path': '/', ':method': 'POST', ':authority': 'a' });
      const response = responseOf(upload);
      upload.write('abc');
      assert.equal((await response).status, 408);
    });
  });

  it('serves ten thousand streams of one connection and keeps nothing of them', async () => {
    stage.handle = (exchange, reply) => {
      const collector = new Collector();
      exchange.requestBody?.read(collector);
      void collector.done.then(() => reply.send(200, NONE, new PatternBody(100, { announced: false })));
    };
    const serve = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i += 50) {
        const asked = Array.from({ length: 50 }, () =>
          stage.client.ask('/', { headers: { ':method': 'POST' }, body: 'abc' }),
        );
        for (const { status, body } of await Promise.all(asked))
          assert.deepEqual([status, body.length], [200, 100]);
        stage.seen.length = 0;
      }
    };
    await serve(2000);
    const before = heapBytes();
    await serve(10_000);
    const grown = heapBytes() - before;
    assert.ok(grown < 2 * MIB, `${grown} bytes more after 10,000 streams`);
  });
});
