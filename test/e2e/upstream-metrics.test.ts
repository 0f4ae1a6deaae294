import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { route, TestGateway, until } from '../support/gateway.js';
import { closedOrigin, startHttpTarget } from '../support/upstream-servers.js';

const TARGET = 'sluice_upstream_target';

/** Series of upstreams that /metrics has, by name. */
async function seriesOf(gateway: TestGateway, upstream: string): Promise<string[]> {
  const text = await (await gateway.admin('/metrics')).text();
  return text.split('\n').filter((line) => line.includes(`upstream="${upstream}"`));
}

describe('the metrics of upstreams', () => {
  it('tell what became of requests by target, also of those that were sent again', async (test) => {
    const target = await startHttpTarget(test, (_request, response) => response.end('x'));
    const down = await closedOrigin();
    const gateway = await TestGateway.start(test, {
      upstreams: {
        sample: { targets: [{ url: down }, { url: target.url }], ejection: { failures: 2 }, retries: 1 },
      },
      routes: [route('all', '/*')],
    });
    for (let index = 0; index < 6; index++) assert.equal((await fetch(gateway.url('/'))).status, 200);
    const of = (what: string, url: string, label = ''): Promise<number> =>
      gateway.metric(`${TARGET}_${what}{upstream="sample",target="${url}"${label}}`);
    assert.equal(await of('requests_total', down, ',outcome="SLUICE_UPSTREAM_CONNECT"'), 2);
    assert.equal(await of('connect_failures_total', down), 2);
    assert.equal(await of('ejections_total', down), 1);
    assert.equal(await of('requests_total', target.url, ',outcome="2xx"'), 6);
    assert.equal(await of('retries_total', target.url), 2);
    assert.equal(await of('connects_total', target.url), 1);
    assert.equal(await of('connections', target.url, ',state="idle"'), 1);
    assert.equal(await gateway.metric('sluice_upstream_first_byte_seconds_count{upstream="sample"}'), 6);
  });

  it('go on over a reload that builds an upstream anew, while the one before ends, and go with it', async (test) => {
    const finish: (() => void)[] = [];
    const target = await startHttpTarget(test, (request, response) => {
      if (request.url === '/slow') finish.push(() => response.end('x'));
      else response.end('x');
    });
    const other = await startHttpTarget(test, (_request, response) => response.end('x'));
    const configOf = (name: string, urls: string[], retries: number) => ({
      upstreams: { [name]: { targets: urls.map((url) => ({ url })), retries } },
      routes: [route('all', '/*', [], { upstream: name })],
    });
    const gateway = await TestGateway.start(test, configOf('sample', [target.url], 0));
    const answered = `${TARGET}_requests_total{upstream="sample",target="${target.url}",outcome="2xx"}`;
    await (await fetch(gateway.url('/'))).text();
    const slow = fetch(gateway.url('/slow'));
    await until(() => finish.length === 1);

    await gateway.reload(configOf('sample', [target.url, other.url], 1));
    assert.equal(await gateway.metric(answered), 1);
    const series = await seriesOf(gateway, 'sample');
    assert.equal(new Set(series.map((line) => line.slice(0, line.lastIndexOf(' ')))).size, series.length);
    const active = `${TARGET}_active_requests{upstream="sample",target="${target.url}"}`;
    assert.equal(await gateway.metric(active), 1);

    await gateway.reload(configOf('another', [other.url], 1));
    assert.equal(await gateway.metric(active), 1);
    finish[0]!();
    assert.equal(await (await slow).text(), 'x');
    await until(async () => (await seriesOf(gateway, 'sample')).length === 0);
    assert.ok((await seriesOf(gateway, 'another')).length > 0);
  });
});
