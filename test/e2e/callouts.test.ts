import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { route, TestGateway, until } from '../support/gateway.js';
import { startHttpTarget } from '../support/upstream-servers.js';

const PATIENT = { deadlineMs: 2000 };

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

interface Stage {
  readonly gateway: TestGateway;
  /** Headers and bodies that reached the API. */
  readonly seen: { headers: IncomingMessage['headers']; body: string }[];
  ask(headers?: Record<string, string>, init?: RequestInit): Promise<Response>;
}

/** A gateway whose filters may call the upstream `side`, which `handler` answers. */
async function start(
  test: TestContext,
  filters: Readonly<Record<string, Record<string, unknown>>>,
  handler: Handler,
): Promise<Stage> {
  const seen: Stage['seen'] = [];
  const api = await startHttpTarget(test, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    seen.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
    response.end('{"api":true}');
  });
  const side = await startHttpTarget(test, handler);
  const gateway = await TestGateway.start(
    test,
    {
      upstreams: {
        sample: { targets: [{ url: api.url }] },
        side: { targets: [{ url: side.url }], headers: { 'x-gateway-key': 'k' } },
        nowhere: { targets: [{ url: 'http://127.0.0.1:1' }], retries: 0 },
      },
      filters,
      routes: [route('all', '/*', Object.keys(filters))],
    },
    ['authz', 'callouts', 'chain-probe'],
  );
  const ask = (headers: Record<string, string> = {}, init: RequestInit = {}): Promise<Response> =>
    fetch(gateway.url('/thing?x=1'), { ...init, headers });
  return { gateway, seen, ask };
}

const asking = (upstream: string): Record<string, unknown> => ({
  module: './callouts.wasm',
  limits: PATIENT,
  config: { upstream },
  grants: { callouts: [upstream] },
});

/** Answers the path and the body it got. */
const echo: Handler = async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  response.end(`${request.url}=${Buffer.concat(chunks).toString()}`);
};

describe('an authorisation service asked by a filter', () => {
  it('decides, and what it says of the client goes on to the API', async (test) => {
    const asked: IncomingMessage['headers'][] = [];
    const { gateway, seen, ask } = await start(
      test,
      {
        authz: {
          module: './authz.wasm',
          limits: PATIENT,
          config: { upstream: 'side' },
          grants: { callouts: ['side'] },
        },
      },
      (request, response) => {
        asked.push(request.headers);
        response.writeHead(request.headers.authorization === 'good' ? 200 : 401, { 'x-user': 'ada' });
        response.end();
      },
    );
    assert.equal((await ask({ authorization: 'good', 'x-user': 'forged' })).status, 200);
    assert.equal(seen[0]!.headers['x-user'], 'ada');
    const denied = await ask({ authorization: 'bad' });
    assert.equal(denied.status, 403);
    assert.equal(((await denied.json()) as { code: string }).code, 'AUTHZ_DENIED');
    assert.equal(seen.length, 1);
    assert.equal(
      asked[0]!['x-gateway-key'],
      'k',
      'the operator sets headers of the upstream for callouts, too',
    );
    assert.ok(asked[0]!['x-request-id']);
    const counted = 'sluice_filter_callouts_total{filter="authz",upstream="side",outcome="done"}';
    assert.equal(await gateway.metric(counted), 2);
    assert.equal(await gateway.metric('sluice_filter_calls_total{filter="authz",phase="request"}'), 4);
  });

  it('that cannot be reached leaves the decision to the filter', async (test) => {
    const { ask } = await start(
      test,
      {
        authz: {
          module: './authz.wasm',
          limits: PATIENT,
          config: { upstream: 'nowhere' },
          grants: { callouts: ['nowhere'] },
        },
      },
      echo,
    );
    const answer = await ask();
    assert.equal(answer.status, 503);
    assert.equal(((await answer.json()) as { code: string }).code, 'AUTHZ_UNAVAILABLE');
  });
});

describe('callouts', () => {
  it('follow one another, in both filters of a chain, and keep edits, contexts and bodies', async (test) => {
    const { seen, ask } = await start(
      test,
      {
        first: asking('side'),
        probe: { module: './chain-probe.wasm', limits: PATIENT, config: { name: 'probe' } },
        second: asking('side'),
      },
      echo,
    );
    const answer = await ask({ 'x-callout': '/a,/b?c=d' }, { method: 'POST', body: 'text' });
    assert.equal(answer.status, 200);
    const outcomes = '200:/a=text;200:/b?c=d=text';
    assert.equal(seen[0]!.headers['x-outcomes'], `${outcomes}, ${outcomes}`);
    assert.equal(seen[0]!.body, 'text');
  });

  it('are made in the response phase, too', async (test) => {
    const { ask } = await start(test, { one: asking('side') }, echo);
    const answer = await ask({ 'x-callout': '/a,/b', 'x-callout-phase': 'response' });
    assert.equal(answer.headers.get('x-outcomes'), '200:/a={"api":true};200:/b={"api":true}');
    assert.equal(await answer.text(), '{"api":true}');
  });

  it('tell late, broken and oversized responses apart', async (test) => {
    const { seen, ask } = await start(test, { one: asking('side') }, (request, response) => {
      request.resume();
      if (request.url === '/late') return;
      if (request.url === '/cut') {
        response.writeHead(200, { 'content-length': '100' });
        response.write('part');
        setImmediate(() => response.destroy());
      } else if (request.url === '/large') response.end(Buffer.alloc(256 * 1024 + 1));
      else response.end('x'.repeat(256 * 1024));
    });
    await ask({ 'x-callout': '/cut,/large' });
    assert.equal(seen[0]!.headers['x-outcomes'], 'failed;too-large');
    await ask({ 'x-callout': '/late', 'x-slow': '1' });
    assert.equal(seen[1]!.headers['x-outcomes'], 'timeout');
  });

  it('leave the worker free: what waits holds up nobody', async (test) => {
    const held: ServerResponse[] = [];
    const { gateway, ask } = await start(test, { one: asking('side') }, (request, response) => {
      request.resume();
      held.push(response);
    });
    const waiting = Array.from({ length: 100 }, () => ask({ 'x-callout': '/hold' }));
    await until(() => held.length === 100);
    assert.equal(await gateway.metric('sluice_dispatch_outstanding'), 0);
    for (let i = 0; i < 20; i += 1) assert.equal((await ask()).status, 200);
    for (const response of held) response.end('now');
    for (const answer of await Promise.all(waiting)) assert.equal(answer.status, 200);
  });

  it('end when the client leaves', async (test) => {
    let closed = false;
    let asked = false;
    const { gateway, ask } = await start(test, { one: asking('side') }, (request) => {
      request.resume();
      asked = true;
      request.socket.once('close', () => {
        closed = true;
      });
    });
    const abort = new AbortController();
    const left = assert.rejects(ask({ 'x-callout': '/hold' }, { signal: abort.signal }));
    await until(() => asked);
    abort.abort();
    await left;
    await until(() => closed);
    await until(async () => (await gateway.metric('sluice_requests_in_flight')) === 0);
    const line = await gateway.logLine(({ status }) => status === 499);
    assert.equal(line['route'], 'all');
  });

  it('of one filter are bounded', async (test) => {
    let asked = 0;
    const { ask } = await start(test, { one: asking('side') }, (request, response) => {
      asked += 1;
      request.resume();
      response.end();
    });
    const answer = await ask({ 'x-callout': '/a', 'x-endless': '1' });
    assert.equal(answer.status, 503);
    assert.equal(((await answer.json()) as { code: string }).code, 'SLUICE_FILTER_CALLOUTS');
    assert.equal(asked, 8);
  });

  it('beyond the bound are as if the filter was not there when its policy is open', async (test) => {
    const { seen, ask } = await start(
      test,
      { one: { ...asking('side'), onFailure: 'open' }, two: asking('side') },
      echo,
    );
    const answer = await ask({ 'x-callout': '/a,/b,/c,/d,/e,/f,/g,/h,/i' });
    assert.equal(answer.status, 503, 'the second is closed');
    assert.equal(seen.length, 0);
  });

  it('survive the end of the worker: a continuation that spins fails by itself', async (test) => {
    const { gateway, ask } = await start(
      test,
      { one: { ...asking('side'), limits: { deadlineMs: 30 }, quarantine: { failures: 0 } } },
      echo,
    );
    const spinning = ask({ 'x-callout': '/a', 'x-spin': '1' });
    const others = Array.from({ length: 20 }, () => ask({ 'x-callout': '/a,/b' }));
    const failed = await spinning;
    assert.equal(((await failed.json()) as { code: string }).code, 'SLUICE_FILTER_DEADLINE');
    for (const answer of await Promise.all(others)) assert.equal(answer.status, 200);
    assert.equal(await gateway.metric('sluice_dispatch_outstanding'), 0);
  });

  it('under way end on the revision they began on', async (test) => {
    let held: ServerResponse | undefined;
    const { gateway, seen, ask } = await start(test, { one: asking('side') }, (request, response) => {
      request.resume();
      held = response;
    });
    const waiting = ask({ 'x-callout': '/hold' });
    await until(() => held !== undefined);
    const config = JSON.parse(gateway.text()) as { upstreams: Record<string, unknown>; filters: unknown };
    delete config.upstreams['side'];
    config.filters = {};
    await gateway.apply({ ...config, routes: [route('all', '/*')] } as never);
    assert.equal((await ask()).status, 200);
    held!.end('late');
    const answer = await waiting;
    assert.equal(answer.status, 200);
    assert.equal(seen.at(-1)!.headers['x-outcomes'], '200:late');
    if (!answer.bodyUsed) await answer.arrayBuffer();
  });
});

describe('an upstream that was not granted', () => {
  it('fails the load and names both sides', async (test) => {
    const { gateway } = await start(test, { one: asking('side') }, echo);
    const config = JSON.parse(gateway.text()) as { filters: Record<string, unknown> };
    config.filters['one'] = { ...asking('side'), config: { upstream: 'sample' } };
    gateway.write(JSON.stringify(config));
    const line = await gateway.logLine(({ code }) => code === 'SLUICE_FILTER_CAPABILITY');
    assert.match(String(line['msg']), /calls the upstream "sample", its grants\.callouts have \["side"\]/);

    config.filters['one'] = { ...asking('side'), grants: { callouts: ['typo'] } };
    gateway.write(JSON.stringify(config));
    const reference = await gateway.logLine(({ code }) => code === 'SLUICE_CONFIG_REFERENCE');
    assert.match(String(reference['msg']), /\/filters\/one\/grants\/callouts\/0: found "typo"/);

    config.filters['one'] = { ...asking('side'), grants: { callouts: [] } };
    gateway.write(JSON.stringify(config));
    const missing = await gateway.logLine(({ msg }) => /asks for callouts/.test(String(msg)));
    assert.equal(missing['code'], 'SLUICE_FILTER_CAPABILITY');
  });
});
