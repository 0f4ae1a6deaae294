import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Deadline, DeadlineWheel } from '../../../core/upstream/deadline-wheel.js';
import { until } from '../../support/upstream-servers.js';

/** Its timer never comes into play here: the tests move the hand. */
const TICK_MS = 1_000_000;
/** Ticks on top of the delay. */
const SLACK = 3;

class Recorder extends Deadline {
  fired = 0;

  constructor(readonly onFire: () => void = () => {}) {
    super();
  }

  onDeadline(): void {
    this.fired++;
    this.onFire();
  }
}

function advance(wheel: DeadlineWheel, ticks: number): void {
  for (let i = 0; i < ticks; i++) wheel.advance();
}

describe('DeadlineWheel', { timeout: 10_000 }, () => {
  it('fires once, when the delay has passed and not a tick before', () => {
    const wheel = new DeadlineWheel(TICK_MS);
    const deadline = new Recorder();
    wheel.arm(deadline, 5 * TICK_MS);
    advance(wheel, 5 + SLACK - 1);
    assert.equal(deadline.fired, 0);
    assert.equal(wheel.armed, 1);
    advance(wheel, 1);
    assert.equal(deadline.fired, 1);
    assert.equal(wheel.armed, 0);
    advance(wheel, 3000);
    assert.equal(deadline.fired, 1);
  });

  it('waits more than one lap for a delay that is longer than the wheel', () => {
    const wheel = new DeadlineWheel(TICK_MS);
    const deadline = new Recorder();
    wheel.arm(deadline, 5000 * TICK_MS);
    advance(wheel, 5000 + SLACK - 1);
    assert.equal(deadline.fired, 0);
    advance(wheel, 1);
    assert.equal(deadline.fired, 1);
  });

  it('takes the later arming, whether it is nearer or farther', () => {
    const wheel = new DeadlineWheel(TICK_MS);
    const farther = new Recorder();
    wheel.arm(farther, 2 * TICK_MS);
    wheel.arm(farther, 10 * TICK_MS);
    const nearer = new Recorder();
    wheel.arm(nearer, 10 * TICK_MS);
    wheel.arm(nearer, 2 * TICK_MS);
    assert.equal(wheel.armed, 2);
    advance(wheel, 2 + SLACK);
    assert.deepEqual([nearer.fired, farther.fired], [1, 0]);
    advance(wheel, 8);
    assert.deepEqual([nearer.fired, farther.fired], [1, 1]);
  });

  it('lets a callback arm and disarm others of the same slot', () => {
    const wheel = new DeadlineWheel(TICK_MS);
    const victim = new Recorder();
    const delayed = new Recorder();
    const first = new Recorder(() => {
      if (first.fired > 1) return;
      wheel.disarm(victim);
      wheel.arm(delayed, 4 * TICK_MS);
      wheel.arm(first, TICK_MS);
    });
    for (const deadline of [first, victim, delayed]) wheel.arm(deadline, TICK_MS);
    advance(wheel, 1 + SLACK);
    assert.deepEqual([first.fired, victim.fired, delayed.fired], [1, 0, 0]);
    advance(wheel, 4 + SLACK);
    assert.deepEqual([first.fired, victim.fired, delayed.fired], [2, 0, 1]);
    assert.equal(wheel.armed, 0);
  });

  it('lets one rest until it is armed again, for sooner or later than before', () => {
    const wheel = new DeadlineWheel(TICK_MS);
    const deadlines = [1, 5, 2000, 3000].map((ticks) => ({ ticks, deadline: new Recorder() }));
    for (const { deadline } of deadlines) wheel.arm(deadline, 5 * TICK_MS);
    for (const { deadline } of deadlines) wheel.rest(deadline);
    assert.equal(wheel.armed, 0);
    for (const { ticks, deadline } of deadlines) wheel.arm(deadline, ticks * TICK_MS);
    assert.equal(wheel.armed, 4);
    for (let tick = 1; tick <= 3000 + SLACK; tick++) {
      wheel.advance();
      for (const { ticks, deadline } of deadlines)
        assert.equal(deadline.fired, tick < ticks + SLACK ? 0 : 1, `${ticks} at ${tick}`);
    }
    wheel.rest(deadlines[0]!.deadline);
    advance(wheel, 3000);
    assert.equal(deadlines[0]!.deadline.fired, 1);
    assert.equal(wheel.armed, 0);
  });

  it('fires each of many random deadlines exactly at its tick', () => {
    const wheel = new DeadlineWheel(TICK_MS);
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 48271) % 2147483647;
      return seed % below;
    };
    let tick = 0;
    const due = new Map<Recorder, number>();
    const deadlines = Array.from({ length: 200 }, () => {
      const deadline: Recorder = new Recorder(() => {
        assert.equal(due.get(deadline), tick);
        due.delete(deadline);
      });
      return deadline;
    });
    for (tick = 0; tick < 6000; tick++) {
      const deadline = deadlines[random(deadlines.length)]!;
      const what = random(6);
      if (what < 2) {
        if (what === 0) wheel.disarm(deadline);
        else wheel.rest(deadline);
        due.delete(deadline);
      } else {
        const ticks = random(2500);
        wheel.arm(deadline, ticks * TICK_MS);
        due.set(deadline, tick + ticks + SLACK);
      }
      assert.equal(wheel.armed, due.size);
      tick++;
      wheel.advance();
      tick--;
    }
  });

  it('moves its hand by itself while something is armed', async () => {
    const wheel = new DeadlineWheel(1);
    const deadline = new Recorder();
    wheel.arm(deadline, 3);
    await until(() => deadline.fired === 1);
    wheel.arm(deadline, 3);
    await until(() => deadline.fired === 2);
  });
});
