import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  CounterSlots,
  FULL,
  MOST_COUNT,
  NEVER,
  toTick,
} from '../../../../core/wasm/capabilities/counter-slots.js';
import { createCounterTable } from '../../../../core/wasm/capabilities/counter-table.js';
import { endThread, interrupted } from './atomic-steps.js';

const A = 0x1000n;
const B = 0x2000n;
const C = 0x3000n;
/** Of a window that is over for everybody else. */
const OLD = 0x4000n;
const EARLY = 10;
const LATE = 20;
const AFTER_ALL = 1000;
/** When counters that are there before expire: before both threads look, between them, after them. */
const EXPIRIES = [5, 15, 100];

/** Every table of four slots that the expiries of its counters can make, from empty to full. */
function* tables(): Generator<readonly number[]> {
  for (let size = 0; size <= 4; size += 1) {
    for (let variant = 0; variant < EXPIRIES.length ** size; variant += 1) {
      yield Array.from(
        { length: size },
        (_, slot) => EXPIRIES[Math.floor(variant / EXPIRIES.length ** slot) % EXPIRIES.length]!,
      );
    }
  }
}

function fill(before: readonly number[]): CounterSlots {
  const slots = new CounterSlots(createCounterTable(4));
  for (const [index, expires] of before.entries()) slots.add(nameBefore(index), index + 1, expires, 1);
  return slots;
}

function nameBefore(index: number): bigint {
  return BigInt(index + 1) << 32n;
}

/** Calls `check` for each table and each atomic step of `code`. */
function everywhere(
  code: (slots: CounterSlots) => number,
  interruption: (slots: CounterSlots) => void,
  check: (slots: CounterSlots, result: number | undefined, before: readonly number[], at: string) => void,
): void {
  let cases = 0;
  let tableCount = 0;
  for (const before of tables()) {
    tableCount += 1;
    for (let step = 0; ; step += 1) {
      const slots = fill(before);
      const { result, wasReached } = interrupted(
        () => code(slots),
        step,
        () => interruption(slots),
      );
      if (!wasReached) break;
      cases += 1;
      check(slots, result, before, `counters that expire at [${before}], step ${step}`);
    }
  }
  assert.ok(cases > tableCount, `${cases} cases`);
}

/** Whether a slot was never used, or has expired at this tick. */
function roomIn(before: readonly number[], now: number): boolean {
  return before.length < 4 || before.some((expires) => expires < now);
}

/** Counters that live on have the count they had. */
function assertUntouched(slots: CounterSlots, before: readonly number[], at: string): void {
  for (const [index, expires] of before.entries()) {
    if (expires > LATE) assert.equal(slots.read(nameBefore(index)), index + 1, at);
  }
}

describe('an add that another thread interrupts at any step', () => {
  it('counts once, beside the same name added then', () => {
    let other = 0;
    everywhere(
      (slots) => slots.add(A, 1, 200, EARLY),
      (slots) => {
        other = slots.add(A, 1, 200, LATE);
      },
      (slots, result, before, at) => {
        const counts = [result!, other].filter((count) => count !== FULL).sort();
        assert.deepEqual(
          counts,
          counts.map((_, index) => index + 1),
          at,
        );
        assert.equal(slots.read(A), counts.length, at);
        if (roomIn(before, EARLY)) assert.notEqual(result, FULL, at);
        assert.equal(other === FULL, !roomIn(before, LATE), at);
        assertUntouched(slots, before, at);
      },
    );
  });

  it('takes no slot that other names took then', () => {
    let others: number[] = [];
    everywhere(
      (slots) => slots.add(A, 1, 200, EARLY),
      (slots) => {
        others = [slots.add(B, 5, 300, LATE), slots.add(C, 7, 300, LATE)];
      },
      (slots, result, before, at) => {
        assert.equal(slots.read(A), result === FULL ? 0 : 1, at);
        assert.equal(slots.read(B), others[0] === FULL ? 0 : 5, at);
        assert.equal(slots.read(C), others[1] === FULL ? 0 : 7, at);
        assertUntouched(slots, before, at);
      },
    );
  });

  it('leaves those alone that took over its slot when it comes back too late', () => {
    let others: number[] = [];
    everywhere(
      (slots) => slots.add(OLD, 1, 5, 1),
      (slots) => {
        others = [A, B, C].map((name) => slots.add(name, 3, 200, LATE));
      },
      (slots, _, before, at) => {
        const expected = others.map((count) => (count === FULL ? 0 : 3));
        assert.deepEqual(
          [A, B, C].map((name) => slots.read(name)),
          expected,
          at,
        );
        assertUntouched(slots, before, at);
      },
    );
  });
});

describe('a thread that is ended before any of its steps', () => {
  for (const [kind, expires] of [
    ['that expires', 200],
    ['that never expires', NEVER],
  ] as const) {
    it(`leaves a name ${kind} as if it had added or had not`, () => {
      everywhere(
        (slots) => slots.add(A, 1, expires, EARLY),
        endThread,
        (slots, result, before, at) => {
          assert.equal(result, undefined, at);
          const left = slots.read(A);
          assert.ok(left <= 1, `${left}, ${at}`);
          const next = slots.add(A, 1, expires, EARLY);
          assert.ok(next === left + 1 || next === FULL, `${next}, ${at}`);
          assertUntouched(slots, before, at);
        },
      );
    });
  }

  it('leaves no slot that nobody can have', () => {
    everywhere(
      (slots) => slots.add(A, 1, 200, EARLY),
      endThread,
      (slots, _, __, at) => {
        for (let name = 1n; name <= 4n; name += 1n)
          assert.equal(slots.add(name << 8n, 1, 2000, AFTER_ALL), 1, at);
      },
    );
  });
});

describe('slots', () => {
  it('are full of what lives, and free for others when it has expired', () => {
    const slots = fill([100, 100, 100, 100]);
    assert.equal(slots.add(A, 1, 200, 100), FULL);
    assert.equal(slots.add(A, 1, 200, 101), 1);
    assert.equal(slots.add(nameBefore(3), 1, 100, 101), 5);
  });

  it('of what never expires stay taken', () => {
    const slots = fill([NEVER, NEVER, NEVER, NEVER]);
    assert.equal(slots.add(A, 1, 200, 0x7fffffff), FULL);
  });

  it('are not taken to read, nor to subtract from nothing', () => {
    const slots = fill([100, 100, 100]);
    assert.equal(slots.read(A), 0);
    assert.equal(slots.add(A, -1, 200, EARLY), 0);
    assert.equal(slots.add(B, 1, 200, EARLY), 1);
  });

  it('count from 0 to the most of 32 bits', () => {
    const slots = fill([]);
    assert.equal(slots.add(A, 0x7fffffff, 200, EARLY), 0x7fffffff);
    assert.equal(slots.add(A, 0x7fffffff, 200, EARLY), 0xfffffffe);
    assert.equal(slots.add(A, 2, 200, EARLY), MOST_COUNT);
    assert.equal(slots.add(A, -0x80000000, 200, EARLY), 0x7fffffff);
    assert.equal(slots.add(A, -0x80000000, 200, EARLY), 0);
  });

  it('tell the name whose bits are all 0 from a slot that was never used', () => {
    const slots = fill([100]);
    assert.equal(slots.add(0n, 2, 200, EARLY), 2);
    assert.equal(slots.read(0n), 2);
  });

  it('expire across the wrap of the ticks', () => {
    const beforeWrap = toTick(2 ** 32 * 64 - 640);
    const afterWrap = toTick(2 ** 32 * 64 + 640);
    assert.ok(afterWrap < beforeWrap);
    const slots = fill([]);
    for (let name = 1n; name <= 4n; name += 1n) slots.add(name << 8n, 1, afterWrap, beforeWrap);
    assert.equal(slots.add(A, 1, afterWrap + 9, afterWrap), FULL);
    assert.equal(slots.add(A, 1, afterWrap + 9, afterWrap + 1), 1);
  });
});
