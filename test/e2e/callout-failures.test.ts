import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, it } from 'node:test';
import { calling, echo, startCallouts } from '../support/callout-stage.js';
import { route, until } from '../support/gateway.js';

/** Longer than a busy machine leaves a thread waiting, shorter than a test may take. */
const SHORT = { deadlineMs: 300 };
const NEVER = { quarantine: { failures: 0 } };

async function codeOf(answer: Response): Promise<string> {
  return ((await answer.json()) as { code: string }).code;
}

describe('a callout', () => {
  it('tells late, broken and oversized responses apart', async (test) => {
    const { gateway, seen, ask } = await startCallouts(
      test,
      { one: calling('side') },
      (request, response) => {
        request.resume();
        if (request.url === '/late') return;
        if (request.url === '/dribble') {
          const drops = setInterval(() => response.write('.'), 5);
          response.once('close', () => clearInterval(drops));
        } else if (request.url === '/cut') {
          response.writeHead(200, { 'content-length': '100' });
          response.write('part');
          setImmediate(() => response.destroy());
        } else if (request.url === '/babble') request.socket.end('this is no HTTP\r\n\r\n');
        else if (request.url === '/large') response.end(Buffer.alloc(256 * 1024 + 1));
        else response.end('x'.repeat(256 * 1024));
      },
    );
    const outcomesOf = async (targets: string, more: Record<string, string> = {}): Promise<unknown> => {
      await ask({ 'x-callout': targets, ...more });
      return seen.at(-1)!.headers['x-outcomes'];
    };
    assert.equal(await outcomesOf('/cut,/babble,/large'), 'failed;failed;too-large');
    assert.equal(await outcomesOf('/late', { 'x-slow': '1' }), 'timeout');
    assert.equal(await outcomesOf('/dribble', { 'x-slow': '1' }), 'timeout', 'however busy the upstream is');
    const counted = (outcome: string): Promise<number> =>
      gateway.metric(`sluice_filter_callouts_total{filter="one",upstream="side",outcome="${outcome}"}`);
    assert.deepEqual(await Promise.all(['failed', 'too_large', 'timeout'].map(counted)), [2, 1, 2]);
    const active = /^sluice_upstream_target_active_requests\{upstream="side",.*\} 0$/m;
    assert.match(await (await gateway.admin('/metrics')).text(), active);
  });

  it('of a method that is not forwarded fails the filter, and the upstream hears nothing', async (test) => {
    let asked = 0;
    const { ask } = await startCallouts(test, { one: calling('side', NEVER) }, () => {
      asked += 1;
    });
    for (const method of ['CONNECT', 'TRACE', 'GE T']) {
      assert.equal(await codeOf(await ask({ 'x-callout': '/a', 'x-method': method })), 'SLUICE_ABI_EDIT');
    }
    assert.equal(asked, 0);
  });

  it('ends when the client leaves, and so does the exchange, once', async (test) => {
    let closed = false;
    let asked = false;
    const { gateway, seen, ask } = await startCallouts(test, { one: calling('side') }, (request) => {
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
    await gateway.logLine(({ status }) => status === 499);
    assert.equal(gateway.log().filter(({ path }) => path === '/thing').length, 1);
    const cancelled = 'sluice_filter_callouts_total{filter="one",upstream="side",outcome="cancelled"}';
    assert.equal(await gateway.metric(cancelled), 1);
    assert.equal(await gateway.metric('sluice_filter_calls_total{filter="one",phase="request"}'), 1);
    assert.equal(seen.length, 0);
  });
});

describe('a filter that asks for callouts without end', () => {
  it('fails after eight in one phase, and is in quarantine when it keeps doing so', async (test) => {
    let asked = 0;
    const quarantine = { failures: 2, backoffMs: 3_600_000, maxBackoffMs: 3_600_000 };
    const { gateway, ask } = await startCallouts(
      test,
      { one: calling('side', { quarantine }) },
      (request, response) => {
        asked += 1;
        request.resume();
        response.end();
      },
    );
    const endless = { 'x-callout': '/a', 'x-endless': '1' };
    assert.equal(await codeOf(await ask(endless)), 'SLUICE_FILTER_CALLOUTS');
    assert.equal(asked, 8);
    assert.equal(await codeOf(await ask(endless)), 'SLUICE_FILTER_CALLOUTS');
    assert.equal(await codeOf(await ask()), 'SLUICE_FILTER_QUARANTINED');
    const failed = 'sluice_filter_failures_total{filter="one",code="SLUICE_FILTER_CALLOUTS"}';
    assert.equal(await gateway.metric(failed), 2);
  });

  it('is skipped when its policy is open, and the next one has eight of its own', async (test) => {
    const { seen, ask } = await startCallouts(
      test,
      {
        one: calling('side', { onFailure: 'open' }, { list: 'x-first' }),
        two: calling('side'),
      },
      echo,
    );
    const eight = '/a,/b,/c,/d,/e,/f,/g,/h';
    const answer = await ask({ 'x-first': `${eight},/i`, 'x-callout': eight });
    assert.equal(answer.status, 200);
    assert.match(String(seen[0]!.headers['x-outcomes']), /^200:\/a=;.*;200:\/h=$/);
    assert.equal(seen[0]!.headers['x-left'], '0');
  });
});

describe('a worker that is ended', () => {
  it('while callouts are under way takes nothing of them along', async (test) => {
    const held: ServerResponse[] = [];
    const { gateway, seen, ask } = await startCallouts(
      test,
      { one: calling('side'), 'spare-loop': { module: './endless-loop.wasm', limits: SHORT } },
      (request, response) => {
        request.resume();
        held.push(response);
      },
      [route('loop', '/loop', ['spare-loop'])],
    );
    const waiting = Array.from({ length: 5 }, () => ask({ 'x-callout': '/hold' }));
    await until(() => held.length === 5);
    const killed = await fetch(gateway.url('/loop'), { headers: { 'x-loop': 'request' } });
    assert.equal(await codeOf(killed), 'SLUICE_FILTER_DEADLINE');
    assert.equal(await gateway.metric('sluice_dispatch_worker_restarts_total'), 1);
    for (const response of held) response.end('after');
    for (const answer of await Promise.all(waiting)) assert.equal(answer.status, 200);
    for (const { headers } of seen) assert.equal(headers['x-outcomes'], '200:after');
  });

  it('by what goes on after a callout fails that exchange alone', async (test) => {
    const { gateway, ask } = await startCallouts(
      test,
      { one: calling('side', { limits: SHORT, ...NEVER }) },
      echo,
    );
    const spinning = ask({ 'x-callout': '/a', 'x-spin': '1' });
    const others = Array.from({ length: 20 }, () => ask({ 'x-callout': '/a,/b' }));
    assert.equal(await codeOf(await spinning), 'SLUICE_FILTER_DEADLINE');
    for (const answer of await Promise.all(others)) assert.equal(answer.status, 200);
    assert.equal(await gateway.metric('sluice_dispatch_outstanding'), 0);
  });

  it('by what goes on after a callout skips the filter when its policy is open', async (test) => {
    const { seen, ask } = await startCallouts(
      test,
      {
        one: calling('side', { limits: SHORT, ...NEVER, onFailure: 'open' }, { list: 'x-first' }),
        two: calling('side', {}, { list: 'x-second' }),
      },
      echo,
    );
    const answer = await ask({ 'x-first': '/a', 'x-spin': '1' });
    assert.equal(answer.status, 200);
    assert.equal(seen[0]!.headers['x-outcomes'], undefined);
  });
});

describe('a filter in quarantine', () => {
  it('is not back because it got as far as a callout', async (test) => {
    const quarantine = { failures: 1, backoffMs: 20, maxBackoffMs: 40 };
    const { gateway, ask } = await startCallouts(test, { one: calling('side', { quarantine }) }, echo);
    const failing = { 'x-callout': '/a', 'x-fail': '1' };
    const quarantines = 'sluice_filter_quarantines_total{filter="one"}';
    await until(
      async () => (await codeOf(await ask(failing))) !== '' && (await gateway.metric(quarantines)) >= 3,
    );
    assert.deepEqual(
      gateway.log().filter(({ msg }) => msg === 'filter back from quarantine'),
      [],
    );
    await until(async () => (await ask({ 'x-callout': '/a' })).status === 200);
    await gateway.logLine(({ msg }) => msg === 'filter back from quarantine');
  });
});

describe('an upstream that was not granted', () => {
  it('fails the load and names both sides', async (test) => {
    const { gateway } = await startCallouts(test, { one: calling('side') }, echo);
    const config = JSON.parse(gateway.text()) as { filters: Record<string, unknown> };
    const refusal = (
      filter: Readonly<Record<string, unknown>>,
      fits: (line: Record<string, unknown>) => boolean,
    ): Promise<Record<string, unknown>> => {
      config.filters['one'] = filter;
      gateway.write(JSON.stringify(config));
      return gateway.logLine(fits);
    };
    const ungranted = await refusal(
      calling('side', {}, { upstream: 'sample' }),
      ({ code }) => code === 'SLUICE_FILTER_CAPABILITY',
    );
    assert.match(
      String(ungranted['msg']),
      /calls the upstream "sample", its grants\.callouts have \["side"\]/,
    );

    const undeclared = await refusal(
      calling('side', { grants: { callouts: ['sidd'] } }),
      ({ code }) => code === 'SLUICE_CONFIG_REFERENCE',
    );
    assert.match(String(undeclared['msg']), /\/filters\/one\/grants\/callouts\/0: found "sidd"/);

    const nothing = await refusal(calling('side', { grants: { callouts: [] } }), ({ msg }) =>
      /asks for callouts/.test(String(msg)),
    );
    assert.equal(nothing['code'], 'SLUICE_FILTER_CAPABILITY');
  });
});
