import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { HealthCheck } from '../../../core/upstream/health-check.js';
import { Target } from '../../../core/upstream/target.js';
import { TargetConnector } from '../../../core/upstream/target-connector.js';
import type { HealthCheckOptions } from '../../../core/upstream/upstream.js';
import { TEST_CERTIFICATE, TEST_KEY } from '../../support/upstream-certificate.js';
import { closedOrigin, startHttpTarget, startRawTarget, until } from '../../support/upstream-servers.js';

function watch(test: TestContext, url: string, changes: Partial<HealthCheckOptions> = {}): Target {
  const target = new Target({ url, weight: 1 }, { failures: 0, durationMs: 1 });
  const options = {
    path: '/healthz?deep=1',
    intervalMs: 1,
    timeoutMs: 5000,
    healthyAfter: 2,
    unhealthyAfter: 3,
  };
  const connector = new TargetConnector(url, { allowPrivate: false });
  const check = new HealthCheck([{ target, connector }], { ...options, ...changes });
  test.after(() => check.dispose());
  return target;
}

describe('HealthCheck', { timeout: 20_000 }, () => {
  it('turns a target unhealthy and healthy again, each after its number of results in a row', async (t) => {
    // Answers, and what the target counted as when each of them was asked for.
    const script = [200, 500, 500, 200, 500, 500, 500, 200, 500, 200, 302, 200];
    const verdicts: boolean[] = [];
    const paths = new Set<string>();
    const handler: RequestListener = (request, response) => {
      paths.add(request.url!);
      verdicts.push(target.healthy);
      response.statusCode = script[verdicts.length - 1] ?? 200;
      response.end();
    };
    const server = await startHttpTarget(t, (request, response) => handler(request, response));
    const target = watch(t, server.url);
    const changes: string[] = [];
    target.onChange = (state, reason) => changes.push(`${state} ${reason}`);
    await until(() => verdicts.length > script.length);
    assert.deepEqual(
      changes.slice(0, 2).map((change) => change.replace(/ .*500.*/, ' 500')),
      ['unhealthy 500', 'healthy '],
    );
    assert.deepEqual(verdicts.slice(0, script.length + 1), [
      ...[true, true, true, true, true, true, true],
      ...[false, false, false, false, true, true],
    ]);
    assert.deepEqual([...paths], ['/healthz?deep=1']);
  });

  it('opens a connection for each check and leaves none behind', async (t) => {
    const server = await startHttpTarget(t, (_request, response) => response.end('ok'));
    watch(t, server.url);
    await until(() => server.sockets.length >= 3);
    await until(() => server.sockets.slice(0, 2).every((socket) => socket.destroyed));
  });

  it('counts a refused connection as a failure', async (t) => {
    const target = watch(t, await closedOrigin());
    await until(() => !target.healthy);
    assert.match(target.describeAbsence(), /^http:\/\/127\.0\.0\.1:\d+ is unhealthy: connect ECONNREFUSED/);
  });

  it('counts a certificate that nobody it trusts has signed as a failure', async (t) => {
    const server = createServer({ cert: TEST_CERTIFICATE, key: TEST_KEY }, (_request, response) =>
      response.end(),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const target = watch(t, `https://localhost:${(server.address() as AddressInfo).port}`);
    await until(() => !target.healthy);
    assert.match(target.ailment, /^its certificate: it is self-signed/);
  });

  it('counts a check without an answer in time as a failure', async (t) => {
    const server = await startRawTarget(t, (socket) => socket.resume());
    const target = watch(t, server.url, { timeoutMs: 5 });
    await until(() => !target.healthy);
    assert.match(target.ailment, /^no answer in 5 ms$/);
    assert.ok(server.sockets.length >= 3);
  });

  it('counts an answer that is not HTTP as a failure', async (t) => {
    const server = await startRawTarget(t, (socket) => socket.end('nonsense\r\n\r\n'));
    const target = watch(t, server.url);
    await until(() => !target.healthy);
  });

  it('cancels the check under way at dispose and starts no more', async (t) => {
    const server = await startRawTarget(t, (socket) => socket.resume());
    const target = new Target({ url: server.url, weight: 1 }, { failures: 0, durationMs: 1 });
    const connector = new TargetConnector(server.url, { allowPrivate: false });
    const check = new HealthCheck([{ target, connector }], {
      ...{ path: '/', intervalMs: 1, timeoutMs: 5000, healthyAfter: 1, unhealthyAfter: 1 },
    });
    await until(() => server.sockets.length === 1 && server.sockets[0]!.bytesRead > 0);
    check.dispose();
    await until(() => server.sockets[0]!.destroyed);
    assert.equal(target.healthy, true, 'a cancelled check says nothing');
    assert.equal(server.sockets.length, 1);
  });
});
