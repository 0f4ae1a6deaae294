import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { describe, it } from 'node:test';
import { route, TestGateway } from '../support/gateway.js';
import { closedOrigin, startHttpTarget } from '../support/upstream-servers.js';

const probe = (config: Record<string, string>) => ({
  module: './chain-probe.wasm',
  limits: { deadlineMs: 5000 },
  config,
});

describe('the line of a request', () => {
  it('says where it was sent, how often, and how long that took, also when it failed', async (test) => {
    const target = await startHttpTarget(test, (_request, response) => response.end('x'));
    const down = await closedOrigin();
    const gateway = await TestGateway.start(test, {
      upstreams: {
        sample: { targets: [{ url: down }, { url: target.url }], ejection: { failures: 0 }, retries: 1 },
        down: { targets: [{ url: down }] },
        none: { targets: [] },
      },
      routes: [
        route('again', '/again'),
        route('down', '/down', [], { upstream: 'down' }),
        route('none', '/none', [], { upstream: 'none' }),
      ],
    });
    const lineOf = async (path: string): Promise<Record<string, unknown>> => {
      await (await fetch(gateway.url(path))).text();
      return gateway.logLine((line) => line['path'] === path);
    };
    const again = await lineOf('/again');
    assert.deepEqual([again['target'], again['attempts']], [target.url, 2]);
    assert.ok(Number(again['upstreamMs']) > 0 && Number(again['upstreamMs']) <= Number(again['durationMs']));
    const failed = await lineOf('/down');
    assert.deepEqual(
      [failed['target'], failed['attempts'], failed['upstreamMs']],
      [down, undefined, undefined],
    );
    const unsent = await lineOf('/none');
    assert.deepEqual([unsent['target'], unsent['error']], [undefined, 'SLUICE_UPSTREAM_NO_TARGET']);
  });

  it('names the response filter that gave the response its status, and so do the metrics', async (test) => {
    const target = await startHttpTarget(test, (_request, response) => response.end('x'));
    const gateway = await TestGateway.start(
      test,
      {
        upstreams: { sample: { targets: [{ url: target.url }] } },
        filters: {
          answering: probe({ name: 'answering', response: 'respond' }),
          changing: probe({ name: 'changing', response: 'status' }),
          marking: probe({ name: 'marking', response: 'mark' }),
          refusing: probe({ name: 'refusing', request: 'respond' }),
        },
        routes: [
          route('answered', '/answered', ['marking', 'answering']),
          route('changed', '/changed', ['changing', 'marking', 'answering']),
          route('refused', '/refused', ['changing', 'refusing']),
          route('marked', '/marked', ['marking']),
        ],
      },
      ['chain-probe'],
    );
    const told = async (path: string): Promise<unknown[]> => {
      await (await fetch(gateway.url(path))).text();
      const line = await gateway.logLine((candidate) => candidate['path'] === path);
      return ['status', 'filter', 'replaced'].map((field) => line[field]);
    };
    assert.deepEqual(await told('/answered'), [451, 'answering', 200]);
    assert.deepEqual(await told('/changed'), [418, 'changing', 200]);
    assert.deepEqual(await told('/refused'), [418, 'changing', 403]);
    assert.deepEqual(await told('/marked'), [200, undefined, undefined]);
    const counted = (filter: string, status: number): Promise<number> =>
      gateway.metric(`sluice_filter_answers_total{filter="${filter}",status="${status}"}`);
    assert.deepEqual([await counted('answering', 451), await counted('changing', 418)], [1, 2]);
  });

  it('says what the client spoke', async (test) => {
    const target = await startHttpTarget(test, (_request, response) => response.end('x'));
    const gateway = await TestGateway.start(test, {
      listeners: [{ name: 'public', address: '127.0.0.1:0', engine: 'node' }],
      upstreams: { sample: { targets: [{ url: target.url }] } },
      routes: [route('all', '/*')],
    });
    await (await fetch(gateway.url('/one'))).text();
    const session = connect(gateway.url(''));
    test.after(() => session.destroy());
    const stream = session.request({ ':path': '/two' });
    stream.resume();
    await Promise.race([once(stream, 'end'), once(session, 'close')]);
    const spoke = async (path: string): Promise<unknown[]> => {
      const line = await gateway.logLine((candidate) => candidate['path'] === path);
      return [line['scheme'], line['protocol']];
    };
    assert.deepEqual(await spoke('/one'), ['http', 'HTTP/1.1']);
    assert.deepEqual(await spoke('/two'), ['http', 'HTTP/2']);
  });
});
