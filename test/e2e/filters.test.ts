import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { FORBIDDEN_EDITS } from '../guests/forbidden-edits.js';
import { route, TestGateway } from '../support/gateway.js';
import { RawClient } from '../support/raw-client.js';
import { startHttpTarget } from '../support/upstream-servers.js';

const USER = { id: 7, name: 'Ada', passwordHash: 'x', card: { number: '4111111111111111' } };

interface Seen {
  readonly headers: IncomingMessage['headers'];
  readonly url: string;
  readonly body: string;
}

/** An upstream that answers one user and remembers what it was sent. */
async function sample(test: TestContext): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const target = await startHttpTarget(test, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    seen.push({ headers: request.headers, url: request.url!, body: Buffer.concat(chunks).toString() });
    response.writeHead(200, { 'content-type': 'application/json', 'x-powered-by': 'leaky', etag: '"1"' });
    response.end(JSON.stringify(USER));
  });
  return { url: target.url, seen };
}

/** For filters that must not be ended: a busy machine may leave a thread waiting for longer than the default. */
const PATIENT = { deadlineMs: 2000 };

const SANITISE = {
  limits: PATIENT,
  module: 'builtin:sanitise',
  config: {
    headers: { remove: ['x-powered-by'] },
    json: { keys: ['passwordHash'], paths: ['/card/number'] },
  },
};

describe('the built-in filters behind a listener', () => {
  it('let through, refuse and clean, in one chain', async (test) => {
    const upstream = await sample(test);
    const gateway = await TestGateway.start(test, {
      upstreams: { sample: { targets: [{ url: upstream.url }] } },
      filters: {
        guard: {
          module: 'builtin:policy',
          config: { rules: [{ methods: ['GET', 'POST'], path: '/users/:id' }] },
        },
        body: {
          module: 'builtin:validate',
          config: {
            schema: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
          },
          grants: { schemas: true },
        },
        clean: SANITISE,
      },
      routes: [
        route('read', '/users/:id', ['guard', 'clean']),
        route('write', '/users/:id/name', ['clean', 'body']),
        route('closed', '/other', ['clean', 'guard']),
      ],
    });

    const read = await fetch(gateway.url('/users/7'));
    assert.equal(read.status, 200);
    assert.equal(read.headers.get('x-powered-by'), null);
    assert.equal(read.headers.get('etag'), null);
    assert.deepEqual(await read.json(), {
      ...USER,
      passwordHash: '[redacted]',
      card: { number: '[redacted]' },
    });

    const refused = await fetch(gateway.url('/other'));
    assert.equal(refused.status, 403);
    assert.equal(refused.headers.get('content-type'), 'application/problem+json');

    const post = (body: string): Promise<Response> =>
      fetch(gateway.url('/users/7/name'), {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
      });
    assert.equal((await post('{"name":1}')).status, 422);
    assert.equal((await post('{"name":')).status, 400);
    assert.equal((await post('{"name":"Ada"}')).status, 200);

    assert.deepEqual(
      upstream.seen.map(({ url, body }) => [url, body]),
      [
        ['/users/7', ''],
        ['/users/7/name', '{"name":"Ada"}'],
      ],
    );
    assert.equal(upstream.seen[0]!.headers['accept-encoding'], 'identity');
    assert.equal(await gateway.metric('sluice_filter_calls_total{filter="clean",phase="response"}'), 5);
  });

  it('send the answer of a request filter through the response filters of those before it only', async (test) => {
    const upstream = await sample(test);
    const marker = { module: './mark-response.wasm' };
    const gateway = await TestGateway.start(
      test,
      {
        upstreams: { sample: { targets: [{ url: upstream.url }] } },
        filters: {
          outer: { ...marker, config: { name: 'x-outer' } },
          inner: { ...marker, config: { name: 'x-inner' } },
          guard: { module: 'builtin:policy', config: { rules: [] } },
        },
        routes: [route('all', '/*', ['outer', 'guard', 'inner'])],
      },
      ['mark-response'],
    );
    const answer = await fetch(gateway.url('/anything'));
    assert.equal(answer.status, 403);
    assert.equal(answer.headers.get('x-outer'), 'seen 403');
    assert.equal(answer.headers.get('x-inner'), null);
    assert.equal(upstream.seen.length, 0);
    const line = await gateway.logLine(({ msg }) => msg === 'exchange');
    assert.deepEqual([line['status'], line['filter'], line['answer']], [403, 'guard', 'POLICY_DENIED']);
    assert.equal(await gateway.metric('sluice_filter_answers_total{filter="guard",status="403"}'), 1);
  });

  it('set headers that a client cannot drop by naming them in connection', async (test) => {
    const upstream = await sample(test);
    const gateway = await TestGateway.start(
      test,
      {
        upstreams: { sample: { targets: [{ url: upstream.url }] } },
        filters: { counter: { module: './trap.wasm', limits: PATIENT } },
        routes: [route('all', '/*', ['counter'])],
      },
      ['trap'],
    );
    await RawClient.exchange(
      gateway.port,
      'GET /users/7 HTTP/1.1\r\nhost: a\r\nconnection: close, x-count, x-mine\r\nx-count: forged\r\nx-mine: 1\r\n\r\n',
    );
    const { headers } = upstream.seen[0]!;
    assert.equal(headers['x-count'], '1');
    assert.equal(headers['x-mine'], undefined);
  });

  it('refuse bodies above the limits of their route: 413 for a request, 502 for a response', async (test) => {
    const upstream = await sample(test);
    const gateway = await TestGateway.start(test, {
      upstreams: { sample: { targets: [{ url: upstream.url }] } },
      filters: { clean: SANITISE },
      routes: [
        route('up', '/up', [], { limits: { requestBodyBytes: 10 } }),
        route('down', '/down', ['clean'], { limits: { responseBufferBytes: 10 } }),
      ],
    });
    const up = await fetch(gateway.url('/up'), { method: 'POST', body: 'x'.repeat(11) });
    assert.equal(up.status, 413);
    assert.equal(((await up.json()) as { code: string }).code, 'SLUICE_LISTEN_BODY_TOO_LARGE');
    const down = await fetch(gateway.url('/down'));
    assert.equal(down.status, 502);
    assert.equal(((await down.json()) as { code: string }).code, 'SLUICE_FILTER_RESPONSE_TOO_LARGE');
    assert.equal((await fetch(gateway.url('/up'), { method: 'POST', body: 'x'.repeat(10) })).status, 200);
  });
});

describe('a filter that misbehaves behind a listener', () => {
  it('costs its own request a 503 and nobody else anything', async (test) => {
    const upstream = await sample(test);
    const gateway = await TestGateway.start(
      test,
      {
        upstreams: { sample: { targets: [{ url: upstream.url }] } },
        filters: {
          loop: { module: './endless-loop.wasm', limits: { deadlineMs: 30 } },
          trap: { module: './trap.wasm', limits: PATIENT },
          lenient: { module: './trap.wasm', onFailure: 'open', limits: PATIENT },
          inject: { module: './header-injection.wasm', limits: PATIENT, quarantine: { failures: 0 } },
        },
        routes: [
          route('loop', '/loop', ['loop']),
          route('trap', '/trap', ['trap']),
          route('lenient', '/lenient', ['lenient']),
          route('inject', '/inject', ['inject']),
          route('good', '/good', ['trap']),
        ],
      },
      ['endless-loop', 'trap', 'header-injection'],
    );
    const code = async (path: string, headers: Record<string, string>): Promise<[number, string]> => {
      const response = await fetch(gateway.url(path), { headers });
      const { code = '' } = (await response.json()) as { code?: string };
      return [response.status, code];
    };
    const good = Promise.all(Array.from({ length: 100 }, () => fetch(gateway.url('/good'))));
    assert.deepEqual(await code('/loop', { 'x-loop': 'request' }), [503, 'SLUICE_FILTER_DEADLINE']);
    assert.deepEqual(await code('/loop', { 'x-loop': 'response' }), [503, 'SLUICE_FILTER_DEADLINE']);
    assert.deepEqual(await code('/trap', { 'x-trap': 'abort' }), [503, 'SLUICE_FILTER_TRAP']);
    assert.deepEqual(await code('/trap', { 'x-trap': 'response' }), [503, 'SLUICE_FILTER_TRAP']);
    assert.deepEqual(await code('/lenient', { 'x-trap': 'abort' }), [200, '']);
    for (const what of [...FORBIDDEN_EDITS, 'response']) {
      assert.deepEqual(await code('/inject', { 'x-inject': what }), [503, 'SLUICE_ABI_EDIT'], what);
    }
    assert.deepEqual(new Set((await good).map(({ status }) => status)), new Set([200]));
    const line = await gateway.logLine(({ code: found }) => found === 'SLUICE_FILTER_TRAP');
    assert.match(String(line['msg']), /asked to abort at .*index\.ts:\d+:\d+/);
    assert.equal(
      await gateway.metric('sluice_filter_failures_total{filter="loop",code="SLUICE_FILTER_DEADLINE"}'),
      2,
    );
  });
});
