import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, it } from 'node:test';
import { authorising, calling, echo, PATIENT, startCallouts } from '../support/callout-stage.js';
import { route, until } from '../support/gateway.js';

/** More than travels in the ring, and more than a response to a callout may have. */
const LARGE_BYTES = 300_000;

const KEEPING = { module: './echo-context.wasm', limits: PATIENT };
const marking = (name: string): Record<string, unknown> => ({
  module: './mark-response.wasm',
  limits: PATIENT,
  config: { name },
});

describe('an authorisation service asked by a filter', () => {
  it('decides, and what it says of the client goes on to the API', async (test) => {
    const asked: IncomingMessage['headers'][] = [];
    const { gateway, seen, ask } = await startCallouts(
      test,
      { authz: authorising('side') },
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
    assert.equal(asked[0]!['x-gateway-key'], 'k', 'what the operator sets on every request to the upstream');
    assert.ok(asked[0]!['x-request-id']);

    const callouts = '{filter="authz",upstream="side",outcome="done"}';
    assert.equal(await gateway.metric(`sluice_filter_callouts_total${callouts}`), 2);
    const timed = 'sluice_filter_callout_duration_seconds_count{filter="authz",upstream="side"}';
    assert.equal(await gateway.metric(timed), 2);
    assert.equal(await gateway.metric('sluice_filter_calls_total{filter="authz",phase="request"}'), 4);
    const line = await gateway.logLine(({ msg }) => msg === 'callout ended');
    assert.deepEqual(
      [line['level'], line['filter'], line['upstream'], line['outcome'], line['requestId'], line['route']],
      ['debug', 'authz', 'side', 'done', asked[0]!['x-request-id'], 'all'],
    );
  });

  it('that cannot be reached leaves the decision to the filter', async (test) => {
    const { gateway, ask } = await startCallouts(test, { authz: authorising('nowhere') }, echo);
    const answer = await ask();
    assert.equal(answer.status, 503);
    assert.equal(((await answer.json()) as { code: string }).code, 'AUTHZ_UNAVAILABLE');
    const failed = 'sluice_filter_callouts_total{filter="authz",upstream="nowhere",outcome="failed"}';
    assert.equal(await gateway.metric(failed), 1);
    const line = await gateway.logLine(({ msg }) => msg === 'callout ended');
    assert.equal((line['error'] as { code: string }).code, 'SLUICE_UPSTREAM_CONNECT');
  });
});

describe('callouts', () => {
  it('follow one another, in both filters of a chain, and keep edits, contexts and bodies', async (test) => {
    const { gateway, seen, ask } = await startCallouts(
      test,
      {
        before: KEEPING,
        first: calling('side'),
        probe: { module: './chain-probe.wasm', limits: PATIENT, config: { name: 'probe', request: 'body' } },
        second: calling('side'),
      },
      echo,
    );
    const headers = { 'x-callout': '/a,/b?c=d', 'x-keep': 'kept' };
    const answer = await ask(headers, { method: 'POST', body: 'text' });
    assert.equal(answer.status, 200);
    assert.equal(
      seen[0]!.headers['x-outcomes'],
      '200:/a=text;200:/b?c=d=text, 200:/a=by probe;200:/b?c=d=by probe',
      'each sees the body as those before it left it',
    );
    assert.equal(seen[0]!.headers['x-left'], '6, 6');
    assert.equal(seen[0]!.body, 'by probe');
    assert.equal(answer.headers.get('x-kept'), 'kept');
    const calls = (filter: string): Promise<number> =>
      gateway.metric(`sluice_filter_calls_total{filter="${filter}",phase="request"}`);
    assert.deepEqual(
      await Promise.all(['before', 'first', 'probe', 'second'].map(calls)),
      [1, 3, 1, 3],
      'a call more for each callout, and of those before and behind it none',
    );
  });

  it('are made in the response phase, too, over the response as the filters before left it', async (test) => {
    const { ask } = await startCallouts(
      test,
      {
        kept: KEEPING,
        last: calling('side'),
        probe: { module: './chain-probe.wasm', limits: PATIENT, config: { name: 'probe', response: 'body' } },
        first: calling('side'),
      },
      echo,
    );
    const answer = await ask({ 'x-callout': '/a,/b', 'x-callout-phase': 'response', 'x-keep': 'kept' });
    assert.equal(
      answer.headers.get('x-outcomes'),
      '200:/a={"api":true};200:/b={"api":true}, 200:/a=by probe;200:/b=by probe',
    );
    assert.equal(await answer.text(), 'by probe');
    assert.equal(answer.headers.get('x-kept'), 'kept');
  });

  it('may end with an answer, which goes through the response filters of those before it', async (test) => {
    const { seen, ask } = await startCallouts(
      test,
      {
        outer: marking('x-outer'),
        kept: KEEPING,
        first: calling('side'),
        authz: authorising('side'),
        inner: marking('x-inner'),
      },
      (request, response) => {
        request.resume();
        response.writeHead(request.url === '/check' ? 401 : 200).end();
      },
    );
    const answer = await ask({ 'x-callout': '/a', 'x-keep': 'kept' });
    assert.equal(answer.status, 403);
    assert.deepEqual(
      ['x-outer', 'x-kept', 'x-inner'].map((name) => answer.headers.get(name)),
      ['seen 403', 'kept', null],
    );
    assert.equal(seen.length, 0);
  });

  it('go with bodies that do not fit into the ring', async (test) => {
    let got = '';
    const { seen, ask } = await startCallouts(test, { one: calling('side') }, (request, response) => {
      request.setEncoding('latin1').on('data', (text: string) => {
        got += text;
      });
      request.once('end', () => response.end('fine'));
    });
    const body = 'abcdefghij'.repeat(LARGE_BYTES / 10);
    assert.equal((await ask({ 'x-callout': '/a' }, { method: 'POST', body })).status, 200);
    assert.equal(seen[0]!.headers['x-outcomes'], '200:fine');
    assert.ok(got === body && seen[0]!.body === body);
  });

  it('need nothing of the instance that asked', async (test) => {
    const { seen, ask } = await startCallouts(
      test,
      { one: calling('side', { isolation: 'exchange' }) },
      echo,
    );
    await ask({ 'x-callout': '/a,/b' });
    assert.equal(seen[0]!.headers['x-outcomes'], '200:/a=;200:/b=');
  });

  it('leave the worker free: what waits holds up nobody', async (test) => {
    const held: ServerResponse[] = [];
    const { gateway, seen, ask } = await startCallouts(
      test,
      { one: calling('side') },
      (request, response) => {
        request.resume();
        held.push(response);
      },
    );
    const waiting = Array.from({ length: 200 }, () => ask({ 'x-callout': '/hold' }));
    await until(() => held.length === 200);
    assert.equal(await gateway.metric('sluice_dispatch_outstanding'), 0);
    for (let i = 0; i < 20; i += 1) assert.equal((await ask()).status, 200);
    for (const response of held) response.end('now');
    for (const answer of await Promise.all(waiting)) assert.equal(answer.status, 200);
    const outcomes = seen.slice(20).map(({ headers }) => headers['x-outcomes']);
    assert.deepEqual(outcomes, new Array(200).fill('200:now'));
  });

  it('under way end on the revision they began on', async (test) => {
    let held: ServerResponse | undefined;
    const { gateway, seen, ask } = await startCallouts(
      test,
      { one: calling('side') },
      (request, response) => {
        request.resume();
        held = response;
      },
    );
    const waiting = ask({ 'x-callout': '/hold' });
    await until(() => held !== undefined);
    const config = JSON.parse(gateway.text()) as { upstreams: Record<string, unknown>; filters: unknown };
    delete config.upstreams['side'];
    config.filters = {};
    await gateway.apply({ ...config, routes: [route('all', '/*')] } as never);
    assert.equal((await ask()).status, 200);
    held!.end('late');
    assert.equal((await waiting).status, 200);
    assert.equal(seen.at(-1)!.headers['x-outcomes'], '200:late');
  });
});
