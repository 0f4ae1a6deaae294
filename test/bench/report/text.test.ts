import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { targetsText, textOf } from '../../../bench/report/text.js';
import { smallReport, smallSuite } from '../support/small-report.js';

describe('a report on the terminal', () => {
  it('has figures under each other, ratios with their targets, and what a reader has to know', () => {
    const noise = { busyBefore: 0.4, stolen: 0, loadBefore: 3 };
    assert.equal(
      textOf(smallSuite({ noise })),
      `Small things (1 min 23 s)

Costs
scenario              CPU per request µs  failed
plain proxy                         45.3       0
  nginx, plain proxy                22.0       -

ratio        median (least to most)               target
plain proxy     2.06 (1.90 to 2.20)  at most 1.5: missed
policy          2.30 (2.20 to 2.40)

Load by wrk.
Caddy is missing: apt-get install caddy
Others used 40 % of the processors before it began: trust the ratios, not the times.
`,
    );
  });

  it('has the targets of several suites together', () => {
    const suites = [smallSuite(), smallSuite({ name: 'other' })];
    assert.equal(
      targetsText(smallReport({ suites })),
      `Targets
ratio               median (least to most)               target
small: plain proxy     2.06 (1.90 to 2.20)  at most 1.5: missed
other: plain proxy     2.06 (1.90 to 2.20)  at most 1.5: missed
`,
    );
    assert.equal(targetsText(smallReport({ suites: [smallSuite({ ratios: [] })] })), '');
  });

  it('says of a suite that failed nothing but why', () => {
    assert.equal(
      textOf(smallSuite({ failure: 'nothing answers' })),
      'Small things: FAILED\nnothing answers\n',
    );
  });
});
