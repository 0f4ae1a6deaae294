import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { describe, it, type TestContext } from 'node:test';
import { Pulse } from '../../../core/processes/pulse.js';
import type { MetricValues } from '../../../core/telemetry/metric-registry.js';
import { until } from '../../support/gateway.js';

const COUNTED: readonly MetricValues[] = [];

/** What a process tells that counts like this. */
function pulseOf(test: TestContext, counted: () => readonly MetricValues[] | null): unknown[] {
  const told: unknown[] = [];
  const pulse = new Pulse({ counted, tell: (said) => told.push(said) });
  test.after(() => pulse.stop());
  return told;
}

describe('the pulse of a process', () => {
  it('tells what was counted, at once and then again and again', async (test) => {
    const told = pulseOf(test, () => COUNTED);
    assert.deepEqual(told, [COUNTED]);
    await until(() => told.length >= 3);
    assert.ok(told.every((said) => said === COUNTED));
  });

  it('tells no more than that the process lives where counting takes long', async (test) => {
    const told = pulseOf(test, () => {
      const untilMs = performance.now() + 100;
      while (performance.now() < untilMs);
      return COUNTED;
    });
    await until(() => told.length >= 3);
    assert.deepEqual(told.slice(0, 3), [COUNTED, null, null]);
  });
});
