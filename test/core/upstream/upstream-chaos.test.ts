import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { describe, it } from 'node:test';
import { GatewayError } from '../../../core/errors.js';
import { BufferedBody, Cancellation } from '../../../core/exchange.js';
import { until } from '../../support/gateway.js';
import {
  clientLeft,
  collect,
  PushedBody,
  startUpstream,
  upstreamRequest,
} from '../../support/upstream-client.js';
import { ENGINES } from '../../support/upstream-engines.js';

/** The connection, or the stream where many share one. */
function breakOff(request: IncomingMessage): void {
  const { stream } = request as unknown as { readonly stream?: ServerHttp2Stream };
  if (stream === undefined) request.socket.destroy();
  // Not in the midst of what nghttp2 reads.
  else setImmediate(() => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
}

for (const [engine, { build, startHttpTarget, multiplexes }] of Object.entries(ENGINES)) {
  describe(`BalancedUpstream over ${engine} under a mixture of everything`, { timeout: 60_000 }, () => {
    it('ends every request once, counts down to zero, and serves on', async (t) => {
      let seed = 42;
      const random = (below: number): number => {
        seed = (seed * 48271) % 2147483647;
        return seed % below;
      };
      const target = await startHttpTarget(t, (request, response) => {
        const drain = (): void => {
          request.resume();
        };
        switch (request.url) {
          case '/early':
            response.end('early');
            break;
          case '/close':
            breakOff(request);
            break;
          case '/silent':
            drain();
            break;
          case '/cut':
            drain();
            response.write('half', () => breakOff(request));
            break;
          case '/big':
            drain();
            response.end(Buffer.alloc(300_000));
            break;
          default:
            request.on('end', () => response.end('whole'));
            drain();
        }
      });
      const upstream = startUpstream(t, [target.url], { connections: 6, retries: 2 }, build);
      const paths = ['/whole', '/whole', '/whole', '/early', '/close', '/silent', '/cut', '/big'];
      const outcomes = new Map<string, number>();

      const send = async (): Promise<string> => {
        const cancellation = new Cancellation();
        const method = ['GET', 'PUT', 'POST', 'HEAD'][random(4)]!;
        const upload = method === 'PUT' || method === 'POST';
        const bodies = [null, new BufferedBody(Buffer.alloc(5000)), new PushedBody(random(200_000), null)];
        const request = upstreamRequest({
          ...{ method, cancellation, target: paths[random(paths.length)]!, responseMs: 30, idleMs: 30 },
          ...{ body: upload ? bodies[random(bodies.length)]! : null, connectMs: 2000 },
        });
        const leave = (): void => cancellation.cancel(clientLeft());
        const patience = random(6);
        if (patience === 0) leave();
        if (patience === 1) queueMicrotask(leave);
        if (patience === 2) setImmediate(leave);
        if (patience === 3) setTimeout(leave, random(10));
        try {
          const { body } = await upstream.forward(request);
          if (random(8) !== 0) return `body ${(await collect(body)).length}`;
          body?.cancel(clientLeft());
          return 'cancelled';
        } catch (error) {
          assert.ok(error instanceof GatewayError, String(error));
          return error.code;
        }
      };

      await Promise.all(
        Array.from({ length: 32 }, async () => {
          for (let i = 0; i < 60; i++) {
            const outcome = await send();
            outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
          }
        }),
      );
      // A connection that many share may be gone for a while, and everything with it: a target that was asked to forget too many
      // streams says so, and a session that hears nothing more has to be found out.
      const last = async (): Promise<string> => {
        try {
          const { body } = await upstream.forward(upstreamRequest({ target: '/whole', responseMs: 2000 }));
          return await collect(body);
        } catch (error) {
          if (!multiplexes) throw error;
          return String(error);
        }
      };
      const often = multiplexes ? [] : ['body 5', 'body 300000', 'cancelled', 'SLUICE_UPSTREAM_TIMEOUT'];
      for (const expected of ['SLUICE_LISTEN_ABORTED', ...often]) {
        assert.ok(outcomes.has(expected), `${expected} never came up: ${JSON.stringify([...outcomes])}`);
      }
      assert.equal(outcomes.has('SLUICE_INTERNAL'), false, JSON.stringify([...outcomes]));
      assert.equal(upstream.states()[0]!.active, 0);
      await until(async () => (await last()) === 'whole');
      await upstream.dispose();
    });
  });
}
