// What every Upstream must do, whatever client it is built on. Real servers on loopback, well-behaved and not.
import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { describe, it } from 'node:test';
import { type ErrorCode, GatewayError } from '../../core/errors.js';
import { BufferedBody, Cancellation } from '../../core/exchange.js';
import { HeaderList } from '../../core/headers.js';
import type { UpstreamRequest } from '../../core/upstream/upstream.js';
import { ScriptedNames } from '../support/scripted-names.js';
import {
  CountingConsumer,
  clientLeft,
  collect,
  PushedBody,
  startUpstream,
  upstreamOptions,
  upstreamRequest,
} from '../support/upstream-client.js';
import type { Engine } from '../support/upstream-engines.js';
import { answering, closedOrigin, until } from '../support/upstream-servers.js';
import { skip, testUpstreamBodies } from './upstream-bodies.contract.js';

/** What was asked for, in either version. */
function hostOf({ headers }: IncomingMessage): string {
  return headers.host ?? String(headers[':authority']);
}

function hasCode(code: ErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof GatewayError && error.code === code;
}

/** Registers the suite for one implementation. */
export function testUpstream(name: string, engine: Engine): void {
  testUpstreamBodies(name, engine);
  const { build, startHttpTarget, startRawTarget, multiplexes } = engine;
  /** For targets that spell HTTP/1.1 themselves. */
  const itRaw = multiplexes ? skip : it;
  describe(`${name} answers the Upstream contract`, { timeout: 30_000 }, () => {
    it('sends method, target, host and headers as given', async (t) => {
      let seen: { method: string; url: string; raw: string[] } | undefined;
      const target = await startHttpTarget(t, (request, response) => {
        seen = { method: request.method!, url: request.url!, raw: request.rawHeaders };
        response.end('ok');
      });
      const upstream = startUpstream(t, [target.url], {}, build);
      const response = await upstream.forward(
        upstreamRequest({
          method: 'DELETE',
          target: '/a/b?c=d%20e',
          authority: 'api.example.com',
          headers: new HeaderList(['x-one', '1', 'x-two', 'a', 'x-two', 'b', 'x-latin', 'caf\xe9']),
        }),
      );
      assert.equal(response.status, 200);
      assert.equal(response.target, target.url);
      assert.equal(await collect(response.body), 'ok');
      assert.equal(seen?.method, 'DELETE');
      assert.equal(seen.url, '/a/b?c=d%20e');
      const pairs = seen.raw.join('\n');
      assert.match(pairs, /(?:host|:authority)\napi\.example\.com/);
      assert.match(pairs, /x-one\n1\nx-two\na\nx-two\nb\nx-latin\ncaf\xe9/);
    });

    it("uses the target's own host when no authority is given", async (t) => {
      const target = await startHttpTarget(t, (request, response) => response.end(hostOf(request)));
      const upstream = startUpstream(t, [target.url], {}, build);
      const response = await upstream.forward(upstreamRequest());
      assert.equal(await collect(response.body), new URL(target.url).host);
    });

    it('never sends an expectation on', async (t) => {
      const target = await startHttpTarget(t, (request, response) =>
        response.end(String(request.headers.expect)),
      );
      const upstream = startUpstream(t, [target.url], {}, build);
      const response = await upstream.forward(
        upstreamRequest({
          method: 'POST',
          headers: new HeaderList(['expect', '100-continue']),
          body: new BufferedBody(Buffer.from('x')),
        }),
      );
      assert.equal(await collect(response.body), 'undefined');
    });

    itRaw('lower-cases names, keeps repeated fields in order and strips hop-by-hop fields', async (t) => {
      const target = await startRawTarget(
        t,
        answering(
          () =>
            'HTTP/1.1 200 OK\r\nSet-Cookie: b=2\r\nX-Secret: s\r\nConnection: keep-alive, X-Secret\r\n' +
            'Keep-Alive: timeout=9\r\nProxy-Authenticate: Basic\r\nSet-Cookie: a=1\r\nX-Latin: caf\xe9 \t\r\n' +
            'Upgrade: h2c\r\nContent-Length: 2\r\n\r\nok',
        ),
      );
      const upstream = startUpstream(t, [target.url], {}, build);
      const response = await upstream.forward(upstreamRequest());
      assert.deepEqual(response.headers.flat, [
        ...['set-cookie', 'b=2', 'set-cookie', 'a=1', 'x-latin', 'caf\xe9', 'content-length', '2'],
      ]);
      assert.equal(await collect(response.body), 'ok');
    });

    it('refuses with SLUICE_UPSTREAM_CONNECT when nothing listens', async (t) => {
      const upstream = startUpstream(t, [await closedOrigin()], {}, build);
      await assert.rejects(upstream.forward(upstreamRequest()), (error: GatewayError) => {
        assert.equal(error.code, 'SLUICE_UPSTREAM_CONNECT');
        assert.equal(error.status, 502);
        assert.equal((error.cause as NodeJS.ErrnoException).code, 'ECONNREFUSED');
        return true;
      });
    });

    itRaw('gives up with SLUICE_UPSTREAM_TIMEOUT when no head comes in time', async (t) => {
      const target = await startRawTarget(t, (socket) => socket.resume());
      const upstream = startUpstream(t, [target.url], {}, build);
      await assert.rejects(
        upstream.forward(upstreamRequest({ responseMs: 30 })),
        hasCode('SLUICE_UPSTREAM_TIMEOUT'),
      );
      await until(() => target.sockets.every((socket) => socket.destroyed || socket.readableEnded));
    });

    itRaw('fails with SLUICE_UPSTREAM_CLOSED when the target closes before its head', async (t) => {
      const target = await startRawTarget(t, (socket) => socket.once('data', () => socket.end()));
      const upstream = startUpstream(t, [target.url], {}, build);
      await assert.rejects(upstream.forward(upstreamRequest()), hasCode('SLUICE_UPSTREAM_CLOSED'));
    });

    const malformed: Record<string, string> = {
      'no HTTP at all': 'SSH-2.0-OpenSSH_9.6\r\n',
      'an unasked 101': 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
      'an unknown transfer coding': 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\nabc',
      'both length and chunks':
        'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\nok',
      'two lengths': 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok',
      'a NUL in a value': 'HTTP/1.1 200 OK\r\nx-a: a\0b\r\n\r\n',
      'a bare CR in a value': 'HTTP/1.1 200 OK\r\nx-a: a\rb\r\n\r\n',
      'a bare LF after a value': 'HTTP/1.1 200 OK\r\nx-a: a\nx-b: b\r\n\r\n',
      'a folded value': 'HTTP/1.1 200 OK\r\nx-a: a\r\n b\r\n\r\n',
      'a head without end': `HTTP/1.1 200 OK\r\nx-a: ${'a'.repeat(70_000)}`,
    };
    for (const [what, bytes] of Object.entries(malformed)) {
      itRaw(`fails with SLUICE_UPSTREAM_PROTOCOL on ${what}`, async (t) => {
        const target = await startRawTarget(
          t,
          answering(() => bytes),
        );
        const upstream = startUpstream(t, [target.url], {}, build);
        await assert.rejects(upstream.forward(upstreamRequest()), hasCode('SLUICE_UPSTREAM_PROTOCOL'));
      });
    }

    const cuts: Record<string, { head: string; reset: boolean }> = {
      'short of its content-length': { head: 'content-length: 10', reset: false },
      'without its last chunk': { head: 'transfer-encoding: chunked\r\n\r\n4', reset: false },
      'by a reset where only the end of the connection would end it': {
        head: 'connection: close',
        reset: true,
      },
    };
    for (const [how, { head, reset }] of Object.entries(cuts)) {
      itRaw(`fails the body with SLUICE_UPSTREAM_CUT when it ends ${how}`, async (t) => {
        const separator = head.endsWith('4') ? '\r\n' : '\r\n\r\n';
        const target = await startRawTarget(
          t,
          answering(() => `HTTP/1.1 200 OK\r\n${head}${separator}half${head.endsWith('4') ? '\r\n' : ''}`),
        );
        const upstream = startUpstream(t, [target.url], {}, build);
        const { status, body } = await upstream.forward(upstreamRequest());
        assert.equal(status, 200);
        const consumer = new CountingConsumer();
        body!.read(consumer);
        await until(() => consumer.bytes === 4);
        if (reset) target.reset(0);
        else target.sockets[0]!.end();
        await until(() => consumer.outcome !== 'open');
        assert.ok(consumer.outcome instanceof GatewayError);
        assert.equal(consumer.outcome.code, 'SLUICE_UPSTREAM_CUT');
      });
    }

    it('resolves a name once for each connection, and connects where it was told', async (t) => {
      const target = await startHttpTarget(t, (request, response) => response.end(hostOf(request)));
      const url = target.url.replace('127.0.0.1', 'db.internal');
      const names = new ScriptedNames({ 'db.internal': [['127.0.0.1']] });
      const upstream = startUpstream(t, [url], { allowPrivate: true }, (options) =>
        build(options, names.resolve),
      );
      for (let i = 0; i < 3; i++) {
        const { body } = await upstream.forward(upstreamRequest());
        assert.equal(await collect(body), new URL(url).host);
      }
      assert.deepEqual(names.asked, ['db.internal']);
      assert.equal(target.sockets.length, 1);
    });

    it('refuses a name that leads inside with SLUICE_UPSTREAM_ADDRESS, and dials nobody', async (t) => {
      const target = await startHttpTarget(t, (_request, response) => response.end('inside'));
      const names = new ScriptedNames({
        'api.example': [['127.0.0.1'], ['93.184.216.34', '127.0.0.1'], ['::ffff:127.0.0.1']],
        '127.0.0.1.example': [['127.0.0.1']],
      });
      for (const name of ['api.example', 'api.example', 'api.example', '127.0.0.1.example']) {
        const upstream = startUpstream(t, [target.url.replace('127.0.0.1', name)], {}, (options) =>
          build(options, names.resolve),
        );
        await assert.rejects(upstream.forward(upstreamRequest()), (error: GatewayError) => {
          assert.equal(error.code, 'SLUICE_UPSTREAM_ADDRESS');
          assert.equal(
            error.message,
            `${name} has an address in 127.0.0.0/8 (loopback), which needs allowPrivate`,
          );
          return true;
        });
        assert.equal(upstream.states()[0]!.active, 0);
      }
      assert.equal(names.asked.length, 4);
      assert.equal(target.sockets.length, 0);
    });

    itRaw('judges a name anew for each connection, whatever it meant before', async (t) => {
      const target = await startRawTarget(
        t,
        answering(() => 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok'),
      );
      const names = new ScriptedNames({
        localhost: [['127.0.0.1'], ['169.254.169.254'], ['127.0.0.1'], ['10.0.0.1']],
      });
      const upstream = startUpstream(t, [target.url.replace('127.0.0.1', 'localhost')], {}, (options) =>
        build(options, names.resolve),
      );
      for (const connections of [1, 2]) {
        const { body } = await upstream.forward(upstreamRequest());
        assert.equal(await collect(body), 'ok');
        await assert.rejects(upstream.forward(upstreamRequest()), hasCode('SLUICE_UPSTREAM_ADDRESS'));
        assert.equal(target.sockets.length, connections);
      }
      assert.equal(names.asked.length, 4);
    });

    it('connects to a target that is an address without asking anybody', async (t) => {
      const target = await startHttpTarget(t, (_request, response) => response.end('ok'));
      const names = new ScriptedNames({});
      const upstream = startUpstream(t, [target.url], {}, (options) => build(options, names.resolve));
      assert.equal((await upstream.forward(upstreamRequest())).status, 200);
      assert.deepEqual(names.asked, []);
    });

    it('cannot be built for the address of a metadata service, unless it is told to', async () => {
      for (const url of ['http://169.254.169.254', 'http://0xa9fea9fe', 'https://[fe80::1]:1']) {
        assert.throws(() => build(upstreamOptions([url])), hasCode('SLUICE_UPSTREAM_ADDRESS'), url);
        await build(upstreamOptions([url], { allowPrivate: true })).dispose();
      }
    });

    itRaw('takes the end of the connection for the end of a body without length', async (t) => {
      const target = await startRawTarget(t, (socket) =>
        socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nall of it')),
      );
      const upstream = startUpstream(t, [target.url], {}, build);
      const response = await upstream.forward(upstreamRequest());
      assert.equal(await collect(response.body), 'all of it');
    });

    itRaw('fails the body when the target falls silent in the middle of it', async (t) => {
      const target = await startRawTarget(
        t,
        answering(() => 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf'),
      );
      const upstream = startUpstream(t, [target.url], {}, build);
      const { body } = await upstream.forward(upstreamRequest({ idleMs: 30 }));
      await assert.rejects(collect(body), hasCode('SLUICE_UPSTREAM_TIMEOUT'));
      assert.equal(upstream.states()[0]!.active, 0);
    });

    itRaw("closes the target's connection when the client leaves before the head", async (t) => {
      const target = await startRawTarget(t, (socket) => socket.resume());
      const upstream = startUpstream(t, [target.url], {}, build);
      const cancellation = new Cancellation();
      const answer = upstream.forward(upstreamRequest({ cancellation }));
      await until(() => target.sockets.length === 1 && target.sockets[0]!.bytesRead > 0);
      assert.equal(upstream.states()[0]!.active, 1);
      const reason = clientLeft();
      cancellation.cancel(reason);
      await assert.rejects(answer, (error) => error === reason);
      assert.equal(upstream.states()[0]!.active, 0);
      await until(() => target.sockets[0]!.destroyed);
    });

    itRaw(
      "closes the target's connection when the client leaves in the middle of the response",
      async (t) => {
        const target = await startHttpTarget(t, (_request, response) => {
          response.write('first');
        });
        const upstream = startUpstream(t, [target.url], {}, build);
        const cancellation = new Cancellation();
        const { body } = await upstream.forward(upstreamRequest({ cancellation }));
        const consumer = new CountingConsumer();
        body!.read(consumer);
        const reason = clientLeft();
        cancellation.cancel(reason);
        await until(() => target.sockets[0]!.destroyed);
        assert.equal(consumer.outcome, reason);
        assert.equal(upstream.states()[0]!.active, 0);
      },
    );

    itRaw(
      "closes the target's connection when the response body is cancelled, and says no more",
      async (t) => {
        const target = await startHttpTarget(t, (_request, response) => {
          response.write('first');
        });
        const upstream = startUpstream(t, [target.url], {}, build);
        const { body } = await upstream.forward(upstreamRequest());
        const consumer = new CountingConsumer();
        body!.read(consumer);
        body!.cancel(clientLeft());
        await until(() => target.sockets[0]!.destroyed);
        assert.equal(consumer.outcome, 'open');
        assert.equal(upstream.states()[0]!.active, 0);
      },
    );

    it('does not start for a client that has left already', async (t) => {
      const target = await startHttpTarget(t, (_request, response) => response.end());
      const upstream = startUpstream(t, [target.url], {}, build);
      const cancellation = new Cancellation();
      const reason = clientLeft();
      cancellation.cancel(reason);
      const body = new PushedBody(10);
      await assert.rejects(
        upstream.forward(upstreamRequest({ cancellation, body })),
        (error) => error === reason,
      );
      assert.equal(body.cancelled, reason);
      assert.equal(target.sockets.length, 0);
    });

    itRaw('ends with the error of a request body that fails, and closes the connection', async (t) => {
      const target = await startRawTarget(t, (socket) => socket.resume());
      const upstream = startUpstream(t, [target.url], {}, build);
      const body = new PushedBody(1000, 2000, false);
      const answer = upstream.forward(upstreamRequest({ method: 'PUT', body }));
      await until(() => target.sockets[0] !== undefined && target.sockets[0].bytesRead >= 1000);
      const reason = clientLeft();
      body.consumer!.fail(reason);
      await assert.rejects(answer, (error) => error === reason);
      await until(() => target.sockets[0]!.destroyed);
    });

    it('tells a receiver what it tells who awaits, and never before send has returned', async (t) => {
      const target = await startHttpTarget(t, (_request, response) => response.end('here'));
      const upstream = startUpstream(t, [target.url], {}, build);
      const sent = async (request: UpstreamRequest): Promise<string> => {
        let returned = false;
        return new Promise((resolve) => {
          upstream.send(request, {
            onResponse: ({ body }) => resolve(returned ? collect(body) : 'too early'),
            onFailure: ({ code }) => resolve(returned ? code : 'too early'),
          });
          returned = true;
        });
      };
      assert.equal(await sent(upstreamRequest()), 'here');
      const cancellation = new Cancellation();
      cancellation.cancel(clientLeft());
      assert.equal(await sent(upstreamRequest({ cancellation })), clientLeft().code);
      const nowhere = startUpstream(t, [await closedOrigin()], {}, build);
      const failed = new Promise<string>((resolve, reject) =>
        nowhere.send(upstreamRequest(), { onResponse: reject, onFailure: ({ code }) => resolve(code) }),
      );
      assert.equal(await failed, 'SLUICE_UPSTREAM_CONNECT');
    });

    it('lets running requests end before dispose returns', async (t) => {
      let finish = (): void => {};
      const target = await startHttpTarget(t, (_request, response) => {
        response.write('first ');
        finish = () => response.end('last');
      });
      const upstream = startUpstream(t, [target.url], {}, build);
      const { body } = await upstream.forward(upstreamRequest());
      const text = collect(body);
      let disposed = false;
      const disposal = upstream.dispose().then(() => {
        disposed = true;
      });
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(disposed, false);
      finish();
      assert.equal(await text, 'first last');
      await disposal;
      await until(() => target.sockets[0]!.destroyed);
      assert.throws(() => upstream.forward(upstreamRequest()), /after dispose/);
    });
  });
}
