import assert from 'node:assert/strict';
import {
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { describe, it } from 'node:test';
import type { ErrorCode } from '../../../core/errors.js';
import { BufferedBody, Cancellation } from '../../../core/exchange.js';
import { HeaderList } from '../../../core/headers.js';
import {
  echo,
  hasCode,
  type OnStream,
  post,
  startHttp2Target,
  startHttp2Upstream,
} from '../../support/http2-target.js';
import {
  CountingConsumer,
  clientLeft,
  collect,
  collectAll,
  PushedBody,
  upstreamRequest,
} from '../../support/upstream-client.js';
import { until } from '../../support/upstream-servers.js';

const { NGHTTP2_CANCEL, NGHTTP2_NO_ERROR, NGHTTP2_INTERNAL_ERROR, NGHTTP2_PROTOCOL_ERROR } = constants;
const MIB = 1024 * 1024;

describe('Http2Connection', { timeout: 30_000 }, () => {
  it('resets the stream of a client that leaves, before the head and after, and no other', async (t) => {
    const streams: ServerHttp2Stream[] = [];
    const target = await startHttp2Target(t, (stream, fields) => {
      streams.push(stream);
      if (fields[':path'] === '/late') return;
      stream.respond({ ':status': 200 });
      stream.write('first ');
    });
    const upstream = startHttp2Upstream(t, [target.url]);
    const stays = await upstream.forward(upstreamRequest());
    const cancellation = new Cancellation();
    const begun = await upstream.forward(upstreamRequest({ cancellation }));
    const late = upstream.forward(upstreamRequest({ target: '/late', cancellation }));
    await until(() => streams.length === 3);
    const dropped = await upstream.forward(upstreamRequest());
    const consumer = new CountingConsumer();
    begun.body!.read(consumer);
    const reason = clientLeft();
    cancellation.cancel(reason);
    dropped.body!.cancel(reason);
    await assert.rejects(late, (error) => error === reason);
    assert.equal(consumer.outcome, reason);
    await until(() => [1, 2, 3].every((index) => streams[index]!.closed));
    assert.deepEqual(
      [1, 2, 3].map((index) => streams[index]!.rstCode),
      [NGHTTP2_CANCEL, NGHTTP2_CANCEL, NGHTTP2_CANCEL],
    );
    streams[0]!.end('last');
    assert.equal(await collect(stays.body), 'first last');
    assert.equal(target.sockets.length, 1);
    assert.equal(upstream.states()[0]!.active, 0);
  });

  it('sends a refused stream again, to another target where there is one', async (t) => {
    const refuse: OnStream = (stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM);
    const once = await startHttp2Target(t, (...args) => (args[2] === 0 ? refuse : echo)(...args));
    assert.equal(
      await collect((await startHttp2Upstream(t, [once.url], { retries: 1 }).forward(post('x'))).body),
      'x',
    );
    const never = await startHttp2Target(t, refuse);
    const other = await startHttp2Target(t, echo);
    const both = startHttp2Upstream(t, [never.url, other.url], { retries: 1 });
    assert.equal((await both.forward(post('x'))).target, other.url);
    const alone = startHttp2Upstream(t, [never.url], { retries: 3 });
    await assert.rejects(alone.forward(post('x')), { code: 'SLUICE_UPSTREAM_REFUSED', status: 503 });
    const body = new PushedBody(10);
    await assert.rejects(
      alone.forward(upstreamRequest({ method: 'POST', body })),
      hasCode('SLUICE_UPSTREAM_REFUSED'),
    );
    assert.ok(body.cancelled !== null);
  });

  const resets: Record<string, [code: number, early: ErrorCode, late: ErrorCode]> = {
    'an error': [NGHTTP2_INTERNAL_ERROR, 'SLUICE_UPSTREAM_CLOSED', 'SLUICE_UPSTREAM_CUT'],
    'no error': [NGHTTP2_NO_ERROR, 'SLUICE_UPSTREAM_CLOSED', 'SLUICE_UPSTREAM_CUT'],
    'a cancellation': [NGHTTP2_CANCEL, 'SLUICE_UPSTREAM_CLOSED', 'SLUICE_UPSTREAM_CUT'],
    'a breach of the protocol': [NGHTTP2_PROTOCOL_ERROR, 'SLUICE_UPSTREAM_PROTOCOL', 'SLUICE_UPSTREAM_CUT'],
  };
  for (const [how, [code, early, late]] of Object.entries(resets)) {
    it(`takes no stream that is reset with ${how} for one that is whole`, async (t) => {
      const streams: ServerHttp2Stream[] = [];
      const target = await startHttp2Target(t, (stream, fields) => {
        streams.push(stream);
        if (fields[':path'] === '/early') reset(stream, code);
        else {
          stream.respond({ ':status': 200 });
          stream.write('half');
        }
      });
      const upstream = startHttp2Upstream(t, [target.url]);
      await assert.rejects(upstream.forward(upstreamRequest({ target: '/early' })), hasCode(early));
      const { body } = await upstream.forward(upstreamRequest());
      const consumer = new CountingConsumer();
      body!.read(consumer);
      await until(() => consumer.bytes === 4);
      reset(streams[1]!, code);
      await until(() => consumer.outcome !== 'open');
      hasCode(late)(consumer.outcome);
      assert.equal(target.sockets.length, 1);
    });
  }

  it('fails all that a connection carries when it is gone, and takes none of them for whole', async (t) => {
    const target = await startHttp2Target(t, (stream, fields) => {
      if (fields[':path'] === '/early') return;
      stream.respond({ ':status': 200 });
      stream.write('half');
    });
    const upstream = startHttp2Upstream(t, [target.url]);
    const early = upstream.forward(post('x'));
    early.catch(() => {});
    const early2 = upstream.forward(upstreamRequest({ target: '/early' }));
    early2.catch(() => {});
    const { body } = await early;
    const consumer = new CountingConsumer();
    body!.read(consumer);
    await until(() => consumer.bytes === 4);
    target.reset(0);
    await assert.rejects(early2, hasCode('SLUICE_UPSTREAM_CLOSED'));
    await until(() => consumer.outcome !== 'open');
    hasCode('SLUICE_UPSTREAM_CUT')(consumer.outcome);
    assert.equal(upstream.states()[0]!.active, 0);
  });

  it('hands on what follows the body, but no field that has its place before it', async (t) => {
    const target = await startHttp2Target(t, (stream, fields) => {
      stream.respond({ ':status': 200 }, { waitForTrailers: true });
      stream.on('wantTrailers', () =>
        stream.sendTrailers({
          'grpc-status': '0',
          'x-sum': ['1', '2'],
          'content-type': 'x',
          'set-cookie': 'a=b',
        }),
      );
      if (fields[':path'] === '/flows') stream.write('first ', () => setImmediate(() => stream.end('last')));
      else stream.end('whole');
    });
    const upstream = startHttp2Upstream(t, [target.url]);
    for (const [path, text] of [
      ['/flows', 'first last'],
      ['/', 'whole'],
    ] as const) {
      const { body } = await upstream.forward(upstreamRequest({ target: path }));
      const all = await collectAll(body!);
      assert.equal(all.text, text);
      assert.deepEqual(all.trailers?.flat, ['grpc-status', '0', 'x-sum', '1', 'x-sum', '2']);
    }
  });

  it('skips informational responses', async (t) => {
    const target = await startHttp2Target(t, (stream) => {
      stream.additionalHeaders({ ':status': 103, link: '</a.css>' });
      stream.additionalHeaders({ ':status': 102 });
      stream.respond({ ':status': 200 });
      stream.end('ok');
    });
    const response = await startHttp2Upstream(t, [target.url]).forward(upstreamRequest());
    assert.equal(response.status, 200);
    assert.equal(response.headers.has('link'), false);
    assert.equal(await collect(response.body), 'ok');
  });

  it('has no body where the head is all', async (t) => {
    const target = await startHttp2Target(t, (stream) =>
      stream.respond({ ':status': 200, 'grpc-status': '5' }, { endStream: true }),
    );
    const response = await startHttp2Upstream(t, [target.url]).forward(upstreamRequest());
    assert.equal(response.body, null);
    assert.equal(response.headers.get('grpc-status'), '5');
  });

  it('sends what follows a request body, but what is not for the client to set', async (t) => {
    const seen: (string | undefined)[] = [];
    const trailers: IncomingHttpHeaders[] = [];
    const target = await startHttp2Target(t, (stream, fields) => {
      seen.push(fields['te'] as string | undefined);
      stream.on('trailers', (found) => trailers.push(found));
      stream.resume().on('end', () => stream.respond({ ':status': 204 }, { endStream: true }));
    });
    const upstream = startHttp2Upstream(t, [target.url]);
    const sent = new HeaderList([
      ...['x-sum', '1', 'authorization', 'Basic x', 'x-forwarded-for', '1.2.3.4', 'x_real_ip', '1.2.3.4'],
      ...['content-length', '3', 'x-inner', 'forged', 'http2-settings', 'AAMAAABk', 'te', 'trailers'],
    ]);
    for (const acceptsTrailers of [true, false]) {
      const body = new BufferedBody(Buffer.from('abc'), acceptsTrailers ? sent : null);
      await upstream.forward(
        upstreamRequest({
          ...{ method: 'POST', body, acceptsTrailers, refusesTrailer: (name) => name === 'x-inner' },
        }),
      );
    }
    assert.deepEqual(seen, ['trailers', undefined]);
    assert.deepEqual(
      trailers.map((fields) => Object.entries(fields)),
      [[['x-sum', '1']]],
    );
  });

  it('reads the response while the request is still being written', async (t) => {
    const target = await startHttp2Target(t, (stream) => {
      stream.respond({ ':status': 200 });
      stream.pipe(stream);
    });
    const upstream = startHttp2Upstream(t, [target.url]);
    const body = new PushedBody(0, null, false);
    const { body: answer } = await upstream.forward(upstreamRequest({ method: 'POST', body }));
    const consumer = new CountingConsumer();
    answer!.read(consumer);
    for (let sent = 1; sent <= 5; sent++) {
      body.consumer!.chunk(Buffer.from('x'));
      await until(() => consumer.bytes === sent);
    }
    body.consumer!.end();
    await until(() => consumer.outcome !== 'open');
    assert.equal(consumer.outcome, 'ended');
  });

  it('stops a target whose reader is slow, and lets the other streams of the connection flow', async (t) => {
    let written = 0;
    const target = await startHttp2Target(t, (stream, fields) => {
      stream.respond({ ':status': 200 });
      if (fields[':path'] !== '/slow') {
        stream.end(Buffer.alloc(8 * MIB));
        return;
      }
      const write = (): void => {
        if (stream.destroyed) return;
        stream.write(Buffer.alloc(64 * 1024), () => {
          written += 64 * 1024;
          write();
        });
      };
      write();
    });
    const upstream = startHttp2Upstream(t, [target.url]);
    const slow = await upstream.forward(upstreamRequest({ target: '/slow' }));
    const consumer = new CountingConsumer();
    slow.body!.read(consumer);
    slow.body!.pause();
    for (let i = 0; i < 3; i++) {
      const { body } = await upstream.forward(upstreamRequest());
      assert.equal((await collect(body)).length, 8 * MIB);
    }
    assert.ok(written <= MIB, `${written} bytes were taken for a reader that does not read`);
    assert.equal(target.sockets.length, 1);
    const before = written;
    slow.body!.resume();
    await until(() => written > before + 4 * MIB);
    slow.body!.cancel(clientLeft());
  });

  it('holds little for a hundred readers that read nothing, and serves the next', async (t) => {
    let written = 0;
    const target = await startHttp2Target(t, (stream, fields) => {
      stream.respond({ ':status': 200 });
      if (fields[':path'] !== '/slow') {
        stream.end('ok');
        return;
      }
      const write = (): void => {
        if (stream.destroyed) return;
        stream.write(Buffer.alloc(64 * 1024), (error) => {
          if (error) return;
          written += 64 * 1024;
          write();
        });
      };
      write();
    });
    const upstream = startHttp2Upstream(t, [target.url]);
    const slow = await Promise.all(
      Array.from({ length: 100 }, () => upstream.forward(upstreamRequest({ target: '/slow' }))),
    );
    for (let i = 0; i < 20; i++) {
      assert.equal(await collect((await upstream.forward(upstreamRequest())).body), 'ok');
    }
    assert.ok(written <= 100 * 192 * 1024, `${written} bytes were taken for readers that do not read`);
    assert.equal(target.sockets.length, 1);
    for (const { body } of slow) body!.cancel(clientLeft());
    assert.equal(await collect((await upstream.forward(upstreamRequest())).body), 'ok');
    assert.equal(upstream.states()[0]!.active, 0);
  });

  const oversized: Record<string, OutgoingHttpHeaders> = {
    'a head of 100 kB': { 'x-a': 'a'.repeat(50_000), 'x-b': 'b'.repeat(50_000) },
    'a head of a thousand fields': Object.fromEntries(
      Array.from({ length: 1000 }, (_, i) => [`x-${i}`, '1']),
    ),
  };
  for (const [what, fields] of Object.entries(oversized)) {
    it(`refuses ${what}, and the connection is still of use`, async (t) => {
      const target = await startHttp2Target(
        t,
        (stream, asked, index) => {
          if (index > 0) echo(stream, asked, index);
          else stream.respond({ ':status': 200, ...fields }, { endStream: true });
        },
        { maxSendHeaderBlockLength: 1_000_000 },
      );
      const upstream = startHttp2Upstream(t, [target.url]);
      await assert.rejects(upstream.forward(upstreamRequest()), hasCode('SLUICE_UPSTREAM_PROTOCOL'));
      assert.equal(await collect((await upstream.forward(upstreamRequest())).body), '/');
      assert.equal(target.sockets.length, 1);
    });
  }

  it('joins fields that Node sends once only, and sends others apart', async (t) => {
    let seen: readonly string[] = [];
    const target = await startHttp2Target(t, (stream, fields) => {
      seen = [
        fields['user-agent']!,
        fields['x-a'] as string,
        fields.cookie!,
        String(fields['http2-settings']),
      ];
      stream.respond({ ':status': 204 }, { endStream: true });
    });
    const flat = [
      'user-agent',
      'a',
      'user-agent',
      'b',
      'x-a',
      '1',
      'x-a',
      '2',
      'cookie',
      'c=1',
      'cookie',
      'd=2',
    ];
    const headers = new HeaderList([...flat, 'http2-settings', 'AAMAAABkAAQCAAAAAAIAAAAA']);
    await startHttp2Upstream(t, [target.url]).forward(upstreamRequest({ headers }));
    assert.deepEqual(seen, ['a, b', '1, 2', 'c=1; d=2', 'undefined']);
  });
});

/** Without the end of the stream, which Node sends before a reset with no error. */
function reset(stream: ServerHttp2Stream, code: number): void {
  const { rstStream } = handleOf(stream);
  rstStream(code);
}

function handleOf(stream: ServerHttp2Stream): { rstStream(code: number): void } {
  const symbol = Object.getOwnPropertySymbols(stream).find(({ description }) => description === 'kHandle');
  const handle = (stream as unknown as Record<symbol, { rstStream(code: number): void }>)[symbol!]!;
  return { rstStream: (code) => handle.rstStream(code) };
}
