import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GatewayError } from '../../../core/errors.js';
import { Exchange } from '../../../core/exchange.js';
import { HeaderList } from '../../../core/headers.js';
import type { MetricSources, TargetSample, UpstreamSample } from '../../../core/telemetry/metric-sources.js';
import { Metrics } from '../../../core/telemetry/metrics.js';

const DISPATCH = {
  workers: 1,
  spares: 1,
  queued: 0,
  outstanding: 0,
  restarts: 0,
  records: 0,
  batchSizes: new Array<number>(10).fill(0),
  memoryBytes: 0,
};

const IDLE: MetricSources = {
  inFlight: () => 0,
  upstreams: () => [],
  dispatch: () => DISPATCH,
  filters: () => [],
  filterMetrics: () => [],
  certificates: () => [],
  droppedLogBytes: () => 0,
  configStaleness: () => 0,
  configKept: () => true,
};

function metricsOf(sources: Partial<MetricSources> = {}): Metrics {
  return new Metrics({ version: '1.2.3', sources: { ...IDLE, ...sources } });
}

function targetAt(url: string): TargetSample {
  const tally = { statuses: [0, 0, 0, 0, 0, 0], failures: null, retries: 0, ejections: 0 };
  return {
    ...{ url, healthy: true, ejected: false, active: 0, failures: 0 },
    connections: { open: 0, idle: 0, waiting: 0 },
    tally: { ...tally, connects: 0, connectFailures: 0 },
  };
}

function upstreamOf(name: string, targets: readonly TargetSample[]): UpstreamSample {
  return { name, targets, redirects: null, waits: { boundsMs: [5, 50], counts: [0, 0, 0], sumMs: 0 } };
}

function finished(routeId: string, status: number, method = 'GET'): Exchange {
  const exchange = new Exchange({
    id: 'x',
    listener: 'public',
    scheme: 'http',
    method,
    authority: '',
    path: '/',
    query: '',
    headers: new HeaderList(),
    clientAddress: '',
    body: null,
  });
  exchange.routeId = routeId;
  exchange.response = { status, headers: new HeaderList(), body: null };
  return exchange;
}

/** Samples of the text format: name with labels to value. Fails on a line that is neither comment nor sample. */
async function scrape(metrics: Metrics): Promise<Map<string, number>> {
  const samples = new Map<string, number>();
  for (const line of (await metrics.text()).split('\n')) {
    if (line === '' || line.startsWith('# ')) continue;
    const match = /^([a-z_][a-z0-9_]*(?:\{(?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)+\})?) (\S+)$/.exec(line);
    assert.ok(match, `not a sample: ${line}`);
    assert.ok(!samples.has(match[1]!), `twice: ${line}`);
    samples.set(match[1]!, Number(match[2]));
  }
  return samples;
}

function named(samples: Map<string, number>, part: string): string[] {
  return [...samples.keys()].filter((key) => key.includes(part));
}

describe('exchange metrics', () => {
  it('count by route, method and status', async () => {
    const metrics = metricsOf();
    metrics.prune({ routes: new Set(['users', 'orders']), filters: [] });
    metrics.exchangeFinished(finished('users', 200), 1);
    metrics.exchangeFinished(finished('users', 200), 1);
    metrics.exchangeFinished(finished('users', 404, 'POST'), 1);
    metrics.exchangeFinished(finished('orders', 200), 1);
    const samples = await scrape(metrics);
    assert.equal(samples.get('sluice_requests_total{route="users",method="GET",status="200"}'), 2);
    assert.equal(samples.get('sluice_requests_total{route="users",method="POST",status="404"}'), 1);
    assert.equal(samples.get('sluice_requests_total{route="orders",method="GET",status="200"}'), 1);
    assert.equal(named(samples, 'sluice_requests_total').length, 3);
  });

  it('count for routes of a new declaration at once, and go on for those of both', async () => {
    const metrics = metricsOf();
    metrics.prune({ routes: new Set(['users', 'idle']), filters: [] });
    metrics.exchangeFinished(finished('users', 200), 1);
    metrics.prune({ routes: new Set(['users', 'orders', 'idle']), filters: [] });
    metrics.exchangeFinished(finished('users', 200), 1);
    metrics.exchangeFinished(finished('orders', 200), 1);
    const before = await scrape(metrics);
    assert.equal(before.get('sluice_requests_total{route="users",method="GET",status="200"}'), 2);
    assert.deepEqual(named(before, '"idle"'), []);
    metrics.prune({ routes: new Set(['orders']), filters: [] });
    const samples = await scrape(metrics);
    assert.deepEqual(named(samples, 'sluice_requests_total'), [
      'sluice_requests_total{route="orders",method="GET",status="200"}',
    ]);
  });

  it('put durations into cumulative buckets in seconds', async () => {
    const metrics = metricsOf();
    metrics.prune({ routes: new Set(['users']), filters: [] });
    for (const durationMs of [0.4, 1, 3, 70_000])
      metrics.exchangeFinished(finished('users', 200), durationMs);
    const samples = await scrape(metrics);
    const bucket = (le: string): number | undefined =>
      samples.get(`sluice_request_duration_seconds_bucket{le="${le}",route="users",status="200"}`);
    assert.deepEqual(['0.0005', '0.001', '0.0025', '0.005', '30', '+Inf'].map(bucket), [1, 2, 2, 3, 3, 4]);
    assert.equal(samples.get('sluice_request_duration_seconds_count{route="users",status="200"}'), 4);
    const sum = samples.get('sluice_request_duration_seconds_sum{route="users",status="200"}')!;
    assert.ok(Math.abs(sum - 70.0044) < 1e-9, `sum is ${sum}`);
  });

  it('count errors by code and bytes by route', async () => {
    const metrics = metricsOf();
    metrics.prune({ routes: new Set(['users']), filters: [] });
    const exchange = finished('users', 200);
    exchange.error = new GatewayError('SLUICE_UPSTREAM_TIMEOUT', 'slow');
    exchange.bytesIn = 10;
    exchange.bytesOut = 20;
    metrics.exchangeFinished(exchange);
    const samples = await scrape(metrics);
    assert.equal(samples.get('sluice_request_errors_total{route="users",code="SLUICE_UPSTREAM_TIMEOUT"}'), 1);
    assert.equal(samples.get('sluice_requests_total{route="users",method="GET",status="504"}'), 1);
    assert.equal(samples.get('sluice_request_body_bytes_total{route="users"}'), 10);
    assert.equal(samples.get('sluice_response_body_bytes_total{route="users"}'), 20);
  });

  it('grow no series from what a client or an upstream invents', async () => {
    const metrics = metricsOf();
    metrics.prune({ routes: new Set(['users']), filters: [] });
    for (let i = 0; i < 100; i++) {
      metrics.exchangeFinished(finished(`invented-${i}`, 404, `METHOD${i}`));
      metrics.exchangeFinished(finished('users', 600 + i));
    }
    const samples = await scrape(metrics);
    assert.deepEqual(named(samples, 'sluice_requests_total'), [
      'sluice_requests_total{route="-",method="OTHER",status="404"}',
      'sluice_requests_total{route="users",method="GET",status="other"}',
    ]);
    assert.equal(samples.get('sluice_requests_total{route="-",method="OTHER",status="404"}'), 100);
  });

  it('label an exchange without a route with a dash, and one that ended before a response as 499', async () => {
    const metrics = metricsOf();
    const exchange = finished('', 200);
    exchange.response = null;
    metrics.exchangeFinished(exchange);
    const samples = await scrape(metrics);
    assert.equal(samples.get('sluice_requests_total{route="-",method="GET",status="499"}'), 1);
  });
});

describe('after a reload', () => {
  it('series of removed routes and filters are gone, those of kept ones go on', async () => {
    const metrics = metricsOf();
    metrics.prune({ routes: new Set(['kept', 'removed']), filters: ['kept', 'removed'] });
    for (const name of ['kept', 'removed']) {
      metrics.exchangeFinished(finished(name, 200));
      metrics.filterCalled(name, 'request', 1000, 1, 0);
      metrics.filterFailed(name, 'SLUICE_FILTER_TRAP');
    }
    metrics.prune({ routes: new Set(['kept']), filters: ['kept'] });
    metrics.exchangeFinished(finished('kept', 200));
    const samples = await scrape(metrics);
    assert.deepEqual(named(samples, 'removed'), []);
    assert.equal(samples.get('sluice_requests_total{route="kept",method="GET",status="200"}'), 2);
    assert.equal(samples.get('sluice_filter_calls_total{filter="kept",phase="request"}'), 1);
  });

  it('what still ends on the old revision does not bring a removed series back', async () => {
    const metrics = metricsOf();
    metrics.prune({ routes: new Set(['removed']), filters: ['removed'] });
    metrics.prune({ routes: new Set(), filters: [] });
    metrics.exchangeFinished(finished('removed', 200));
    metrics.filterCalled('removed', 'response', 1000, 0, 0);
    metrics.filterFailed('removed', 'SLUICE_FILTER_TRAP');
    const samples = await scrape(metrics);
    assert.deepEqual(named(samples, 'removed'), []);
    assert.equal(samples.get('sluice_requests_total{route="-",method="GET",status="200"}'), 1);
  });
});

describe('filter metrics', () => {
  it('count the requests that a filter answered, by status', async () => {
    const metrics = metricsOf();
    metrics.prune({ routes: new Set(['r']), filters: ['guard'] });
    for (const status of [401, 401, 403]) {
      const exchange = finished('r', 200);
      exchange.answer = { filter: 'guard', status, code: 'POLICY_DENIED', replaced: null };
      metrics.exchangeFinished(exchange);
    }
    metrics.exchangeFinished(finished('r', 200));
    const samples = await scrape(metrics);
    assert.equal(samples.get('sluice_filter_answers_total{filter="guard",status="401"}'), 2);
    assert.equal(samples.get('sluice_filter_answers_total{filter="guard",status="403"}'), 1);
  });

  it('count calls, edits, time and failures by filter and phase', async () => {
    const metrics = metricsOf();
    metrics.prune({ routes: new Set(), filters: ['guard', 'clean'] });
    metrics.filterCalled('guard', 'request', 20_000, 3, 7);
    metrics.filterCalled('guard', 'request', 2_000_000_000, 1, 0);
    metrics.filterCalled('clean', 'response', 5_000, 0, 0);
    metrics.filterFailed('clean', 'SLUICE_FILTER_DEADLINE');
    const samples = await scrape(metrics);
    const guard = '{filter="guard",phase="request"}';
    assert.equal(samples.get(`sluice_filter_calls_total${guard}`), 2);
    assert.equal(samples.get(`sluice_filter_edits_total${guard}`), 4);
    assert.equal(samples.get(`sluice_filter_queue_seconds_total${guard}`), 0.007);
    assert.equal(samples.get(`sluice_filter_duration_seconds_count${guard}`), 2);
    assert.equal(
      samples.get('sluice_filter_duration_seconds_bucket{le="0.000025",filter="guard",phase="request"}'),
      1,
    );
    assert.equal(samples.get('sluice_filter_edits_total{filter="clean",phase="response"}'), 0);
    assert.deepEqual(named(samples, '{filter="guard",phase="response"}'), []);
    assert.equal(
      samples.get('sluice_filter_failures_total{filter="clean",code="SLUICE_FILTER_DEADLINE"}'),
      1,
    );
  });
});

describe('callout metrics', () => {
  it('count outcomes and time by filter and upstream', async () => {
    const metrics = metricsOf();
    metrics.prune({ routes: new Set(), filters: ['guard'] });
    metrics.calloutEnded('guard', 'authz', 'done', 20);
    metrics.calloutEnded('guard', 'authz', 'done', 2000);
    metrics.calloutEnded('guard', 'authz', 'timeout', 250);
    metrics.calloutEnded('guard', 'users', 'failed', 1);
    metrics.calloutEnded('removed', 'authz', 'done', 1);
    const samples = await scrape(metrics);
    const counted = (rest: string): number | undefined =>
      samples.get(`sluice_filter_callouts_total{filter="guard",${rest}}`);
    assert.equal(counted('upstream="authz",outcome="done"'), 2);
    assert.equal(counted('upstream="authz",outcome="timeout"'), 1);
    assert.equal(counted('upstream="users",outcome="failed"'), 1);
    const time = 'sluice_filter_callout_duration_seconds';
    assert.equal(samples.get(`${time}_count{filter="guard",upstream="authz"}`), 3);
    assert.equal(samples.get(`${time}_bucket{le="0.025",filter="guard",upstream="authz"}`), 1);
    assert.equal(samples.get(`${time}_sum{filter="guard",upstream="authz"}`), 2.27);
    assert.deepEqual(named(samples, 'removed'), []);
  });
});

describe('what is asked for at a scrape', () => {
  it('is the state of the upstreams of that moment', async () => {
    let targets = [{ ...targetAt('http://a:1'), active: 3 }];
    const metrics = metricsOf({ upstreams: () => [upstreamOf('users', targets)] });
    const first = await scrape(metrics);
    assert.equal(first.get('sluice_upstream_target_healthy{upstream="users",target="http://a:1"}'), 1);
    assert.equal(
      first.get('sluice_upstream_target_active_requests{upstream="users",target="http://a:1"}'),
      3,
    );
    targets = [{ ...targetAt('http://b:1'), healthy: false, ejected: true, failures: 5 }];
    const second = await scrape(metrics);
    assert.deepEqual(named(second, 'http://a:1'), []);
    assert.equal(second.get('sluice_upstream_target_healthy{upstream="users",target="http://b:1"}'), 0);
    assert.equal(second.get('sluice_upstream_target_ejected{upstream="users",target="http://b:1"}'), 1);
    assert.equal(
      second.get('sluice_upstream_target_consecutive_failures{upstream="users",target="http://b:1"}'),
      5,
    );
  });

  it('is what was counted of targets, and how long they took', async () => {
    const { tally, ...target } = targetAt('http://a:1');
    const counted = {
      statuses: [1, 0, 20, 0, 4, 0],
      failures: new Map([['SLUICE_UPSTREAM_TIMEOUT', 2]]),
      ...{ retries: 3, ejections: 5, connects: 7, connectFailures: 6 },
    };
    const connections = { open: 9, idle: 4, waiting: 8 };
    const waits = { boundsMs: [5, 50], counts: [10, 2, 1], sumMs: 250 };
    const metrics = metricsOf({
      upstreams: () => [
        { ...upstreamOf('users', [{ ...target, connections, tally: { ...tally, ...counted } }]), waits },
      ],
    });
    const samples = await scrape(metrics);
    const of = (what: string, label = ''): number | undefined =>
      samples.get(`sluice_upstream_target_${what}{upstream="users",target="http://a:1"${label}}`);
    assert.equal(named(samples, 'target_requests_total').length, 4);
    assert.equal(of('requests_total', ',outcome="2xx"'), 20);
    assert.equal(of('requests_total', ',outcome="4xx"'), 4);
    assert.equal(of('requests_total', ',outcome="other"'), 1);
    assert.equal(of('requests_total', ',outcome="SLUICE_UPSTREAM_TIMEOUT"'), 2);
    assert.equal(of('retries_total'), 3);
    assert.equal(of('ejections_total'), 5);
    assert.equal(of('connects_total'), 7);
    assert.equal(of('connect_failures_total'), 6);
    assert.equal(of('waiting_requests'), 8);
    assert.equal(of('connections', ',state="active"'), 5);
    assert.equal(of('connections', ',state="idle"'), 4);
    const wait = 'sluice_upstream_first_byte_seconds';
    assert.deepEqual(
      ['0.005', '0.05', '+Inf'].map((le) => samples.get(`${wait}_bucket{le="${le}",upstream="users"}`)),
      [10, 12, 13],
    );
    assert.equal(samples.get(`${wait}_sum{upstream="users"}`), 0.25);
  });

  it('is one of two upstreams of a name, while exchanges of the older revision end', async () => {
    const { tally } = targetAt('');
    const [older, newer, gone] = ['http://a:1', 'http://a:1', 'http://b:1'].map((url) => ({
      ...targetAt(url),
      tally,
      active: 2,
      connections: { open: 3, idle: 1, waiting: 0 },
    }));
    const metrics = metricsOf({
      upstreams: () => [
        upstreamOf('users', [older!, gone!]),
        upstreamOf('users', [{ ...newer!, healthy: false }]),
      ],
    });
    const samples = await scrape(metrics);
    const of = (what: string, target: string, label = ''): number | undefined =>
      samples.get(`sluice_upstream_target_${what}{upstream="users",target="${target}"${label}}`);
    assert.equal(of('active_requests', 'http://a:1'), 4);
    assert.equal(of('connections', 'http://a:1', ',state="active"'), 4);
    assert.equal(of('healthy', 'http://a:1'), 0);
    assert.equal(of('active_requests', 'http://b:1'), 2);
  });

  it('has the redirects of upstreams that follow them', async () => {
    const redirects = { followed: 11, passed: 22, refused: 33 };
    const metrics = metricsOf({
      upstreams: () => [{ ...upstreamOf('users', []), redirects }, upstreamOf('orders', [])],
    });
    const samples = await scrape(metrics);
    const name = 'sluice_upstream_redirects_total';
    assert.deepEqual(
      named(samples, name).map((key) => [key, samples.get(key)]),
      [
        [`${name}{upstream="users",outcome="followed"}`, 11],
        [`${name}{upstream="users",outcome="passed"}`, 22],
        [`${name}{upstream="users",outcome="refused"}`, 33],
      ],
    );
  });

  it('is the state of dispatch, of running exchanges and of the log', async () => {
    const metrics = metricsOf({
      inFlight: () => 7,
      dispatch: () => ({
        workers: 2,
        spares: 9,
        queued: 3,
        outstanding: 4,
        restarts: 5,
        // Batches of 1, 5 and 300.
        records: 306,
        batchSizes: [1, 0, 0, 1, 0, 0, 0, 0, 0, 1],
        memoryBytes: 65_536,
      }),
      droppedLogBytes: () => 6,
    });
    const samples = await scrape(metrics);
    assert.equal(samples.get('sluice_requests_in_flight'), 7);
    assert.equal(samples.get('sluice_dispatch_workers'), 2);
    assert.equal(samples.get('sluice_dispatch_spare_workers'), 9);
    assert.equal(samples.get('sluice_filter_memory_bytes'), 65_536);
    assert.equal(samples.get('sluice_dispatch_queue_depth'), 3);
    assert.equal(samples.get('sluice_dispatch_outstanding'), 4);
    assert.equal(samples.get('sluice_dispatch_worker_restarts_total'), 5);
    assert.equal(samples.get('sluice_log_dropped_bytes_total'), 6);
    assert.equal(samples.get('sluice_dispatch_batch_size_bucket{le="1"}'), 1);
    assert.equal(samples.get('sluice_dispatch_batch_size_bucket{le="8"}'), 2);
    assert.equal(samples.get('sluice_dispatch_batch_size_bucket{le="+Inf"}'), 3);
    assert.equal(samples.get('sluice_dispatch_batch_size_sum'), 306);
    assert.equal(samples.get('sluice_dispatch_batch_size_count'), 3);
  });
});

describe('config metrics', () => {
  it('name the current revision only', async () => {
    const metrics = metricsOf();
    assert.deepEqual(named(await scrape(metrics), 'revision_info'), []);
    metrics.revisionRuns('aaa');
    metrics.revisionRuns('bbb');
    assert.deepEqual(named(await scrape(metrics), 'revision_info'), [
      'sluice_config_revision_info{revision="bbb"}',
    ]);
  });

  it('have the first configuration for the last good load, until there is another', async () => {
    const metrics = metricsOf();
    metrics.revisionRuns('aaa');
    const first = await scrape(metrics);
    const at = first.get('sluice_config_last_reload_success_timestamp_seconds')!;
    assert.ok(at > 1_600_000_000, `in seconds of the epoch: ${at}`);
    assert.equal(first.get('sluice_config_last_reload_timestamp_seconds'), at);
    metrics.reloadEnded('failed');
    metrics.revisionRuns('aaa');
    const later = await scrape(metrics);
    assert.equal(later.get('sluice_config_last_reload_success_timestamp_seconds'), at);
  });

  it('tell how the last load went and when the last good one was', async () => {
    const metrics = metricsOf();
    metrics.reloadEnded('applied');
    const good = await scrape(metrics);
    assert.equal(good.get('sluice_config_last_reload_success'), 1);
    const goodAt = good.get('sluice_config_last_reload_success_timestamp_seconds')!;
    assert.ok(Math.abs(goodAt - Date.now() / 1000) < 60, `in seconds of the epoch: ${goodAt}`);
    metrics.reloadEnded('failed');
    const bad = await scrape(metrics);
    assert.equal(bad.get('sluice_config_last_reload_success'), 0);
    assert.equal(bad.get('sluice_config_last_reload_success_timestamp_seconds'), goodAt);
    assert.equal(bad.get('sluice_config_reloads_total{outcome="applied"}'), 1);
    assert.equal(bad.get('sluice_config_reloads_total{outcome="failed"}'), 1);
  });
});

describe('the exposition', () => {
  it('has help and type for every metric, names the version and measures the process', async () => {
    const metrics = metricsOf();
    const text = await metrics.text();
    const samples = await scrape(metrics);
    assert.match(metrics.contentType, /^text\/plain; version=0\.0\.4/);
    assert.equal(samples.get('sluice_build_info{version="1.2.3"}'), 1);
    assert.ok(samples.get('process_resident_memory_bytes')! > 1e6);
    assert.ok(samples.has('nodejs_eventloop_lag_seconds'));
    for (const [, name] of text.matchAll(/^# TYPE (\S+)/gm))
      assert.match(text, new RegExp(`^# HELP ${name} \\S`, 'm'));
  });

  it('escapes names that hold quotes, backslashes and line ends', async () => {
    const metrics = metricsOf({
      upstreams: () => [
        {
          ...upstreamOf('a"b\\c\nd', [targetAt('u')]),
        },
      ],
    });
    metrics.prune({ routes: new Set(['r"\\\n']), filters: [] });
    metrics.exchangeFinished(finished('r"\\\n', 200));
    const samples = await scrape(metrics);
    assert.equal(samples.get('sluice_upstream_target_healthy{upstream="a\\"b\\\\c\\nd",target="u"}'), 1);
    assert.equal(samples.get('sluice_requests_total{route="r\\"\\\\\\n",method="GET",status="200"}'), 1);
  });

  it('belongs to its gateway: two in one process share nothing', async () => {
    const one = metricsOf();
    const other = metricsOf();
    one.exchangeFinished(finished('', 200));
    assert.equal(named(await scrape(one), 'sluice_requests_total').length, 1);
    assert.equal(named(await scrape(other), 'sluice_requests_total').length, 0);
  });
});
