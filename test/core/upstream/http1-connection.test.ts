import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, it } from 'node:test';
import { BufferedBody } from '../../../core/exchange.js';
import { HeaderList } from '../../../core/headers.js';
import type { Upstream } from '../../../core/upstream/upstream.js';
import {
  CountingConsumer,
  collect,
  PushedBody,
  startUpstream,
  upstreamRequest,
} from '../../support/upstream-client.js';
import { answering, startHttpTarget, startRawTarget, until } from '../../support/upstream-servers.js';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

async function get(upstream: Upstream, target = '/'): Promise<string> {
  return collect((await upstream.forward(upstreamRequest({ target }))).body);
}

// What it has in common with the other client is in call.test.ts and in the contract suite.
describe('Http1Connection', { timeout: 30_000 }, () => {
  it('keeps apart what many sockets read into one buffer', async (t) => {
    const sockets: Socket[] = [];
    const target = await startRawTarget(t, (socket) => {
      sockets.push(socket);
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n'));
    });
    const upstream = startUpstream(t, [target.url]);
    const bodies = await Promise.all(
      Array.from({ length: 4 }, async () => (await upstream.forward(upstreamRequest())).body!),
    );
    // Half of them hold what comes, half of them are read as it comes.
    const read = bodies.slice(0, 2).map(collect);
    for (let round = 0; round < 20; round++) {
      for (const [i, socket] of sockets.entries()) socket.write(`${i}`.repeat(1000 + round));
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (const socket of sockets) socket.end();
    const texts = await Promise.all([...read, ...bodies.slice(2).map(collect)]);
    const expected = 20 * 1000 + (19 * 20) / 2;
    assert.deepEqual(
      texts.map((text) => [text.length, new Set(text).size]),
      [
        ...[
          [expected, 1],
          [expected, 1],
          [expected, 1],
          [expected, 1],
        ],
      ],
    );
    assert.deepEqual(texts.map((text) => text[0]).sort(), ['0', '1', '2', '3']);
  });

  it('reads a response that comes byte by byte', async (t) => {
    const wire = 'HTTP/1.1 103 Hi\r\n\r\nHTTP/1.1 200 OK\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n';
    const target = await startRawTarget(t, (socket) => {
      const bytes = Buffer.from(`${wire}3;a=b\r\nabc\r\nA\r\n0123456789\r\n0\r\nx-t: 1\r\n\r\n`);
      let at = 0;
      const next = (): void => {
        if (at === bytes.length) return;
        socket.write(bytes.subarray(at, ++at), () => setImmediate(next));
      };
      socket.on('data', next);
    });
    const upstream = startUpstream(t, [target.url]);
    const response = await upstream.forward(upstreamRequest());
    assert.deepEqual(response.headers.flat, ['x-a', '1']);
    assert.equal(await collect(response.body), 'abc0123456789');
  });

  it('skips a 100 that it did not ask for', async (t) => {
    const target = await startRawTarget(
      t,
      answering(() => `HTTP/1.1 100 Continue\r\n\r\n${OK}`),
    );
    assert.equal(await get(startUpstream(t, [target.url])), 'ok');
  });

  it('sends a small request in one piece, body and all', async (t) => {
    const pieces: string[] = [];
    const target = await startRawTarget(t, (socket) => {
      socket.on('data', (bytes) => {
        pieces.push(bytes.toString('latin1'));
        socket.write(OK);
      });
    });
    const upstream = startUpstream(t, [target.url]);
    const body = new BufferedBody(Buffer.from('\0\r\n\x7f\x80\xff', 'latin1'));
    await upstream.forward(upstreamRequest({ method: 'POST', authority: 'a.example', target: '/x?y', body }));
    assert.deepEqual(pieces, [
      'POST /x?y HTTP/1.1\r\nhost: a.example\r\nconnection: keep-alive\r\ncontent-length: 6\r\n\r\n\0\r\n\x7f\x80\xff',
    ]);
  });

  it('announces a body only where one is or is expected', async (t) => {
    const heads: string[] = [];
    const target = await startRawTarget(
      t,
      answering((head) => {
        heads.push(head);
        return OK;
      }),
    );
    const upstream = startUpstream(t, [target.url]);
    const empty = new BufferedBody(new Uint8Array(0));
    for (const [method, body] of [
      ['GET', null],
      ['GET', empty],
      ['POST', null],
      ['POST', empty],
    ] as const) {
      await upstream.forward(upstreamRequest({ method, body }));
    }
    assert.deepEqual(
      heads.map((head) => /content-length: \d+|transfer-encoding/.exec(head)?.[0]),
      [...[undefined, undefined, 'content-length: 0', 'content-length: 0']],
    );
  });

  it('sends nothing that would be read as another request', async (t) => {
    const target = await startHttpTarget(t, (_request, response) => response.end());
    const upstream = startUpstream(t, [target.url]);
    const broken = [
      { target: '/a b' },
      { target: '/\r\nx: y' },
      { target: '/\u010a' },
      { target: '' },
      { method: 'G T' },
      { authority: 'a\r\nx: y' },
      { headers: new HeaderList(['x: y', '1']) },
      { headers: new HeaderList(['x', '\u010a']) },
      { headers: new HeaderList(['content-length', '5']) },
      { headers: new HeaderList(['transfer-encoding', 'chunked']) },
    ];
    for (const changes of broken) {
      await assert.rejects(upstream.forward(upstreamRequest(changes)), { code: 'SLUICE_INTERNAL' });
    }
    assert.equal(target.sockets.length, 0);
  });

  it('blames itself for a body that is not as long as it was announced', async (t) => {
    const target = await startRawTarget(t, (socket) => socket.resume());
    const upstream = startUpstream(t, [target.url]);
    for (const [total, length] of [
      [1000, 2000],
      [2000, 1000],
      [0, 1],
    ] as const) {
      const body = new PushedBody(total, length, true, 100);
      await assert.rejects(upstream.forward(upstreamRequest({ method: 'POST', body })), {
        code: 'SLUICE_INTERNAL',
      });
      assert.equal(body.cancelled?.code, 'SLUICE_INTERNAL');
    }
    await until(() => target.sockets.every((socket) => socket.destroyed));
    assert.equal(upstream.states()[0]!.failures, 0);
  });

  const closing: Record<string, { answer: string; method?: string }> = {
    'the target says that it closes': {
      answer: 'HTTP/1.1 200 OK\r\nConnection: x, Close\r\ncontent-length: 2\r\n\r\nok',
    },
    'the target speaks HTTP/1.0': { answer: 'HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok' },
    'bytes follow the response': { answer: `${OK}HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison` },
    'a 204 announces a body': { answer: 'HTTP/1.1 204 No Content\r\ncontent-length: 6\r\n\r\n' },
    'the request was HEAD': { answer: 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n', method: 'HEAD' },
    'the request had a body where none is expected': { answer: OK, method: 'DELETE' },
    'the target keeps connections for too short a time': {
      answer: `HTTP/1.1 200 OK\r\nKeep-Alive: timeout=2\r\ncontent-length: 2\r\n\r\nok`,
    },
  };
  for (const [why, { answer, method = 'GET' }] of Object.entries(closing)) {
    it(`uses no connection again when ${why}`, async (t) => {
      const target = await startRawTarget(
        t,
        answering((_head, index) => (index === 0 ? answer : OK)),
      );
      const upstream = startUpstream(t, [target.url]);
      const body = method === 'DELETE' ? new BufferedBody(Buffer.from('x')) : null;
      await collect((await upstream.forward(upstreamRequest({ method, body }))).body);
      assert.equal(await get(upstream), 'ok');
      assert.equal(target.sockets.length, 2);
      await until(() => target.sockets[0]!.destroyed);
    });
  }

  it('uses a connection again when a target of HTTP/1.0 keeps it', async (t) => {
    const answer = 'HTTP/1.0 200 OK\r\nconnection: Keep-Alive\r\ncontent-length: 2\r\n\r\nok';
    const target = await startRawTarget(
      t,
      answering(() => answer),
    );
    const upstream = startUpstream(t, [target.url]);
    assert.equal((await get(upstream)) + (await get(upstream)), 'okok');
    assert.equal(target.sockets.length, 1);
  });

  it('keeps no connection longer than it was told, whatever the target says', async (t) => {
    const answer = 'HTTP/1.1 200 OK\r\nkeep-alive: timeout=100\r\ncontent-length: 2\r\n\r\nok';
    const target = await startRawTarget(
      t,
      answering(() => answer),
    );
    await get(startUpstream(t, [target.url], { keepAliveMs: 5 }));
    await until(() => target.sockets[0]!.destroyed);
  });

  it('takes no bytes for an answer that came before their request was sent', async (t) => {
    const target = await startRawTarget(
      t,
      answering((head) => OK.replace('ok', head.slice(5, 7))),
    );
    const upstream = startUpstream(t, [target.url], { connections: 1 });
    assert.equal(await get(upstream, '/aa'), 'aa');
    // A turn of the event loop that begins here: the bytes are due in it, and the request waits for its end.
    await new Promise((resolve) => setTimeout(resolve, 0));
    target.sockets[0]!.write(OK.replace('ok', 'xx'));
    assert.equal(await get(upstream, '/bb'), 'bb');
    assert.equal(target.sockets.length, 2);
    target.sockets[1]!.write('HTTP/1.1 408 Too Late\r\n\r\n');
    await until(() => target.sockets[1]!.destroyed);
    assert.equal(await get(upstream, '/cc'), 'cc');
  });

  it('opens a new connection when the target has closed the one that it kept', async (t) => {
    const target = await startRawTarget(
      t,
      answering(() => OK),
    );
    const upstream = startUpstream(t, [target.url], { retries: 0 });
    for (let i = 0; i < 3; i++) {
      assert.equal(await get(upstream), 'ok');
      target.sockets[i]!.end();
      await until(() => target.sockets[i]!.destroyed);
    }
    assert.equal(target.sockets.length, 3);
  });

  it('closes the connection when the answer comes before a body in memory was taken', async (t) => {
    const target = await startRawTarget(t, (socket) => {
      socket.once('data', () => {
        socket.pause();
        socket.write(OK);
      });
    });
    const upstream = startUpstream(t, [target.url]);
    const body = new BufferedBody(new Uint8Array(32 * 1024 * 1024));
    const response = await upstream.forward(upstreamRequest({ method: 'POST', body }));
    assert.equal(await collect(response.body), 'ok');
    target.sockets[0]!.resume();
    await until(() => target.sockets[0]!.destroyed);
    assert.ok(target.sockets[0]!.bytesRead < body.length, 'the rest was not sent');
  });

  it('goes on after a pause in the middle of a read', async (t) => {
    const text = 'x'.repeat(300_000);
    const target = await startHttpTarget(t, (_request, response) => response.end(text));
    const upstream = startUpstream(t, [target.url]);
    const { body } = await upstream.forward(upstreamRequest());
    const consumer = new CountingConsumer();
    const paused: number[] = [];
    body!.read({
      chunk: (bytes) => {
        consumer.chunk(bytes);
        body!.pause();
        paused.push(consumer.bytes);
        setImmediate(() => body!.resume());
      },
      end: () => consumer.end(),
      fail: (error) => consumer.fail(error),
    });
    await until(() => consumer.outcome !== 'open');
    assert.deepEqual([consumer.outcome, consumer.bytes], ['ended', text.length]);
    assert.ok(paused.length > 1);
    assert.equal(await get(upstream), text, 'the connection reads on for the next request');
    assert.equal(target.sockets.length, 1);
  });
});
