import assert from 'node:assert/strict';
import { constants, createSecureServer, type ServerHttp2Stream } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { describe, it } from 'node:test';
import { Cancellation } from '../../../core/exchange.js';
import { DeadlineWheel } from '../../../core/upstream/deadline-wheel.js';
import { SessionPool } from '../../../core/upstream/session-pool.js';
import { TargetConnector } from '../../../core/upstream/target-connector.js';
import { TestAuthority } from '../../support/certificates.js';
import { clientTls } from '../../support/client-tls.js';
import { frame, headers, onFrames, settings, TYPE } from '../../support/http2-frames.js';
import { echo, hasCode, post, startHttp2Target, startHttp2Upstream } from '../../support/http2-target.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { clientLeft, collect, upstreamRequest } from '../../support/upstream-client.js';
import {
  listenSecurely,
  startHttpTarget,
  startRawTarget,
  startSaturatedTarget,
  until,
} from '../../support/upstream-servers.js';

const { NGHTTP2_NO_ERROR, NGHTTP2_INTERNAL_ERROR } = constants;

describe('SessionPool', { timeout: 30_000 }, () => {
  it('carries many requests at once on one connection', async (t) => {
    const waiting: ServerHttp2Stream[] = [];
    const target = await startHttp2Target(t, (stream) => waiting.push(stream));
    const upstream = startHttp2Upstream(t, [target.url]);
    const texts = Array.from({ length: 60 }, async () =>
      collect((await upstream.forward(upstreamRequest())).body),
    );
    await until(() => waiting.length === 60);
    assert.equal(target.sockets.length, 1);
    for (const stream of waiting) {
      stream.respond({ ':status': 200 });
      stream.end('ok');
    }
    assert.equal((await Promise.all(texts)).join(''), 'ok'.repeat(60));
    assert.equal(upstream.states()[0]!.active, 0);
  });

  for (const connections of [1, 2]) {
    it(`keeps to what the target allows at once, on ${connections} connections, and queues the rest`, async (t) => {
      let open = 0;
      let most = 0;
      const target = await startHttp2Target(
        t,
        (stream) => {
          most = Math.max(most, ++open);
          setImmediate(() => {
            open--;
            stream.respond({ ':status': 200 });
            stream.end('ok');
          });
        },
        { settings: { maxConcurrentStreams: 5 } },
      );
      const upstream = startHttp2Upstream(t, [target.url], { connections });
      const texts = await Promise.all(
        Array.from({ length: 80 }, async () => collect((await upstream.forward(upstreamRequest())).body)),
      );
      assert.equal(texts.join(''), 'ok'.repeat(80));
      assert.equal(target.sockets.length, connections);
      assert.ok(most <= 5 * connections, `${most} at once`);
    });
  }

  it('lets a client leave that waits for room', async (t) => {
    const streams: ServerHttp2Stream[] = [];
    const target = await startHttp2Target(t, (stream) => streams.push(stream), {
      settings: { maxConcurrentStreams: 1 },
    });
    const upstream = startHttp2Upstream(t, [target.url], { connections: 1 });
    const calls = Array.from({ length: 3 }, () => {
      const cancellation = new Cancellation();
      return { cancellation, answer: upstream.forward(upstreamRequest({ cancellation })) };
    });
    await until(() => streams.length === 1);
    const reason = clientLeft();
    calls[1]!.cancellation.cancel(reason);
    await assert.rejects(calls[1]!.answer, (error) => error === reason);
    streams[0]!.respond({ ':status': 204 }, { endStream: true });
    assert.equal((await calls[0]!.answer).status, 204);
    await until(() => streams.length === 2);
    streams[1]!.respond({ ':status': 205 }, { endStream: true });
    assert.equal((await calls[2]!.answer).status, 205);
  });

  it('sends again what a GOAWAY says was not looked at, also a POST, and lets the rest end', async (t) => {
    const target = await startHttp2Target(t, (stream, fields, index) => {
      if (index === 1) stream.session!.goaway(NGHTTP2_NO_ERROR, 1);
      else if (index > 1) echo(stream, fields, index);
      else {
        stream.respond({ ':status': 200 });
        stream.write('first ');
        stream.session!.once('close', () => {});
        setImmediate(() => stream.end('last'));
      }
    });
    const upstream = startHttp2Upstream(t, [target.url], { retries: 1 });
    const first = await upstream.forward(upstreamRequest());
    const second = await upstream.forward(post('again'));
    assert.equal(await collect(second.body), 'again');
    assert.equal(await collect(first.body), 'first last');
    assert.equal(target.sockets.length, 2);
    assert.equal(upstream.states()[0]!.failures, 0);
  });

  it('sends again after a GOAWAY with an error what was not looked at, and nothing else', async (t) => {
    const target = await startHttp2Target(t, (stream, fields, index) => {
      if (index === 1) stream.session!.goaway(NGHTTP2_INTERNAL_ERROR, 1);
      else if (index > 1) echo(stream, fields, index);
    });
    const upstream = startHttp2Upstream(t, [target.url], { retries: 1 });
    const seen = upstream.forward(post('seen'));
    seen.catch(() => {});
    await until(() => target.sessions.length === 1);
    const unseen = await upstream.forward(post('unseen'));
    assert.equal(await collect(unseen.body), 'unseen');
    await assert.rejects(seen, hasCode('SLUICE_UPSTREAM_CLOSED', /it sent GOAWAY with code 2/));
  });

  it('opens a new connection after a GOAWAY, for the next request', async (t) => {
    const target = await startHttp2Target(t, echo);
    const upstream = startHttp2Upstream(t, [target.url]);
    assert.equal(await collect((await upstream.forward(upstreamRequest())).body), '/');
    target.sessions[0]!.close();
    await until(() => target.sockets[0]!.destroyed);
    assert.equal(await collect((await upstream.forward(upstreamRequest())).body), '/');
    assert.equal(target.sockets.length, 2);
  });

  it('gives up on a target that accepts and says nothing, and does not blame its own queue for it', async (t) => {
    const target = await startRawTarget(t, (socket) => socket.resume());
    const upstream = startHttp2Upstream(t, [target.url]);
    const calls = [30, 30].map((connectMs) => upstream.forward(upstreamRequest({ connectMs })));
    for (const call of calls)
      await assert.rejects(call, hasCode('SLUICE_UPSTREAM_CONNECT_TIMEOUT', /no connection to/));
    assert.equal(upstream.states()[0]!.failures, 2);
    await until(() => target.sockets.every((socket) => socket.destroyed));
  });

  it('does not wait at its end for a connection that is being opened', async (t) => {
    const upstream = startHttp2Upstream(t, [await startSaturatedTarget(t)]);
    const cancellation = new Cancellation();
    const answer = upstream.forward(upstreamRequest({ cancellation, connectMs: 60_000 }));
    const reason = clientLeft();
    setImmediate(() => cancellation.cancel(reason));
    await assert.rejects(answer, (error) => error === reason);
    await upstream.dispose();
  });

  it('says so when the target does not speak HTTP/2', async (t) => {
    const plain = await startHttpTarget(t, (_request, response) => response.end());
    await assert.rejects(
      startHttp2Upstream(t, [plain.url]).forward(upstreamRequest()),
      hasCode('SLUICE_UPSTREAM_CONNECT', /it does not speak HTTP\/2/),
    );
    const authority = TestAuthority.root();
    const { chain: cert, key } = authority.issue({ names: ['127.0.0.1'] });
    const tls = clientTls({ ca: authority.cert });
    const secure = await listenSecurely(t, createHttpsServer({ cert, key }), 0);
    const silent = await listenSecurely(t, createHttpsServer({ cert, key, ALPNProtocols: [] }), 0);
    for (const { url } of [secure, silent]) {
      await assert.rejects(
        startHttp2Upstream(t, [url], { tls }).forward(upstreamRequest()),
        hasCode('SLUICE_UPSTREAM_TLS', /does not agree to HTTP\/2|does not speak the HTTP version/),
      );
    }
    const server = createSecureServer({ cert, key }, (_request, response) => response.end('ok'));
    const good = await listenSecurely(t, server, 0);
    assert.equal((await startHttp2Upstream(t, [good.url], { tls }).forward(upstreamRequest())).status, 200);
  });

  it('leaves a connection on which the target broke the protocol, and goes on with another', async (t) => {
    let broken = false;
    const target = await startRawTarget(t, (socket, index) => {
      socket.write(settings());
      onFrames(socket, (type, stream) => {
        if (type === TYPE.goaway) broken = true;
        if (type !== TYPE.headers) return;
        // A body before its head ends the session of nghttp2; the target keeps the connection open all the same.
        const early = frame(TYPE.data, 0, stream, Buffer.from('early'));
        socket.write(index === 0 ? early : headers(stream, [':status', '204']));
      });
    });
    const upstream = startHttp2Upstream(t, [target.url], { retries: 1, connections: 1 });
    const cancellation = new Cancellation();
    const first = assert.rejects(upstream.forward(upstreamRequest({ cancellation })));
    await until(() => broken);
    const second = upstream.forward(post('a'));
    // Has nghttp2 look at what it has to send, and find that it may not.
    cancellation.cancel(clientLeft());
    assert.equal((await second).status, 204);
    assert.equal((await upstream.forward(post('b'))).status, 204);
    assert.equal(target.sockets.length, 2);
    await first;
  });

  it('survives a GOAWAY with the end of the last stream and a frame that is wrong behind it', async (t) => {
    const goaway = frame(TYPE.goaway, 0, 0, Buffer.alloc(8));
    const target = await startRawTarget(t, (socket, index) => {
      socket.write(settings());
      onFrames(socket, (type, stream) => {
        if (type !== TYPE.headers) return;
        const answer = headers(stream, [':status', '204']);
        const wrong = frame(TYPE.reset, 0, stream, Buffer.alloc(5));
        socket.write(index < 5 ? Buffer.concat([goaway, answer, wrong]) : answer);
      });
    });
    const upstream = startHttp2Upstream(t, [target.url], { retries: 0 });
    for (let round = 0; round < 5; round++) await upstream.forward(upstreamRequest()).catch(() => {});
    assert.equal((await upstream.forward(upstreamRequest())).status, 204);
  });

  it('gives up a connection whose target is there no more, and goes on with another', async (t) => {
    const target = await startHttp2Target(t, (stream, fields, index) => {
      if (fields[':path'] !== '/silent') echo(stream, fields, index);
    });
    const proxy = await TcpProxy.start(new URL(target.url).host);
    t.after(() => proxy.stop());
    const wheel = new DeadlineWheel();
    const times = { keepAliveMs: 30_000, silenceMs: 20, doubtMs: 20, quietMs: 20, stuckMs: 50, ackMs: 200 };
    const pool = new SessionPool(
      new TargetConnector(`http://${proxy.endpoint}`, { allowPrivate: false, protocol: 'http2' }),
      ...([1, times, wheel] as const),
    );
    t.after(() => pool.close());
    assert.equal(await outcomeOf(pool, '/'), 200);
    // Silent, but there: it answers to pings.
    const patient = outcomeOf(pool, '/silent');
    await until(() => target.sessions.length === 1);
    assert.equal(await Promise.race([patient, outcomeOf(pool, '/')]), 200);
    proxy.freeze();
    const stuck = outcomeOf(pool, '/');
    assert.match(String(await patient), /it does not answer to a ping/);
    assert.match(String(await stuck), /it does not answer to a ping/);
    proxy.thaw();
    assert.equal(await outcomeOf(pool, '/'), 200);
  });

  it('keeps an idle connection no longer than it was told, and checks health in the same version', async (t) => {
    const target = await startHttp2Target(t, echo);
    const upstream = startHttp2Upstream(t, [target.url], { keepAliveMs: 5 });
    assert.equal(await collect((await upstream.forward(upstreamRequest())).body), '/');
    await until(() => target.sockets[0]!.destroyed);
    const paths: (string | undefined)[] = [];
    const checked = await startHttp2Target(t, (stream, fields) => {
      paths.push(fields[':path']);
      stream.respond({ ':status': paths.length > 3 ? 500 : 200 }, { endStream: true });
    });
    const healthCheck = { path: '/up', intervalMs: 1, timeoutMs: 5000, healthyAfter: 1, unhealthyAfter: 1 };
    const watched = startHttp2Upstream(t, [checked.url], { healthCheck });
    await until(() => !watched.states()[0]!.healthy);
    assert.ok(paths.length > 3);
    await assert.rejects(watched.forward(upstreamRequest()), /is unhealthy: it answered 500$/);
    await until(() => checked.sockets.slice(0, 3).every((socket) => socket.destroyed));
  });
});

/** Sends a request by itself; resolves with the status or the error. */
function outcomeOf(pool: SessionPool, target: string): Promise<number | Error> {
  return new Promise((resolve) => {
    pool.acquire({
      connectMs: 10_000,
      onConnection: (connection) => {
        const nothing = (): void => {};
        const over = (outcome: number | Error): void => {
          pool.release(connection);
          resolve(outcome);
        };
        let status = 0;
        connection.send(upstreamRequest({ target }), {
          ...{ onSending: nothing, onUploadProgress: nothing, onUploadComplete: nothing },
          ...{ onUploadWanted: nothing, onUploadBlocked: nothing, onAnswering: nothing },
          onHead: (head) => {
            status = head.status;
          },
          onData: () => true,
          onLentData: () => true,
          onComplete: () => over(status),
          onError: over,
        });
      },
    });
  });
}
