import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { readmeExample } from '../filters/built-in.js';
import { route, TestGateway } from '../support/gateway.js';
import { startHttpTarget } from '../support/upstream-servers.js';

const KEY = 'the key of the operator';
const CARD = '4111 1111 1111 1111';
/** A busy machine may leave a thread waiting for longer than the default. */
const PATIENT = { deadlineMs: 2000 };

interface Stage {
  readonly gateway: TestGateway;
  readonly config: (filter: Record<string, unknown>) => Record<string, unknown>;
}

/** A gateway in front of a service that tells too much. */
async function start(test: TestContext): Promise<Stage> {
  const target = await startHttpTarget(test, (request, response) => {
    if (request.url === '/broken') {
      response.writeHead(500, { 'content-type': 'text/plain', 'x-trace': 'db.ts' });
      response.end(`SQLSTATE[42000] for ada@example.com\n    at find (/app/db.ts:12:3)`);
      return;
    }
    const body = JSON.stringify({ email: 'ada@example.com', note: `paid with ${CARD}` });
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      etag: '"1"',
      server: 'Express',
      'set-cookie': ['sid=1; Path=/', 'ui=2; Secure; HttpOnly; SameSite=Strict'],
    });
    response.end(body);
  });
  const config = (filter: Record<string, unknown>): Record<string, unknown> => ({
    upstreams: { sample: { targets: [{ url: target.url }] } },
    filters: { clean: { module: 'builtin:sanitise', limits: PATIENT, ...filter } },
    routes: [route('all', '/*', ['clean'])],
  });
  const gateway = await TestGateway.start(test, config({ config: { json: { keys: ['x'] } } }) as never);
  return { gateway, config };
}

function secretIn(gateway: TestGateway): string {
  const file = join(gateway.folder, 'key');
  writeFileSync(file, KEY);
  return `secret+file://${file}`;
}

describe('the filter sanitise behind a listener', () => {
  it('needs no grant as long as its config wants nothing that takes one', async (test) => {
    const { gateway } = await start(test);
    assert.equal((await gateway.state()).lastError, null);
    assert.equal((await fetch(gateway.url('/'))).status, 200);
  });

  it('cleans headers, cookies and bodies, and frames the new body right', async (test) => {
    const { gateway, config } = await start(test);
    const grants = { crypto: true, secrets: [{ name: 'pseudonyms', from: secretIn(gateway), sign: true }] };
    await gateway.apply(
      config({
        grants,
        config: {
          ...(readmeExample('sanitise', 'detect') as Record<string, unknown>),
          headers: { allow: ['set-cookie', 'etag'], security: 'strict' },
          cookies: { secure: true, httpOnly: true, sameSite: 'Lax' },
        },
      }) as never,
    );
    const response = await fetch(gateway.url('/'));
    const text = await response.text();
    const code = createHmac('sha256', KEY).update('ada@example.com').digest('hex');
    assert.deepEqual(JSON.parse(text), { email: code, note: 'paid with ***************1111' });
    assert.equal(response.headers.get('content-length'), `${Buffer.byteLength(text)}`);
    assert.equal(response.headers.get('etag'), null);
    assert.equal(response.headers.get('server'), null);
    assert.equal(response.headers.get('x-frame-options'), 'DENY');
    assert.deepEqual(response.headers.getSetCookie(), [
      'sid=1; Path=/; Secure; HttpOnly; SameSite=Lax',
      'ui=2; Secure; HttpOnly; SameSite=Strict',
    ]);
  });

  it('is refused with a config that wants what was not granted, and the one before goes on', async (test) => {
    const { gateway, config } = await start(test);
    const wants: readonly Record<string, unknown>[] = [
      readmeExample('sanitise', 'rules') as Record<string, unknown>,
      { errors: { log: true } },
      { mode: 'report' },
    ];
    for (const wanted of wants) {
      await gateway.reload(config({ config: wanted }) as never);
      assert.match(
        (await gateway.state()).lastError ?? '',
        /its grants do not have (?:secrets|log|metrics)$/,
      );
      assert.equal((await fetch(gateway.url('/'))).status, 200);
    }
  });

  it('tells clients nothing of an error and operators what they need', async (test) => {
    const { gateway, config } = await start(test);
    await gateway.apply(
      config({ grants: { log: true }, config: readmeExample('sanitise', 'errors') }) as never,
    );
    const response = await fetch(gateway.url('/broken'));
    assert.equal(response.status, 500);
    assert.equal(response.headers.get('x-trace'), null);
    const problem = (await response.json()) as Record<string, unknown>;
    assert.equal(problem['code'], 'SANITISE_UPSTREAM_ERROR');
    assert.equal(problem['requestId'], response.headers.get('x-request-id'));
    const line = await gateway.logLine(({ msg }) => String(msg).startsWith('replaced an error'));
    assert.equal(
      line['msg'],
      'replaced an error 500: SQLSTATE[42000] for [redacted]\n    at find (/app/db.ts:12:3)',
    );
  });

  it('counts in the mode report and lets everything pass', async (test) => {
    const { gateway, config } = await start(test);
    await gateway.apply(
      config({
        grants: { log: true, metrics: true },
        config: { mode: 'report', detect: [{ kinds: ['card', 'email'] }], errors: { replace: true } },
      }) as never,
    );
    const read = await fetch(gateway.url('/'));
    assert.equal(((await read.json()) as Record<string, unknown>)['note'], `paid with ${CARD}`);
    assert.equal((await fetch(gateway.url('/broken'))).headers.get('x-trace'), 'db.ts');
    const metrics = await (await gateway.admin('/metrics')).text();
    assert.match(metrics, /^sluice_x_sanitise_reported_total\{.*what="values".*\} 2$/m);
    assert.match(metrics, /^sluice_x_sanitise_reported_total\{.*what="errors".*\} 1$/m);
  });
});
