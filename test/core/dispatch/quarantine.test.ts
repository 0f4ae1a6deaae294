import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { Quarantine } from '../../../core/dispatch/quarantine.js';
import type { ChainLink } from '../../../core/wasm/chain-input.js';
import type { FilterFailure, PhaseResult } from '../../../core/wasm/guest-abi.js';
import type { FilterSpec } from '../../../core/wasm/instance.js';
import { guestSpec } from '../../support/phase-messages.js';

const RULE = { failures: 3, windowMs: 1000, share: 0.5, backoffMs: 100, maxBackoffMs: 350 };
const FAILURE: FilterFailure = {
  code: 'SLUICE_FILTER_TRAP',
  message: 'unreachable',
  index: 0,
  skipped: false,
};

describe('the quarantine', () => {
  let nowMs = 0;
  let events: string[] = [];
  let quarantine: Quarantine;
  let spec: FilterSpec;

  beforeEach(async () => {
    nowMs = 5000;
    events = [];
    spec = await guestSpec('trap', { quarantine: RULE });
    quarantine = new Quarantine(
      {
        filterQuarantined: (filter, { code }, backoffMs) => events.push(`${filter} ${code} ${backoffMs}`),
        filterRestored: (filter) => events.push(`${filter} restored`),
      },
      () => nowMs,
    );
  });

  function fail(times: number): void {
    for (let i = 0; i < times; i += 1) quarantine.failed(spec, 'request', FAILURE);
  }

  /** Lets the back-off pass and the probe end. */
  function probe(outcome: FilterFailure | 'passed' | 'unknown'): void {
    nowMs += quarantine.refusedForMs(spec.id);
    assert.equal(quarantine.admit(spec.id), 'probe');
    quarantine.probed(spec.id, outcome);
  }

  it('leaves a filter out after so many failures within the window', () => {
    fail(2);
    assert.equal(quarantine.admit(spec.id), 'run');
    assert.equal(quarantine.isEmpty, true);
    fail(1);
    assert.equal(quarantine.admit(spec.id), 'refuse');
    assert.equal(quarantine.isEmpty, false);
    assert.equal(quarantine.refusedForMs(spec.id), 100);
    assert.deepEqual(events, ['trap SLUICE_FILTER_TRAP 100']);
  });

  /** Calls of the filter that came to an end. */
  function pass(times: number, phase: 'request' | 'response' = 'request'): void {
    const result = { calls: [{ durationNs: 1, edits: 0, count: 1 }], failures: [] } as unknown as PhaseResult;
    for (let i = 0; i < times; i += 1)
      quarantine.called([{ id: spec.id } as ChainLink], phase, result, () => spec, nowMs);
  }

  it('goes on with a filter that most exchanges do not make fail', () => {
    pass(97);
    for (let i = 0; i < 50; i += 1) {
      fail(1);
      pass(3);
    }
    assert.equal(quarantine.isEmpty, true);
    fail(200);
    assert.equal(quarantine.isEmpty, false);
  });

  it('looks at the share in the phase that fails', () => {
    pass(100, 'response');
    fail(3);
    assert.equal(quarantine.isEmpty, false);
  });

  it('lets calls count no longer than failures', () => {
    pass(1000);
    nowMs += 2000;
    fail(3);
    assert.equal(quarantine.isEmpty, false);
  });

  it('leaves a filter out that ends its workers, whatever the share', () => {
    pass(1000);
    for (let i = 0; i < 3; i += 1) quarantine.failed(spec, 'request', FAILURE, true);
    assert.equal(quarantine.isEmpty, false);
  });

  it('forgets failures that are older than the window', () => {
    fail(2);
    nowMs += 1001;
    fail(2);
    assert.equal(quarantine.admit(spec.id), 'run');
    nowMs += 500;
    fail(1);
    assert.equal(quarantine.admit(spec.id), 'refuse');
  });

  it('lets one exchange at a time try the filter when the back-off is over', () => {
    fail(3);
    nowMs += 99;
    assert.equal(quarantine.admit(spec.id), 'refuse');
    nowMs += 1;
    assert.equal(quarantine.admit(spec.id), 'probe');
    assert.equal(quarantine.admit(spec.id), 'refuse');
    assert.equal(quarantine.health(spec).state, 'probing');
  });

  it('takes the filter back when its probe passed', () => {
    fail(3);
    probe('passed');
    assert.equal(quarantine.admit(spec.id), 'run');
    assert.equal(quarantine.isEmpty, true);
    assert.equal(events.at(-1), 'trap restored');
    fail(2);
    assert.equal(quarantine.admit(spec.id), 'run', 'what it did before does not count any more');
  });

  it('doubles the back-off each time a probe fails, up to the longest', () => {
    fail(3);
    const backoffs = [quarantine.refusedForMs(spec.id)];
    for (let i = 0; i < 3; i += 1) {
      probe(FAILURE);
      backoffs.push(quarantine.refusedForMs(spec.id));
    }
    assert.deepEqual(backoffs, [100, 200, 350, 350]);
    assert.equal(quarantine.health(spec).quarantines, 4);
  });

  it('goes on doubling when the filter fails soon after it came back, and begins anew when it was good for as long as it was out', () => {
    fail(3);
    probe(FAILURE);
    probe('passed');
    nowMs += 199;
    fail(3);
    assert.equal(quarantine.refusedForMs(spec.id), 350);
    probe('passed');
    nowMs += 350;
    fail(3);
    assert.equal(quarantine.refusedForMs(spec.id), 100);
  });

  it('lets the next exchange be the probe when the one that was never came to the filter', () => {
    fail(3);
    probe('unknown');
    assert.equal(quarantine.admit(spec.id), 'probe');
  });

  it('does not count what was under way when the filter was quarantined', () => {
    fail(10);
    assert.deepEqual(events, ['trap SLUICE_FILTER_TRAP 100']);
  });

  it('never leaves out a filter whose rule has no failures', async () => {
    const other = await guestSpec('trap', { quarantine: { ...RULE, failures: 0 } });
    for (let i = 0; i < 100; i += 1) quarantine.failed(other, 'request', FAILURE);
    assert.equal(quarantine.admit(other.id), 'run');
    assert.equal(quarantine.health(other).lastFailure?.code, 'SLUICE_FILTER_TRAP');
  });

  it('knows nothing of a filter that is gone', () => {
    fail(3);
    quarantine.forget(spec.id);
    assert.equal(quarantine.isEmpty, true);
    assert.equal(quarantine.admit(spec.id), 'run');
    quarantine.probed(spec.id, 'passed');
    assert.deepEqual(events, ['trap SLUICE_FILTER_TRAP 100']);
  });

  it('tells the last failure and when the filter is tried again', () => {
    assert.deepEqual(quarantine.health(spec), {
      name: 'trap',
      state: 'active',
      quarantines: 0,
      retryInMs: 0,
      lastFailure: null,
    });
    fail(3);
    nowMs += 40;
    const { at, ...failure } = quarantine.health(spec).lastFailure!;
    assert.deepEqual(failure, { code: 'SLUICE_FILTER_TRAP', message: 'unreachable' });
    assert.ok(!Number.isNaN(Date.parse(at)));
    assert.equal(quarantine.health(spec).retryInMs, 60);
  });
});
