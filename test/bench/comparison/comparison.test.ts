import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareRatios, FLOOR } from '../../../bench/comparison/comparison.js';
import { comparisonText } from '../../../bench/comparison/comparison-text.js';
import type { RatioSet, SuiteRatios } from '../../../bench/comparison/ratio-set.js';
import { type Spread, spreadOf } from '../../../bench/harness/statistics.js';

type Figures = Readonly<Record<string, readonly [least: number, median: number, most: number]>>;

const spread = ([least, median, most]: readonly [number, number, number]): Spread => ({
  least,
  median,
  most,
});

function suite(figures: Figures, more: Partial<SuiteRatios> = {}): SuiteRatios {
  const ratios = new Map(Object.entries(figures).map(([id, figure]) => [id, spread(figure)]));
  return { origin: '2026-02-03, commit 01234567, somewhere', ratios, remarks: [], hasFailed: false, ...more };
}

function set(file: string, suites: Readonly<Record<string, SuiteRatios>>, quick = false): RatioSet {
  return { file, quick, suites: new Map(Object.entries(suites)) };
}

/** Numbers between 0 and 1, the same in each run of the test (Park and Miller, 1988). */
function lehmer(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** Around 100, evenly by the sum of twelve; one of five is disturbed. */
function scattered(random: () => number): number {
  const even = Array.from({ length: 12 }, random).reduce((sum, value) => sum + value, -6);
  return 100 + even * (random() < 0.2 ? 40 : 10);
}

const compared = (before: Figures, after: Figures, quick = false) =>
  compareRatios(set('a', { s: suite(before) }), set('b', { s: suite(after) }, quick));

describe('a comparison of ratios', () => {
  for (const [what, before, after, isMoved] of [
    ['ranges that lie apart and medians that do too', [1.9, 2, 2.1], [2.2, 2.3, 2.4], true],
    ['the same the other way', [2.2, 2.3, 2.4], [1.9, 2, 2.1], true],
    ['ranges that touch', [1.9, 2, 2.3], [2.3, 2.6, 2.7], false],
    ['one range within the other', [1, 2, 3], [2.4, 2.5, 2.6], false],
    ['medians that differ by less than the floor', [1.99, 2, 2.01], [2.05, 2.06, 2.07], false],
    ['the same value', [2, 2, 2], [2, 2, 2], false],
    ['something where there was nothing', [0, 0, 0], [1, 1, 1], true],
  ] as const) {
    it(`${isMoved ? 'counts' : 'does not count'} ${what}`, () => {
      const { moved, still } = compared({ 's/a/b': before }, { 's/a/b': after });
      assert.deepEqual([moved.length, still.length], isMoved ? [1, 0] : [0, 1]);
    });
  }

  it('takes a greater floor where a run was quick', () => {
    const [before, after] = [{ 's/a/b': [2, 2, 2] }, { 's/a/b': [2.15, 2.15, 2.15] }] as const;
    assert.ok(0.075 > FLOOR.full && 0.075 < FLOOR.quick);
    assert.equal(compared(before, after).moved.length, 1);
    assert.equal(compared(before, after, true).moved.length, 0);
  });

  for (const [what, quick, pairs, atMost] of [
    ['full ones', [false, false], [5, 5], 0.012],
    ['a full and a quick one', [false, true], [5, 2], 0.03],
    ['quick ones', [true, true], [2, 2], 0.03],
  ] as const) {
    it(`takes noise for a change in ${atMost * 100} % of the cases at most: ${what}`, () => {
      const random = lehmer(4711);
      // Far above the floor, so that only the ranges decide.
      const measured = (count: number): Spread =>
        spreadOf(Array.from({ length: count }, () => scattered(random)));
      const runs = 20_000;
      const ratios = (count: number): SuiteRatios => ({
        ...suite({}),
        ratios: new Map(Array.from({ length: runs }, (_, index) => [`s/${index}`, measured(count)])),
      });
      const { moved } = compareRatios(
        set('a', { s: ratios(pairs[0]) }, quick[0]),
        set('b', { s: ratios(pairs[1]) }, quick[1]),
      );
      assert.ok(moved.length / runs < atMost, `${moved.length} of ${runs}`);
    });
  }

  it('has the worst first, since less is better', () => {
    const before: Figures = { 's/a': [1, 1, 1], 's/b': [1, 1, 1], 's/c': [1, 1, 1] };
    const after: Figures = { 's/a': [0.5, 0.5, 0.5], 's/b': [2, 2, 2], 's/c': [3, 3, 3] };
    assert.deepEqual(
      compared(before, after).moved.map(({ id, by }) => [id, by]),
      [
        ['s/c', 2],
        ['s/b', 1],
        ['s/a', -0.5],
      ],
    );
  });

  it('names what is new and what is gone, but not of suites that only one of them measured', () => {
    const before = set('a', {
      both: suite({ 'both/old': [1, 1, 1] }),
      first: suite({ 'first/x': [1, 1, 1] }),
      broken: suite({ 'broken/x': [1, 1, 1] }),
    });
    const after = set('b', {
      both: suite({ 'both/new': [1, 1, 1] }),
      second: suite({ 'second/x': [1, 1, 1] }),
      broken: suite({}, { hasFailed: true }),
    });
    assert.deepEqual(compareRatios(before, after), {
      ...{ moved: [], still: [], added: ['both/new'], gone: ['both/old'] },
      apart: ['first', 'broken', 'second'],
    });
  });

  it('reads as a table that says what to make of it', () => {
    const before = set('bench/baseline.json', {
      gateway: suite({ 'gateway/plain/nginx': [1.9, 2, 2.1], 'gateway/tls/nginx': [1, 1, 1] }),
      micro: suite({ 'micro/match/x': [1, 1, 1] }),
    });
    const after = set('report.json', {
      gateway: suite(
        {
          'gateway/plain/nginx': [2.9, 3, 3.1],
          'gateway/tls/nginx': [1, 1, 1],
          'gateway/read/nginx': [1, 1, 1],
        },
        { remarks: ['The hypervisor took 9 % of the time.'] },
      ),
    });
    assert.equal(
      comparisonText(before, after, compareRatios(before, after)),
      `before: bench/baseline.json
  gateway, micro: 2026-02-03, commit 01234567, somewhere
after: report.json
  gateway: 2026-02-03, commit 01234567, somewhere

Moved beyond noise (ranges apart, medians by more than 5 %): 1 of 2 ratios. Less is better.

ratio                before (least to most)  after (least to most)  change
gateway/plain/nginx     2.00 (1.90 to 2.10)    3.00 (2.90 to 3.10)   +50 %  worse

New: gateway/read/nginx

Not compared, since only one side has measured them: micro

report.json, gateway: The hypervisor took 9 % of the time.
`,
    );
  });
});
