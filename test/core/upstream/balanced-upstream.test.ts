import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { GatewayError } from '../../../core/errors.js';
import { Cancellation } from '../../../core/exchange.js';
import { BalancedUpstream } from '../../../core/upstream/balanced-upstream.js';
import type { TargetOptions } from '../../../core/upstream/upstream.js';
import { testUpstream } from '../../contract/upstream.contract.js';
import { ScriptedNames } from '../../support/scripted-names.js';
import { collect, PushedBody, startUpstream, upstreamRequest } from '../../support/upstream-client.js';
import { ENGINES } from '../../support/upstream-engines.js';
import { closedOrigin, startHttpTarget, startRawTarget, until } from '../../support/upstream-servers.js';

for (const [name, engine] of Object.entries(ENGINES)) testUpstream(`BalancedUpstream over ${name}`, engine);

function isNoTarget(error: unknown): boolean {
  return error instanceof GatewayError && error.code === 'SLUICE_UPSTREAM_NO_TARGET' && error.status === 503;
}

/** Status of the target that takes over in tests of ejection. */
const OTHER_STATUS = 299;

/** This target, which gets every request while it may, and one that takes over. */
async function besides(test: TestContext, url: string): Promise<TargetOptions[]> {
  const other = await startHttpTarget(test, (_request, response) => response.writeHead(OTHER_STATUS).end());
  return [
    { url, weight: 1000 },
    { url: other.url, weight: 1 },
  ];
}

for (const [engine, { build, startHttpTarget }] of Object.entries(ENGINES)) {
  describe(`BalancedUpstream over ${engine}`, { timeout: 30_000 }, () => {
    it('hands a redirect on and follows it nowhere', async (t) => {
      const other = await startHttpTarget(t, (_request, response) => response.end('inside'));
      const target = await startHttpTarget(t, (_request, response) =>
        response.writeHead(307, { location: other.url }).end('moved'),
      );
      const upstream = startUpstream(t, [target.url], {}, build);
      const { status, headers, body } = await upstream.forward(upstreamRequest());
      assert.equal(status, 307);
      assert.equal(headers.get('location'), other.url);
      assert.equal(await collect(body), 'moved');
      assert.equal(other.sockets.length, 0);
    });
  });
}

describe('BalancedUpstream', { timeout: 30_000 }, () => {
  it('shares requests between two targets exactly by their weights', async (t) => {
    const served = [0, 0];
    const a = await startHttpTarget(t, (_request, response) => response.end(String(served[0]!++)));
    const b = await startHttpTarget(t, (_request, response) => response.end(String(served[1]!++)));
    const upstream = startUpstream(t, [], {
      targets: [
        { url: a.url, weight: 3 },
        { url: b.url, weight: 1 },
      ],
    });
    await Promise.all(
      Array.from({ length: 80 }, async () => collect((await upstream.forward(upstreamRequest())).body)),
    );
    assert.deepEqual(served, [60, 20]);
  });

  it('sends to the target with the fewest requests, which count until their last byte', async (t) => {
    const finish: (() => void)[] = [];
    const slow = await startHttpTarget(t, (_request, response) => {
      response.write('first ');
      finish.push(() => response.end('last'));
    });
    const quick = await startHttpTarget(t, (_request, response) => response.end('quick'));
    const upstream = startUpstream(t, [slow.url, quick.url], { balance: 'least-requests' });
    const first = await upstream.forward(upstreamRequest());
    assert.equal(first.target, slow.url);
    for (let i = 0; i < 5; i++) {
      const response = await upstream.forward(upstreamRequest());
      assert.equal(response.target, quick.url);
      await collect(response.body);
    }
    finish[0]!();
    assert.equal(await collect(first.body), 'first last');
    assert.deepEqual(
      upstream.states().map((state) => state.active),
      [0, 0],
    );
  });

  it('ejects a target whose connections are refused and takes it back after its time', async (t) => {
    const origin = await closedOrigin();
    const targets = await besides(t, origin);
    const upstream = startUpstream(t, [], { targets, ejection: { failures: 2, durationMs: 40 } });
    const refused = { code: 'SLUICE_UPSTREAM_CONNECT' };
    await assert.rejects(upstream.forward(upstreamRequest()), refused);
    const { url, healthy, ejected, active, failures } = upstream.states()[0]!;
    assert.deepEqual([url, healthy, ejected, active, failures], [origin, true, false, 0, 1]);
    await assert.rejects(upstream.forward(upstreamRequest()), refused);
    assert.equal(upstream.states()[0]!.ejected, true);
    assert.equal((await upstream.forward(upstreamRequest())).status, OTHER_STATUS);
    await startRawTarget(
      t,
      (socket) => socket.end('HTTP/1.1 204 No Content\r\n\r\n'),
      Number(new URL(origin).port),
    );
    await until(() => !upstream.states()[0]!.ejected);
    assert.equal((await upstream.forward(upstreamRequest())).status, 204);
  });

  it('never ejects its only target, and has none when there is none', async (t) => {
    const upstream = startUpstream(t, [await closedOrigin()], {
      ejection: { failures: 1, durationMs: 60_000 },
    });
    for (let i = 0; i < 3; i += 1) {
      await assert.rejects(upstream.forward(upstreamRequest()), { code: 'SLUICE_UPSTREAM_CONNECT' });
    }
    const body = new PushedBody(10);
    await assert.rejects(startUpstream(t, []).forward(upstreamRequest({ body })), isNoTarget);
    assert.ok(body.cancelled !== null && isNoTarget(body.cancelled));
    assert.match(body.cancelled.message, /: it has none$/);
  });

  it('shows a name that leads inside instead of trying another target, and leaves it out after a while', async (t) => {
    const targets = await besides(t, 'http://api.example');
    const names = new ScriptedNames({ 'api.example': [['10.0.0.1']] });
    const upstream = startUpstream(
      t,
      [],
      { targets, retries: 1, ejection: { failures: 2, durationMs: 60_000 } },
      (options) => new BalancedUpstream(options, undefined, names.resolve),
    );
    for (let i = 0; i < 2; i++) {
      await assert.rejects(upstream.forward(upstreamRequest()), { code: 'SLUICE_UPSTREAM_ADDRESS' });
    }
    assert.equal((await upstream.forward(upstreamRequest())).status, OTHER_STATUS);
    assert.equal(names.asked.length, 2);
  });

  it('checks the health of a name where requests to it may go, and nowhere else', async (t) => {
    const target = await startHttpTarget(t, (_request, response) => response.end('ok'));
    const names = new ScriptedNames({ 'api.example': [['127.0.0.1']] });
    const healthCheck = { path: '/', intervalMs: 1, timeoutMs: 5000, healthyAfter: 1, unhealthyAfter: 2 };
    const upstream = startUpstream(
      t,
      [`http://api.example:${new URL(target.url).port}`],
      { healthCheck },
      (options) => new BalancedUpstream(options, undefined, names.resolve),
    );
    await until(() => !upstream.states()[0]!.healthy);
    await assert.rejects(
      upstream.forward(upstreamRequest()),
      /api\.example:\d+ is unhealthy: api\.example has an address in 127\.0\.0\.0\/8 \(loopback\), which/,
    );
    assert.ok(names.asked.length >= 2);
    assert.equal(target.sockets.length, 0);
  });

  for (const status of [502, 503, 504]) {
    it(`counts a ${status} as a failure and still hands it on`, async (t) => {
      let answer = status;
      const target = await startHttpTarget(t, (_request, response) => response.writeHead(answer).end('x'));
      const targets = await besides(t, target.url);
      const upstream = startUpstream(t, [], { targets, ejection: { failures: 2, durationMs: 60_000 } });
      const send = async (): Promise<number> => (await upstream.forward(upstreamRequest())).status;
      assert.equal(await send(), status);
      answer = 500;
      assert.equal(await send(), 500, 'a 500 is an answer of the target, not a sign that it is down');
      answer = status;
      assert.equal(await send(), status);
      assert.equal(upstream.states()[0]!.failures, 1);
      assert.equal(await send(), status);
      assert.equal(await send(), OTHER_STATUS);
    });
  }

  it('counts a missing head as a failure', async (t) => {
    const target = await startRawTarget(t, (socket) => socket.resume());
    const targets = await besides(t, target.url);
    const upstream = startUpstream(t, [], { targets, ejection: { failures: 1, durationMs: 60_000 } });
    await assert.rejects(upstream.forward(upstreamRequest({ responseMs: 5 })), {
      code: 'SLUICE_UPSTREAM_TIMEOUT',
    });
    assert.equal((await upstream.forward(upstreamRequest())).status, OTHER_STATUS);
  });

  it('sends nothing to a target that its health check finds ill, until it is well again', async (t) => {
    let well = true;
    const checked = await startHttpTarget(t, (request, response) => {
      response.writeHead(request.url === '/healthz' && !well ? 500 : 200).end('checked');
    });
    const upstream = startUpstream(t, [checked.url], {
      healthCheck: { path: '/healthz', intervalMs: 1, timeoutMs: 5000, healthyAfter: 2, unhealthyAfter: 2 },
    });
    assert.equal((await upstream.forward(upstreamRequest())).status, 200);
    well = false;
    await until(() => !upstream.states()[0]!.healthy);
    await assert.rejects(upstream.forward(upstreamRequest()), (error: Error) => {
      assert.ok(isNoTarget(error));
      assert.equal(
        error.message,
        `no target of upstream test is available: ${checked.url} is unhealthy: it answered 500`,
      );
      return true;
    });
    well = true;
    await until(() => upstream.states()[0]!.healthy);
    assert.equal((await upstream.forward(upstreamRequest())).status, 200);
  });

  it('gives every call up at once when many clients leave, and counts each of them once', async (t) => {
    const target = await startRawTarget(t, (socket) => socket.resume());
    const upstream = startUpstream(t, [target.url], { connections: 8, retries: 2 });
    const cancellation = new Cancellation();
    const calls = Array.from({ length: 40 }, () => upstream.forward(upstreamRequest({ cancellation })));
    await until(() => target.sockets.filter((socket) => socket.bytesRead > 0).length === 8);
    assert.equal(upstream.states()[0]!.active, 40);
    const reason = new GatewayError('SLUICE_LISTEN_ABORTED', 'all gone');
    cancellation.cancel(reason);
    const outcomes = await Promise.allSettled(calls);
    assert.ok(outcomes.every((outcome) => outcome.status === 'rejected' && outcome.reason === reason));
    assert.equal(upstream.states()[0]!.active, 0);
    assert.equal(upstream.states()[0]!.failures, 0);
    await until(() => target.sockets.every((socket) => socket.destroyed));
    assert.equal(target.sockets.length, 8);
  });

  it('keeps an idle connection no longer than it was told', async (t) => {
    const target = await startHttpTarget(t, (_request, response) => response.end('ok'));
    const upstream = startUpstream(t, [target.url], { keepAliveMs: 5 });
    assert.equal(await collect((await upstream.forward(upstreamRequest())).body), 'ok');
    await until(() => target.sockets[0]!.destroyed);
    assert.equal(await collect((await upstream.forward(upstreamRequest())).body), 'ok');
    assert.equal(target.sockets.length, 2);
  });

  it('serves those who wait for a connection before dispose returns', async (t) => {
    const target = await startHttpTarget(t, (request, response) => response.end(request.url));
    const upstream = startUpstream(t, [target.url], { connections: 1 });
    const texts = ['/1', '/2', '/3'].map(async (path) =>
      collect((await upstream.forward(upstreamRequest({ target: path }))).body),
    );
    await upstream.dispose();
    assert.deepEqual(await Promise.all(texts), ['/1', '/2', '/3']);
  });

  it('answers every dispose alike', async (t) => {
    const target = await startHttpTarget(t, (_request, response) => response.end('ok'));
    const upstream = startUpstream(t, [target.url]);
    await collect((await upstream.forward(upstreamRequest())).body);
    await Promise.all([upstream.dispose(), upstream.dispose()]);
    await until(() => target.sockets[0]!.destroyed);
  });
});
