// Clients of HTTP/2 that break the protocol or make work for its own sake: each is ended, and none other is touched.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { GatewayError } from '../../../../core/errors.js';
import { BufferedBody, type Exchange } from '../../../../core/exchange.js';
import { HeaderList } from '../../../../core/headers.js';
import type { ExchangeHandler } from '../../../../core/listener/listener.js';
import { NodeListener } from '../../../../core/listener/node/node-listener.js';
import { until } from '../../../support/gateway.js';
import { Http2Client } from '../../../support/http2-client.js';
import {
  CODE,
  FLAG,
  FrameClient,
  fieldBlock,
  frame,
  getFields,
  headers,
  integer,
  literal,
  SETTING,
  settings,
  TYPE,
  uint32,
} from '../../../support/http2-frames.js';
import { Collector, PatternBody } from '../../../support/raw-body.js';
import { RawClient } from '../../../support/raw-client.js';

const NONE = new HeaderList();
const MIB = 1024 * 1024;
const PING = frame(TYPE.ping, 0, 0, Buffer.alloc(8));

describe('NodeListener and clients of HTTP/2 that misbehave', { timeout: 60_000 }, () => {
  let listener: NodeListener;
  let other: Http2Client;
  let attacker: FrameClient;
  let handle: ExchangeHandler;
  let seen: Exchange[];
  let refusals: GatewayError[];

  const answer: ExchangeHandler = (exchange, reply, refusal) => {
    void reply.send(refusal?.status ?? 200, NONE, new BufferedBody(Buffer.from(exchange.path)));
  };

  async function open(idleMs = 0): Promise<void> {
    // Looks at its connections twice a second.
    listener = new NodeListener(
      { name: 'public', host: '127.0.0.1', port: 0, idleMs, http2: true },
      { headMs: 1000, restMs: 60_000 },
    );
    await listener.listen((exchange, reply, refusal) => {
      if (exchange.path !== '/other') seen.push(exchange);
      if (refusal !== null) refusals.push(refusal);
      handle(exchange, reply, refusal);
    });
    other = await Http2Client.open(listener.port);
    attacker = await FrameClient.open(listener.port);
  }

  beforeEach(async () => {
    seen = [];
    refusals = [];
    handle = answer;
    await open();
  });

  afterEach(async () => {
    // Whatever came before, a client that behaves is served, on the connection that it had.
    handle = answer;
    const response = await other.ask('/other');
    assert.deepEqual([response.status, other.goawayCode], [200, null]);
    attacker.destroy();
    other.destroy();
    listener.close();
  });

  /** The client says that it has read the settings of the server. */
  async function acknowledge(): Promise<void> {
    await attacker.frame(TYPE.settings, 0);
    attacker.send(frame(TYPE.settings, FLAG.ack, 0));
    attacker.send(PING);
    await attacker.frame(TYPE.ping, 0);
  }

  /** Sends `frames` again and again until the other side has had enough. */
  async function flood(frames: (round: number) => Uint8Array): Promise<void> {
    for (let round = 0; !attacker.raw.ended; round++) {
      attacker.send(frames(round));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  it('calms a client that takes its requests back at once', async () => {
    handle = () => {};
    await flood((round) => {
      const stream = 2 * round + 1;
      return Buffer.concat([
        headers(stream, getFields('/')),
        frame(TYPE.reset, 0, stream, uint32(CODE.cancel)),
      ]);
    });
    assert.equal(attacker.goawayCode, CODE.enhanceYourCalm);
    assert.ok(seen.length <= 201, `${seen.length} requests were handed on`);
    for (const { cancellation } of seen) assert.equal(cancellation.reason?.code, 'SLUICE_LISTEN_ABORTED');
  });

  it('calms a client that takes its requests back a while later', async () => {
    handle = () => {};
    let last = 1;
    while (!attacker.raw.ended) {
      const first = last;
      for (; last < first + 100; last += 2) attacker.send(headers(last, getFields('/')));
      const before = seen.length;
      while (seen.length < before + 50 && !attacker.raw.ended) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      for (let stream = first; stream < last; stream += 2) {
        attacker.send(frame(TYPE.reset, 0, stream, uint32(CODE.cancel)));
      }
      while (seen.some(({ cancellation }) => cancellation.reason === undefined) && !attacker.raw.ended) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    assert.equal(attacker.goawayCode, CODE.enhanceYourCalm);
    assert.ok(seen.length <= 300, `${seen.length} requests were handed on`);
  });

  it('calms a client that makes the server take its requests back', async () => {
    // A window that grows by nothing is an error of the stream (RFC 9113 §6.9), and one of the client's making.
    handle = () => {};
    await flood((round) => {
      const stream = 2 * round + 1;
      return Buffer.concat([headers(stream, getFields('/')), frame(TYPE.windowUpdate, 0, stream, uint32(0))]);
    });
    assert.ok(seen.length <= 201, `${seen.length} requests were handed on`);
  });

  it('bears a client that takes every other request back', async () => {
    for (let round = 0; round < 300; round++) {
      attacker.send(headers(4 * round + 1, getFields('/whole')));
      await attacker.raw.until(() => attacker.raw.received.length > 0);
      attacker.send(
        headers(4 * round + 3, getFields('/')),
        frame(TYPE.reset, 0, 4 * round + 3, uint32(CODE.cancel)),
      );
      while (seen.filter(({ path }) => path === '/whole').length <= round) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    assert.equal(attacker.raw.ended, false);
  });

  const floods: readonly [string, (round: number) => Uint8Array][] = [
    ['PING', () => Buffer.concat(Array(50).fill(PING))],
    ['SETTINGS', () => Buffer.concat(Array(50).fill(settings(SETTING.initialWindowSize, 65535)))],
    [
      'PRIORITY',
      (round) => {
        const one = frame(TYPE.priority, 0, 2 * round + 1, Buffer.concat([uint32(0), Buffer.from([1])]));
        return Buffer.concat(Array(50).fill(one));
      },
    ],
    ['WINDOW_UPDATE', () => Buffer.concat(Array(1000).fill(frame(TYPE.windowUpdate, 0, 0, uint32(1))))],
    ['unknown', () => frame(0xee, 0, 0, Buffer.alloc(16_000))],
  ];
  for (const [what, frames] of floods) {
    it(`ends a client that sends nothing but ${what} frames`, async () => {
      await flood(frames);
      assert.equal(seen.length, 0);
    });
  }

  for (const code of [CODE.none, CODE.protocolError]) {
    it(`survives a GOAWAY of code ${code} with a request and a frame that is wrong behind it`, async () => {
      const goaway = frame(TYPE.goaway, 0, 0, Buffer.concat([uint32(0), uint32(code)]));
      for (let round = 0; round < 5; round++) {
        const client = await FrameClient.open(listener.port);
        client.send(goaway, headers(1, getFields('/')), frame(TYPE.reset, 0, 1, Buffer.alloc(5)));
        await client.raw.until(() => client.goawayCode !== null || client.raw.ended);
        client.destroy();
      }
    });
  }

  it('ends a client that never ends a header block', async () => {
    attacker.send(frame(TYPE.headers, FLAG.endStream, 1, fieldBlock(getFields('/'))));
    await flood(() => frame(TYPE.continuation, 0, 1, fieldBlock(['x', 'y'])));
    assert.equal(seen.length, 0);
  });

  it('ends a client that sends empty pieces of a body', async () => {
    attacker.send(headers(1, getFields('/'), 0));
    await flood(() => Buffer.concat(Array(1000).fill(frame(TYPE.data, 0, 1))));
  });

  const OVERSIZED = getFields(
    '/',
    Array.from({ length: 30 }, (_, index) => [`x-${index}`, 'v'.repeat(600)]).flat(),
  );

  it('resets a request with more than 16 KiB of fields, and goes on', async () => {
    await acknowledge();
    attacker.send(headers(1, OVERSIZED));
    assert.equal((await attacker.frame(TYPE.reset, 1)).payload.readUInt32BE(0), CODE.enhanceYourCalm);
    attacker.send(headers(3, getFields('/next')));
    assert.equal((await attacker.frame(TYPE.data, 3)).payload.toString(), '/next');
  });

  it('refuses such a request of a client that has not heard of the limit', async () => {
    attacker.send(headers(1, OVERSIZED));
    await attacker.raw.closed();
    assert.deepEqual(
      refusals.map(({ message }) => message),
      ['the head has more than 16384 bytes'],
    );
  });

  it('resets a request with thousands of fields', async () => {
    const many = Array.from({ length: 1000 }, () => ['x', '']).flat();
    attacker.send(headers(1, getFields('/', many)));
    assert.equal((await attacker.frame(TYPE.reset, 1)).payload.readUInt32BE(0), CODE.enhanceYourCalm);
    assert.equal(seen.length, 0);
  });

  it('resets a request whose few bytes stand for many fields', async () => {
    // One field of 3 KiB enters the table, and each further byte is that field again (RFC 7541 §6.1).
    const stored = Buffer.concat([Buffer.from([0x40]), literal('x'), literal('v'.repeat(3000))]);
    const again = Buffer.concat(Array(10_000).fill(integer(62, 7, 0x80)));
    const block = Buffer.concat([fieldBlock(getFields('/')), stored, again]);
    attacker.send(frame(TYPE.headers, FLAG.endStream | FLAG.endHeaders, 1, block));
    assert.notEqual((await attacker.frame(TYPE.reset, 1)).payload.readUInt32BE(0), CODE.none);
    assert.equal(seen.length, 0);
  });

  for (const acknowledged of [false, true]) {
    it(`takes no more than a hundred streams at once, ${acknowledged ? 'or ends a client that knows' : 'also before a client knows'}`, async () => {
      handle = (exchange, reply, refusal) => {
        if (exchange.path === '/other') answer(exchange, reply, refusal);
      };
      if (acknowledged) await acknowledge();
      for (let index = 0; index <= 100; index++) attacker.send(headers(2 * index + 1, getFields('/')));
      if (acknowledged) {
        await attacker.raw.closed();
        assert.notEqual(attacker.goawayCode, CODE.none);
      } else {
        const { payload } = await attacker.frame(TYPE.reset, 201);
        assert.equal(payload.readUInt32BE(0), CODE.refusedStream);
      }
      assert.ok(seen.length <= 100);
    });
  }

  it('holds little for a client that opens no window, and resets its streams after a while', async () => {
    attacker.destroy();
    other.destroy();
    listener.close();
    await open(300);
    const bodies: PatternBody[] = [];
    handle = (_exchange, reply) => {
      const body = new PatternBody(8 * MIB, { announced: true });
      bodies.push(body);
      void reply.send(200, NONE, body);
    };
    attacker.send(settings(SETTING.initialWindowSize, 0));
    for (let index = 0; index < 100; index++) attacker.send(headers(2 * index + 1, getFields('/')));
    for (let index = 0; index < 100; index++) {
      assert.equal(
        (await attacker.frame(TYPE.reset, 2 * index + 1)).payload.readUInt32BE(0),
        CODE.internalError,
      );
    }
    for (const { produced, cancelled } of bodies) {
      assert.ok(produced <= 256 * 1024, `${produced} bytes of one were made`);
      assert.equal(cancelled, true);
    }
  });

  describe('resets without a word to the handler', () => {
    const get = getFields('/');
    const cases: readonly [string, readonly string[]][] = [
      ['a name in capitals', [...get, 'X-A', '1']],
      ['connection', [...get, 'connection', 'close']],
      ['transfer-encoding', [...get, 'transfer-encoding', 'chunked']],
      ['te that is not trailers', [...get, 'te', 'gzip']],
      ['no path', [':method', 'GET', ':scheme', 'http', ':authority', 'a']],
      ['an empty path', [':method', 'GET', ':scheme', 'http', ':authority', 'a', ':path', '']],
      ['no scheme', [':method', 'GET', ':path', '/', ':authority', 'a']],
      ['no method', [':scheme', 'http', ':path', '/', ':authority', 'a']],
      ['two paths', [...get, ':path', '/b']],
      ['a pseudo-field after others', ['x', '1', ...get]],
      ['an unknown pseudo-field', [...get, ':status', '200']],
      ['two hosts', [...get, 'host', 'a', 'host', 'b']],
      ['no authority and no host', [':method', 'GET', ':scheme', 'http', ':path', '/']],
      ['a length without a body', [...get, 'content-length', '3']],
      ['two lengths', [...get, 'content-length', '0', 'content-length', '0']],
    ];
    for (const [what, fields] of cases) {
      it(what, async () => {
        attacker.send(headers(1, fields));
        assert.equal((await attacker.frame(TYPE.reset, 1)).payload.readUInt32BE(0), CODE.protocolError);
        assert.equal(seen.length, 0);
        attacker.send(headers(3, getFields('/next')));
        assert.equal((await attacker.frame(TYPE.data, 3)).payload.toString(), '/next');
      });
    }
  });

  it('does not show a field whose value has a line end: nghttp2 leaves it out', async () => {
    attacker.send(headers(1, getFields('/next', ['x', 'a\r\nb: c', 'y', '1'])));
    assert.equal((await attacker.frame(TYPE.data, 1)).payload.toString(), '/next');
    assert.deepEqual(seen[0]?.requestHeaders.flat, ['host', 'a', 'y', '1']);
  });

  describe('refuses through the handler', () => {
    const cases: readonly [string, readonly string[], number][] = [
      ['CONNECT', [':method', 'CONNECT', ':authority', 'a:1'], 501],
      ['a host that is not the authority', [...getFields('/'), 'host', 'b'], 400],
      ['another scheme', [':method', 'GET', ':scheme', 'ftp', ':authority', 'a', ':path', '/'], 400],
      [
        'a target that is none',
        [':method', 'OPTIONS', ':scheme', 'http', ':authority', 'a', ':path', '*'],
        400,
      ],
      ['userinfo', [':method', 'GET', ':scheme', 'http', ':authority', 'u@a', ':path', '/'], 400],
    ];
    for (const [what, fields, status] of cases) {
      it(what, async () => {
        attacker.send(headers(1, fields));
        await attacker.raw.closed();
        assert.ok(attacker.frames.some(({ type, stream }) => type === TYPE.headers && stream === 1));
        assert.deepEqual(
          refusals.map((refusal) => refusal.status),
          [status],
        );
        assert.equal(attacker.goawayCode, CODE.none);
      });
    }
  });

  it('fails an upload with more bytes than its length', async () => {
    const collector = new Collector();
    handle = (exchange) => exchange.requestBody?.read(collector);
    attacker.send(headers(1, [...getFields('/'), 'content-length', '3'], 0));
    while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
    attacker.send(frame(TYPE.data, FLAG.endStream, 1, Buffer.from('abcdef')));
    assert.equal((await attacker.frame(TYPE.reset, 1)).payload.readUInt32BE(0), CODE.protocolError);
    await collector.done;
    assert.equal(collector.error?.code, 'SLUICE_LISTEN_ABORTED');
    assert.equal(collector.ended, false);
  });

  it('fails an upload that ends before its length', async () => {
    const collector = new Collector();
    handle = (exchange) => exchange.requestBody?.read(collector);
    attacker.send(headers(1, [...getFields('/'), 'content-length', '9'], 0));
    while (seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
    attacker.send(frame(TYPE.data, FLAG.endStream, 1, Buffer.from('abcdef')));
    await collector.done;
    assert.equal(collector.error?.code, 'SLUICE_LISTEN_ABORTED');
    assert.equal(collector.ended, false);
  });

  it('ends a client that sends more than its window', async () => {
    handle = () => {};
    attacker.send(headers(1, getFields('/'), 0));
    await flood(() => frame(TYPE.data, 0, 1, Buffer.alloc(16_384)));
    assert.ok((seen[0]?.bytesIn ?? 0) <= 256 * 1024);
  });

  it('ends a client that greets and says nothing more', async () => {
    const mute = await RawClient.open(listener.port);
    mute.send('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    await mute.closed();
    mute.destroy();
  });

  for (const [when, streams, times] of [
    ['in a rest', 0, { headMs: 200, restMs: 60_000 }],
    ['with a request under way', 1, { headMs: 200, restMs: 200 }],
  ] as const) {
    it(`lets go of a client that broke the protocol ${when} and left`, async () => {
      handle = () => {};
      const quick = new NodeListener(
        { name: 'quick', host: '127.0.0.1', port: 0, idleMs: 0, http2: true },
        times,
      );
      let running = 0;
      await quick.listen(({ cancellation }) => {
        running += 1;
        cancellation.subscribe(() => {
          running -= 1;
        });
      });
      const client = await FrameClient.open(quick.port);
      if (streams > 0) {
        client.send(headers(1, getFields('/'), 0));
        await until(() => running === 1);
      }
      // Data on a stream that was never opened (RFC 9113 §5.1).
      client.send(frame(TYPE.data, 0, 101, Buffer.from('x')));
      await client.frame(TYPE.goaway, 0);
      client.raw.socket.end();
      await client.raw.closed();
      await until(() => running === 0);
      client.destroy();
      quick.close();
    });
  }

  it('serves the requests that came in one packet with one that closes the connection', async () => {
    const malformed = headers(1, getFields('/a', ['host', 'b']));
    attacker.send(malformed, headers(3, getFields('/b')), headers(5, getFields('/c')));
    await attacker.frame(TYPE.data, 3);
    await attacker.frame(TYPE.data, 5);
    await attacker.raw.until(() => attacker.goawayCode !== null || attacker.raw.ended);
    assert.deepEqual(
      [attacker.goawayCode, attacker.resetCode(3), attacker.resetCode(5)],
      [CODE.none, null, null],
    );
  });

  it('serves a request that came in one packet with a goodbye before it', async () => {
    attacker.send(
      frame(TYPE.goaway, 0, 0, Buffer.concat([uint32(0), uint32(CODE.none)])),
      headers(1, getFields('/a')),
    );
    await attacker.frame(TYPE.data, 1);
    assert.equal(attacker.resetCode(1), null);
  });

  it('asks a silent client once whether it is there, and keeps one that is', async () => {
    const quick = new NodeListener(
      { name: 'quick', host: '127.0.0.1', port: 0, idleMs: 0, http2: true },
      { headMs: 200, restMs: 60_000 },
    );
    await quick.listen(answer);
    const client = await Http2Client.open(quick.port);
    let asked = 0;
    client.session.on('ping', () => {
      asked += 1;
    });
    await until(() => asked === 1);
    assert.equal((await client.ask('/other')).status, 200);
    await until(() => asked === 2);
    assert.equal((await client.ask('/other')).status, 200);
    client.destroy();
    quick.close();
  });

  it('ends a client whose first frame is none', async () => {
    const wrong = await RawClient.open(listener.port);
    wrong.send(`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${'GET / HTTP/1.1\r\n'.repeat(10)}`);
    await wrong.closed();
    wrong.destroy();
  });
});
