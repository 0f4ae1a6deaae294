import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { markdownOf } from '../../../bench/report/markdown.js';
import { smallReport, smallSuite } from '../support/small-report.js';

const EXPECTED = `# Sluice bench

npm run bench -- small

- measured: 2026-02-03 04:05 UTC, in 1 min 23 s
- machine: 8 x Sample Processor, limited to 1.5 of them, 16.0 GiB, limited to 0.5 GiB, Linux 6.1.0, Node v20.18.1
- Sluice: 1.2.3, commit 0123456789ab with changes that are not committed
- noise: a quiet machine

## Targets

| what | ratio | target |
| :-- | --: | --: |
| Small things: plain proxy | 2.06 (1.90 to 2.20) | at most 1.5: missed |

## Small things

What they cost.

Took 1 min 23 s; others used 2 % of the processors before, the hypervisor took 0 % of the time, the load was 0.4 before.

- Caddy is missing: apt-get install caddy

### Ratios

Of two that were measured in turn, pair by pair: the median, least to most. Less is better.

| what | ratio | target |
| :-- | --: | --: |
| plain proxy | 2.06 (1.90 to 2.20) | at most 1.5: missed |
| policy | 2.30 (2.20 to 2.40) |  |

### Costs

| scenario | CPU per request µs | failed |
| :-- | --: | --: |
| plain proxy | 45.3 (44.0 to 47.5) | 0 |
| nginx, plain proxy | 22.0 | - |

### CPU per request

|  | Sluice µs | nginx µs |
| :-- | --: | --: |
| plain proxy | 45.3 (44.0 to 47.5) | 22.0 |
| policy | 51.0 | - |

### Memory by routes

| routes | Sluice MiB |
| :-- | --: |
| 10 | 60.0 |
| 10,000 | 90.0 (85.0 to 99.0) |

- Load by wrk.
`;

describe('a report as Markdown', () => {
  it('has what the page has, with the figures of charts as tables', () => {
    assert.equal(markdownOf(smallReport()), EXPECTED);
  });

  it('keeps text from being read as markup, and in its cell', () => {
    const evil = 'a | b\n# c <img src=x> *d* [e](f) `g`';
    const table = { title: evil, head: 'x', columns: [], rows: [{ name: evil, cells: [] }] };
    const text = markdownOf(
      smallReport({ suites: [smallSuite({ tables: [table], charts: [], failure: null })] }),
    );
    assert.ok(text.includes('| a \\| b \\# c \\<img src=x\\> \\*d\\* \\[e\\](f) \\`g\\` |'));
  });

  it('names a suite that failed', () => {
    const suites = [smallSuite({ failure: 'nothing answers on port 1' })];
    assert.match(markdownOf(smallReport({ suites })), /\*\*Failed:\*\* nothing answers on port 1\n/);
  });
});
