import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  createMetricTable,
  type MetricDefinition,
  MetricTable,
  MOST_METRICS,
} from '../../../../core/wasm/capabilities/metric-table.js';

function counter(name: string, labels: Record<string, string> = {}): MetricDefinition {
  return { kind: 'counter', name, help: 'of a test', labels, bounds: [] };
}

describe('a table of metrics', () => {
  it('gives the same definition the same place, in whatever order others define theirs', () => {
    const buffer = createMetricTable();
    const one = new MetricTable(buffer);
    const other = new MetricTable(buffer);
    const a = one.place(counter('a'));
    const b = one.place(counter('b'));
    assert.notEqual(a, b);
    assert.deepEqual([other.place(counter('b')), other.place(counter('a'))], [b, a]);
    assert.notEqual(one.place(counter('a', { outcome: 'denied' })), a);
    assert.notEqual(one.place({ ...counter('a'), kind: 'gauge' }), a);
  });

  it('is full after so many', () => {
    const table = new MetricTable(createMetricTable());
    for (let i = 0; i < MOST_METRICS; i += 1) assert.equal(table.place(counter(`m${i}`)), i);
    assert.equal(table.place(counter('more')), -1);
    assert.equal(table.place(counter('m5')), 5);
  });

  it('adds, sets and sorts into buckets', () => {
    const buffer = createMetricTable();
    const table = new MetricTable(buffer);
    const sum = table.place(counter('sum'));
    for (let i = 0; i < 10; i += 1) new MetricTable(buffer).add(sum, 0.5);
    assert.equal(table.value(sum), 5);

    const gauge = table.place({ ...counter('gauge'), kind: 'gauge' });
    table.set(gauge, 7);
    table.set(gauge, -3.25);
    assert.equal(table.value(gauge), -3.25);

    const bounds = [1, 10];
    const spread = table.place({ ...counter('spread'), kind: 'histogram', bounds });
    for (const value of [0, 1, 1.5, 10, 11, 1000]) table.observe(spread, value, bounds);
    assert.deepEqual(table.buckets(spread, bounds), [2, 2, 2]);
    assert.equal(table.value(spread), 1023.5);
    assert.equal(table.value(sum), 5, 'neighbours are left alone');
  });
});
