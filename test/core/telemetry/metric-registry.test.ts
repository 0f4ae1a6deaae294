import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lastingOf, type MetricKind, MetricRegistry } from '../../../core/telemetry/metric-registry.js';

/** One process with a metric of each kind. */
function processWith(value: number, labels: Readonly<Record<string, string>> = {}): MetricRegistry {
  const registry = new MetricRegistry();
  const kinds: readonly MetricKind[] = ['counter', 'gauge', 'gauge-max', 'gauge-min'];
  for (const kind of kinds) {
    registry.register(`m_${kind.replace('-', '_')}`, 'Help.', kind, (name) => [
      { metricName: name, labels: {}, sharedLabels: labels, value },
    ]);
  }
  registry.register('m_histogram', 'Help.', 'histogram', (name) => [
    { metricName: `${name}_bucket`, labels: { le: 1 }, sharedLabels: labels, value },
    { metricName: `${name}_bucket`, labels: { le: '+Inf' }, sharedLabels: labels, value: value + 1 },
    { metricName: `${name}_count`, labels: {}, sharedLabels: labels, value: value + 1 },
  ]);
  return registry;
}

function samplesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

describe('the metrics of several processes', () => {
  it('are added up, but for gauges that say otherwise', async () => {
    const values = await Promise.all([processWith(2).values(), processWith(5).values()]);
    assert.deepEqual(samplesOf(await MetricRegistry.textOf(values)), [
      'm_counter 7',
      'm_gauge 7',
      'm_gauge_max 5',
      'm_gauge_min 2',
      'm_histogram_bucket{le="1"} 7',
      'm_histogram_bucket{le="+Inf"} 9',
      'm_histogram_count 9',
    ]);
  });

  it('stay apart where any label differs', async () => {
    const values = await Promise.all([
      processWith(2, { route: 'a' }).values(),
      processWith(5, { route: 'b' }).values(),
    ]);
    const samples = samplesOf(await MetricRegistry.textOf(values));
    assert.ok(samples.includes('m_counter{route="a"} 2'), samples.join('\n'));
    assert.ok(samples.includes('m_counter{route="b"} 5'), samples.join('\n'));
  });

  it('say what one process says when there is one', async () => {
    const registry = processWith(3, { route: 'a' });
    registry.register('m_empty', 'Help.', 'counter', () => []);
    const text = await MetricRegistry.textOf([await registry.values()]);
    assert.deepEqual(samplesOf(text), samplesOf(await registry.text()));
  });

  it('are told at once as far as they are counted', async () => {
    const registry = processWith(2, { route: 'a' });
    assert.deepEqual(registry.counted(), lastingOf(await registry.values()));
    registry.measureProcess();
    assert.deepEqual(
      registry.counted().map(({ name }) => name),
      ['m_counter', 'm_histogram'],
    );
  });

  it('leave what was counted when a process is gone', async () => {
    const lasting = lastingOf(await processWith(2).values());
    assert.deepEqual(
      lasting.map(({ name }) => name),
      ['m_counter', 'm_histogram'],
    );
    const once = await MetricRegistry.sumOf([lasting, lasting]);
    const twice = await MetricRegistry.sumOf([once, lasting]);
    assert.equal(twice.find(({ name }) => name === 'm_counter')!.values[0]!.value, 6);
  });
});
