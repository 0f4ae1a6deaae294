import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { type ErrorCode, GatewayError } from '../../../core/errors.js';
import { BufferedBody, Cancellation } from '../../../core/exchange.js';
import { HeaderList } from '../../../core/headers.js';
import type { BalancedUpstream } from '../../../core/upstream/balanced-upstream.js';
import type { Upstream, UpstreamOptions } from '../../../core/upstream/upstream.js';
import {
  CountingConsumer,
  clientLeft,
  collect,
  PushedBody,
  startUpstream as startUpstreamOn,
  upstreamRequest,
} from '../../support/upstream-client.js';
import { ENGINES } from '../../support/upstream-engines.js';
import {
  answering,
  closedOrigin,
  type startRawTarget,
  startSaturatedTarget,
  until,
} from '../../support/upstream-servers.js';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

/** Registers nothing. */
function skip(): void {}

function hasCode(code: ErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof GatewayError && error.code === code;
}

/** Answers the first request of each connection and closes at the second, unanswered. */
async function startForgetfulTarget(t: TestContext, start: typeof startRawTarget) {
  const heads: string[] = [];
  const target = await start(t, (socket) => {
    let requests = 0;
    socket.on('data', (bytes) => {
      heads.push(bytes.toString('latin1'));
      requests++;
      if (requests === 1) socket.write(OK);
      else socket.destroy();
    });
  });
  return { target, heads };
}

for (const [engine, { build, startHttpTarget, startRawTarget, multiplexes }] of Object.entries(ENGINES)) {
  /** For targets that spell HTTP/1.1 themselves, or count connections. */
  const itRaw = multiplexes ? skip : it;
  const startUpstream = (t: TestContext, urls: string[], changes: Partial<UpstreamOptions> = {}): Upstream =>
    startUpstreamOn(t, urls, changes, build);

  describe(`Call over ${engine}`, { timeout: 30_000 }, () => {
    itRaw('hands a small body that came with its head on as a body in memory', async (t) => {
      const target = await startRawTarget(
        t,
        answering((_head, index) =>
          index === 0
            ? OK
            : 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n',
        ),
      );
      const upstream = startUpstream(t, [target.url]);
      for (const framing of ['content-length', 'chunks']) {
        const { body } = await upstream.forward(upstreamRequest());
        assert.ok(body instanceof BufferedBody, framing);
        assert.equal(Buffer.from(body.bytes).toString(), 'ok');
        assert.equal(upstream.states()[0]!.active, 0);
      }
    });

    it('reuses one connection for requests that follow each other', async (t) => {
      const target = await startHttpTarget(t, (_request, response) => response.end('ok'));
      const upstream = startUpstream(t, [target.url]);
      for (let i = 0; i < 20; i++) {
        const { body } = await upstream.forward(upstreamRequest());
        assert.equal(await collect(body), 'ok');
      }
      assert.equal(target.sockets.length, 1);
    });

    itRaw('keeps to its number of connections and queues the rest', async (t) => {
      let open = 0;
      let most = 0;
      const target = await startHttpTarget(t, (_request, response) => {
        most = Math.max(most, ++open);
        setImmediate(() => {
          open--;
          response.end('ok');
        });
      });
      const upstream = startUpstream(t, [target.url], { connections: 3 });
      const bodies = await Promise.all(
        Array.from({ length: 50 }, async () => collect((await upstream.forward(upstreamRequest())).body)),
      );
      assert.equal(bodies.join(''), 'ok'.repeat(50));
      assert.equal(target.sockets.length, 3);
      assert.ok(most <= 3);
    });

    itRaw(
      'leaves the queue when the client leaves or its time is up, without harm to the others',
      async (t) => {
        const finish: (() => void)[] = [];
        const target = await startHttpTarget(t, (request, response) => {
          finish.push(() => response.end(request.url));
        });
        const upstream = startUpstream(t, [target.url], {
          connections: 1,
          ejection: { failures: 1, durationMs: 60_000 },
        });
        const first = upstream.forward(upstreamRequest({ target: '/first' }));
        await until(() => finish.length === 1);
        const cancellation = new Cancellation();
        const body = new PushedBody(10);
        const left = upstream.forward(
          upstreamRequest({ method: 'POST', target: '/left', body, cancellation }),
        );
        const late = upstream.forward(upstreamRequest({ target: '/late', connectMs: 5 }));
        const last = upstream.forward(upstreamRequest({ target: '/last' }));
        assert.equal(upstream.states()[0]!.active, 4);
        const reason = clientLeft();
        cancellation.cancel(reason);
        await assert.rejects(left, (error) => error === reason);
        assert.equal(body.cancelled, reason);
        await assert.rejects(late, {
          code: 'SLUICE_UPSTREAM_CONNECTIONS',
          status: 503,
          message: /upstreams\.[\w-]+\.connections are all in use$/,
          headers: ['retry-after', '1'],
        });
        assert.equal(upstream.states()[0]!.active, 2);
        assert.equal(
          upstream.states()[0]!.ejected,
          false,
          'waiting in our queue is not a failure of the target',
        );
        finish[0]!();
        assert.equal(await collect((await first).body), '/first');
        await until(() => finish.length === 2);
        finish[1]!();
        assert.equal(await collect((await last).body), '/last');
        assert.equal(target.sockets.length, 1);
        assert.equal(upstream.states()[0]!.active, 0);
      },
    );

    it('fails all that wait for a connection to a target that refuses', async (t) => {
      const upstream = startUpstream(t, [await closedOrigin()], { connections: 2 });
      const calls = Array.from({ length: 10 }, () => upstream.forward(upstreamRequest()));
      for (const call of calls) await assert.rejects(call, hasCode('SLUICE_UPSTREAM_CONNECT'));
      assert.equal(upstream.states()[0]!.active, 0);
    });

    itRaw(
      'sends nothing for a client that leaves before its turn on a kept connection, and keeps it',
      async (t) => {
        const paths: string[] = [];
        const target = await startHttpTarget(t, (request, response) => {
          paths.push(request.url!);
          response.end('ok');
        });
        const upstream = startUpstream(t, [target.url]);
        await collect((await upstream.forward(upstreamRequest({ target: '/first' }))).body);
        const cancellation = new Cancellation();
        const body = new PushedBody(10, 20, false);
        const left = upstream.forward(
          upstreamRequest({ method: 'PUT', target: '/left', body, cancellation }),
        );
        const reason = clientLeft();
        cancellation.cancel(reason);
        await assert.rejects(left, (error) => error === reason);
        assert.equal(body.cancelled, reason);
        await collect((await upstream.forward(upstreamRequest({ target: '/last' }))).body);
        assert.deepEqual(paths, ['/first', '/last']);
        assert.equal(target.sockets.length, 1);
      },
    );

    itRaw('opens no connection on behalf of a request that was aborted', async (t) => {
      const target = await startRawTarget(t, (socket, index) => {
        if (index === 0) socket.resume();
        else answering(() => OK)(socket);
      });
      const upstream = startUpstream(t, [target.url], { connections: 1 });
      await assert.rejects(
        upstream.forward(upstreamRequest({ responseMs: 5 })),
        hasCode('SLUICE_UPSTREAM_TIMEOUT'),
      );
      await until(() => target.sockets[0]!.destroyed);
      const { body } = await upstream.forward(upstreamRequest());
      assert.equal(await collect(body), 'ok');
      assert.equal(target.sockets.length, 2);
    });

    for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']) {
      it(`sends ${method} to another target when the first cannot be reached`, async (t) => {
        const target = await startHttpTarget(t, (request, response) => {
          request.resume().on('end', () => response.end(request.method));
        });
        const upstream = startUpstream(t, [await closedOrigin(), target.url], { retries: 1 });
        const body = method === 'PUT' ? new BufferedBody(Buffer.from('again')) : null;
        const response = await upstream.forward(upstreamRequest({ method, body }));
        assert.equal(response.target, target.url);
        assert.equal(await collect(response.body), method === 'HEAD' ? '' : method);
        const [down, up] = upstream.states();
        assert.deepEqual([down!.failures, down!.active, up!.failures, up!.active], [1, 0, 0, 0]);
      });
    }

    it('does not retry POST, nor a body that is read once, nor beyond its number of retries', async (t) => {
      const target = await startHttpTarget(t, (_request, response) => response.end());
      const closed = [await closedOrigin(), await closedOrigin()];
      const refused = hasCode('SLUICE_UPSTREAM_CONNECT');
      const post = startUpstream(t, [closed[0]!, target.url], { retries: 5 });
      await assert.rejects(post.forward(upstreamRequest({ method: 'POST' })), refused);
      const stream = startUpstream(t, [closed[0]!, target.url], { retries: 5 });
      const body = new PushedBody(10);
      await assert.rejects(stream.forward(upstreamRequest({ method: 'PUT', body })), refused);
      assert.ok(body.cancelled instanceof GatewayError);
      const once = startUpstream(t, [...closed, target.url], { retries: 1 });
      await assert.rejects(once.forward(upstreamRequest()), refused);
      const alone = startUpstream(t, [closed[0]!], { retries: 5 });
      await assert.rejects(alone.forward(upstreamRequest()), refused);
      assert.equal(alone.states()[0]!.failures, 1, 'a target is never tried twice');
      assert.equal(target.sockets.length, 0);
    });

    itRaw('does not retry once a byte was sent on a new connection', async (t) => {
      const closing = await startRawTarget(t, (socket) => socket.once('data', () => socket.destroy()));
      const other = await startHttpTarget(t, (_request, response) => response.end());
      const upstream = startUpstream(t, [closing.url, other.url], { retries: 3 });
      await assert.rejects(upstream.forward(upstreamRequest()), hasCode('SLUICE_UPSTREAM_CLOSED'));
      assert.deepEqual([closing.sockets.length, other.sockets.length], [1, 0]);
      assert.equal(upstream.states()[0]!.failures, 1);
    });

    itRaw('sends an idempotent request again when a kept connection turns out to be closed', async (t) => {
      const { target, heads } = await startForgetfulTarget(t, startRawTarget);
      const upstream = startUpstream(t, [target.url], { retries: 1 });
      assert.equal(await collect((await upstream.forward(upstreamRequest({ target: '/1' }))).body), 'ok');
      assert.equal(await collect((await upstream.forward(upstreamRequest({ target: '/2' }))).body), 'ok');
      assert.deepEqual(
        heads.map((head) => head.split(' ')[1]),
        ['/1', '/2', '/2'],
      );
      assert.equal(target.sockets.length, 2);
      assert.deepEqual(upstream.states()[0]!.failures, 0);
    });

    itRaw('does not send POST again when a kept connection turns out to be closed', async (t) => {
      const { target, heads } = await startForgetfulTarget(t, startRawTarget);
      const upstream = startUpstream(t, [target.url], { retries: 1 });
      await collect((await upstream.forward(upstreamRequest())).body);
      const body = new BufferedBody(Buffer.from('x'));
      await assert.rejects(
        upstream.forward(upstreamRequest({ method: 'POST', body })),
        hasCode('SLUICE_UPSTREAM_CLOSED'),
      );
      assert.equal(heads.length, 2);
    });

    itRaw('does not send again what was answered in part', async (t) => {
      const target = await startRawTarget(t, (socket) => {
        let requests = 0;
        socket.on('data', () => {
          if (++requests === 1) socket.write(OK);
          else socket.end('HTTP/1.1 200 O');
        });
      });
      const upstream = startUpstream(t, [target.url], { retries: 1 });
      await collect((await upstream.forward(upstreamRequest())).body);
      await assert.rejects(upstream.forward(upstreamRequest()), hasCode('SLUICE_UPSTREAM_CLOSED'));
      assert.equal(target.sockets.length, 1);
    });

    it('gives up on a connect that takes too long, and goes to another target if it may', async (t) => {
      // Its accept queue is full: the system drops what else wants to connect.
      const full = await startSaturatedTarget(t);
      const other = await startHttpTarget(t, (_request, response) => response.end('ok'));
      const alone = startUpstream(t, [full]);
      await assert.rejects(
        alone.forward(upstreamRequest({ connectMs: 50 })),
        hasCode('SLUICE_UPSTREAM_CONNECT_TIMEOUT'),
      );
      assert.deepEqual([alone.states()[0]!.failures, alone.states()[0]!.active], [1, 0]);
      const both = startUpstream(t, [full, other.url], { retries: 1 });
      const response = await both.forward(upstreamRequest({ connectMs: 50 }));
      assert.equal(response.target, other.url);
    });

    it('lets a client leave while it connects', async (t) => {
      const upstream = startUpstream(t, [await startSaturatedTarget(t)], { retries: 3 });
      const cancellation = new Cancellation();
      const answer = upstream.forward(upstreamRequest({ cancellation }));
      const reason = clientLeft();
      setImmediate(() => cancellation.cancel(reason));
      await assert.rejects(answer, (error) => error === reason);
      assert.deepEqual([upstream.states()[0]!.failures, upstream.states()[0]!.active], [0, 0]);
    });

    itRaw(
      'gives up with SLUICE_UPSTREAM_TIMEOUT on a target that takes no more of the request',
      async (t) => {
        const target = await startRawTarget(t, (socket) => socket.pause());
        const upstream = startUpstream(t, [target.url]);
        const body = new PushedBody(256 * 1024 * 1024);
        await assert.rejects(
          upstream.forward(upstreamRequest({ method: 'POST', body, responseMs: 30 })),
          hasCode('SLUICE_UPSTREAM_TIMEOUT'),
        );
        assert.ok(body.cancelled instanceof GatewayError);
      },
    );

    for (const sent of [0, 100]) {
      itRaw(`does not blame the target for a client that stops after ${sent} bytes`, async (t) => {
        const target = await startHttpTarget(t, (request, response) => {
          request.resume().on('end', () => response.end('patient'));
        });
        // The second upstream runs out of a longer time limit meanwhile, which is how the test knows that it passed.
        const silent = await startRawTarget(t, (socket) => socket.resume());
        const upstream = startUpstream(t, [target.url]);
        const body = new PushedBody(sent, 200, false);
        const answer = upstream.forward(upstreamRequest({ method: 'POST', body, responseMs: 30 }));
        await until(() => target.sockets[0] !== undefined && target.sockets[0].bytesRead >= sent);
        const clock = startUpstream(t, [silent.url]);
        await assert.rejects(
          clock.forward(upstreamRequest({ responseMs: 100 })),
          hasCode('SLUICE_UPSTREAM_TIMEOUT'),
        );
        body.consumer!.chunk(new Uint8Array(200 - sent));
        body.consumer!.end();
        assert.equal(await collect((await answer).body), 'patient');
      });
    }

    itRaw('does not blame the target for a client that reads slowly', async (t) => {
      const big = 8 * 1024 * 1024;
      const target = await startHttpTarget(t, (_request, response) => response.end(Buffer.alloc(big)));
      const silent = await startRawTarget(t, (socket) => socket.resume());
      const upstream = startUpstream(t, [target.url, silent.url]);
      const { body } = await upstream.forward(upstreamRequest({ idleMs: 20 }));
      const consumer = new CountingConsumer();
      body!.read(consumer);
      body!.pause();
      await assert.rejects(
        upstream.forward(upstreamRequest({ responseMs: 60 })),
        hasCode('SLUICE_UPSTREAM_TIMEOUT'),
      );
      assert.equal(consumer.outcome, 'open');
      body!.resume();
      await until(() => consumer.outcome !== 'open');
      assert.equal(consumer.outcome, 'ended');
      assert.equal(consumer.bytes, big);
    });

    it('fails as a bug of ours, and blames no target, on a header that cannot be sent', async (t) => {
      const target = await startHttpTarget(t, (_request, response) => response.end());
      const upstream = startUpstream(t, [target.url], { retries: 1 });
      const headers = new HeaderList(['x-a', 'a\r\nx-b: b']);
      await assert.rejects(upstream.forward(upstreamRequest({ headers })), hasCode('SLUICE_INTERNAL'));
      assert.deepEqual(upstream.states()[0], { ...upstream.states()[0]!, failures: 0, active: 0 });
      assert.equal((await upstream.forward(upstreamRequest())).status, 200, 'the connection is still of use');
    });

    it('goes on with the next request after an early answer broke an upload off', async (t) => {
      const target = await startHttpTarget(t, (_request, response) => response.end('early'));
      const upstream = startUpstream(t, [target.url], { connections: 1 });
      for (let i = 0; i < 5; i++) {
        const body = new PushedBody(1000, 2000, false);
        const response = await upstream.forward(upstreamRequest({ method: 'POST', body }));
        assert.equal(await collect(response.body), 'early');
        await until(() => body.cancelled !== null);
      }
      assert.equal(upstream.states()[0]!.active, 0);
    });

    it('reports a bug of a consumer as a cut body and goes on', async (t) => {
      let finish = (): void => {};
      const target = await startHttpTarget(t, (request, response) => {
        response.write('a');
        finish = () => response.end('b');
        if (request.url === '/whole') finish();
      });
      const upstream = startUpstream(t, [target.url]);
      const { body } = await upstream.forward(upstreamRequest());
      const outcome = new Promise<GatewayError>((resolve) => {
        body!.read({
          chunk: (bytes) => {
            if (Buffer.from(bytes).toString() === 'b') throw new Error('consumer bug');
            finish();
          },
          end: () => {},
          fail: resolve,
        });
      });
      assert.equal((await outcome).code, 'SLUICE_UPSTREAM_CUT');
      assert.equal(upstream.states()[0]!.active, 0);
      assert.equal(await collect((await upstream.forward(upstreamRequest({ target: '/whole' }))).body), 'ab');
    });

    it('goes on with a connection whose last body came to its end while it was paused', async (t) => {
      const target = await startHttpTarget(t, (_request, response) => response.end('x'.repeat(60_000)));
      const upstream = startUpstream(t, [target.url], { connections: 1 });
      for (let round = 0; round < 3; round += 1) {
        const { body } = await upstream.forward(upstreamRequest());
        const consumer = new CountingConsumer();
        const take = consumer.chunk.bind(consumer);
        consumer.chunk = (bytes) => {
          take(bytes);
          body!.pause();
        };
        body!.read(consumer);
        while (consumer.outcome === 'open') {
          for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
          body!.resume();
        }
        assert.deepEqual([consumer.outcome, consumer.bytes], ['ended', 60_000]);
      }
    });

    for (const paused of [false, true]) {
      itRaw(
        `is over when a ${paused ? 'paused ' : ''}body is cancelled by the chunk it gives, and leaves nothing behind`,
        async (t) => {
          const target = await startRawTarget(
            t,
            answering(() => 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n'),
          );
          const upstream = startUpstream(t, [target.url], { connections: 1 }) as BalancedUpstream;
          const { armed } = upstream.wheel;
          const { body } = await upstream.forward(upstreamRequest());
          const cancelled = new Promise<void>((resolve) => {
            body!.read({
              chunk: () => {
                if (paused) body!.pause();
                body!.cancel(clientLeft());
                resolve();
              },
              end: () => {},
              fail: () => {},
            });
          });
          target.sockets[0]!.write('first');
          await cancelled;
          await new Promise((resolve) => setImmediate(resolve));
          assert.equal(upstream.wheel.armed, armed, 'no deadline of a request that is over');
          const next = (await upstream.forward(upstreamRequest({ idleMs: 2000 }))).body;
          const consumer = new CountingConsumer();
          next!.read(consumer);
          target.sockets[1]!.write('hello');
          await until(() => consumer.bytes === 5);
          target.sockets[1]!.write('world');
          await until(() => consumer.outcome !== 'open');
          assert.equal(consumer.outcome, 'ended');
        },
      );
    }
  });
}
