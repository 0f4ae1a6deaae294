import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ClientEnd } from '../../../bench/soak/clients.js';
import { findingsOf, type Moment } from '../../../bench/soak/findings.js';
import { assertWellFormed } from '../support/well-formed.js';

const second = { kind: 'second', requests: 100, failed: 0, p99Ms: 5 } as const;

const END: ClientEnd = {
  ...{ kind: 'end', last: second, slow: { served: 3, failed: 0 }, left: 7, problems: [] },
  kinds: [
    { name: 'plain', count: 400, failed: 0, p50Ms: 1, p99Ms: 5 },
    { name: 'rare', count: 0, failed: 0, p50Ms: 0, p99Ms: 0 },
  ],
};

/** One look a second. */
const looks = (count: number, residentMb: (atS: number) => number): Moment[] =>
  Array.from({ length: count }, (_, index) => ({
    ...{ atS: index + 1, seen: second },
    state: {
      ...{ residentMb: residentMb(index + 1), files: 40, heapMb: 20, lagMs: 10 },
      ...{ applied: index >> 1, refused: 0 },
    },
  }));

describe('what a soak comes to', () => {
  it('is what it holds at the end over what it held when it was warm, and how long it takes then', () => {
    const moments = looks(100, (atS) => (atS < 25 ? 50 : atS)).map((moment) => ({
      ...moment,
      seen: { ...second, p99Ms: moment.atS > 90 ? 10 : 5 },
    }));
    const findings = findingsOf(moments, END);
    assertWellFormed('soak', findings);
    // From the 30th second on, and the last ones, ten of each.
    assert.deepEqual(
      findings.ratios.map(({ id, atMost, value }) => [id, atMost, value.most]),
      [
        ['soak/memory/warm', 1.05, 91 / 30],
        ['soak/p99/warm', null, 2],
      ],
    );
    assert.equal(findings.notes[0], 'No request failed.');
    assert.match(findings.notes[1]!, /^49 revisions took over meanwhile, and 0 were refused\. 3 clients/);
  });

  it('names what failed, of slow clients too', () => {
    const problems = ['plain: 502', 'a slow client of /files: socket hang up'];
    const kinds = [{ ...END.kinds[0]!, failed: 1 }];
    const { notes } = findingsOf(
      looks(20, () => 100),
      { ...END, kinds, problems, slow: { served: 3, failed: 1 } },
    );
    assert.equal(notes[0], `2 requests failed: ${problems.join('; ')}.`);
  });

  it('draws no more points than a chart has room for', () => {
    const { charts } = findingsOf(
      looks(3600, () => 100),
      END,
    );
    for (const chart of charts)
      for (const series of chart.kind === 'lines' ? chart.series : [])
        assert.ok(series.points.length <= 120, `${chart.title}: ${series.points.length}`);
  });

  it('is nothing after a few seconds', () => {
    assert.throws(
      () =>
        findingsOf(
          looks(4, () => 100),
          END,
        ),
      /a soak of 4 looks is too short/,
    );
    assert.throws(() => findingsOf([], END), /too short/);
  });
});
