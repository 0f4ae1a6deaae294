import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { GoneCounts, routesIn, stillDeclared } from '../../../core/processes/gone-counts.js';
import { MetricRegistry, type MetricValues } from '../../../core/telemetry/metric-registry.js';

function metric(name: string, value: number, labels: Readonly<Record<string, string>> = {}): MetricValues {
  return { name, help: 'Help.', type: 'counter', aggregator: 'sum', values: [{ labels, value }] };
}

async function totalOf(gone: GoneCounts): Promise<number> {
  const [sum] = await MetricRegistry.sumOf(gone.processes);
  return sum!.values[0]!.value;
}

describe('the counts of processes that are gone', () => {
  it('add up, however many there were, and take the room of a few', async () => {
    const gone = new GoneCounts();
    for (let index = 1; index <= 100; index++) {
      gone.add([metric('requests', 1)]);
      assert.equal(await totalOf(gone), index);
      await setImmediate();
    }
    assert.ok(gone.processes.length < 20, `${gone.processes.length} are kept apart`);
  });

  it('leave out what was so at a moment only', () => {
    const gone = new GoneCounts();
    gone.add([{ ...metric('running', 3), type: 'gauge' }]);
    assert.deepEqual(gone.processes, []);
  });

  it('leave out routes, filters, upstreams and targets that nobody declares any more', () => {
    const said = [
      [
        {
          ...metric('sluice_upstream_target_connects_total', 0),
          values: [
            { labels: { upstream: 'users', target: 'http://a' }, value: 0 },
            { labels: { upstream: 'orders', target: 'http://b' }, value: 0 },
          ],
        },
        { ...metric('sluice_filter_quarantined', 0, { filter: 'guard' }), type: 'gauge' },
      ],
    ];
    const gone = [
      [
        metric('sluice_requests_total', 5, { route: 'kept', method: 'GET' }),
        metric('sluice_requests_total', 6, { route: 'removed', method: 'GET' }),
        metric('sluice_requests_total', 10, { route: '-', method: 'GET' }),
        metric('sluice_filter_calls_total', 7, { filter: 'guard' }),
        metric('sluice_filter_calls_total', 8, { filter: 'removed' }),
        metric('sluice_upstream_target_requests_total', 1, { upstream: 'users', target: 'http://a' }),
        metric('sluice_upstream_target_requests_total', 2, { upstream: 'users', target: 'http://b' }),
        metric('sluice_upstream_first_byte_seconds', 3, { upstream: 'users' }),
        metric('sluice_upstream_first_byte_seconds', 4, { upstream: 'removed' }),
        metric('process_cpu_seconds_total', 9),
      ],
    ];
    assert.deepEqual(routesIn(gone), ['kept', 'removed']);
    const values = stillDeclared(gone, said, new Set(['kept']))
      .flat(2)
      .flatMap(({ values: samples }) => samples);
    assert.deepEqual(
      values.map(({ value }) => value),
      [5, 10, 7, 1, 3, 9],
    );
  });
});
