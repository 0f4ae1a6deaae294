import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { htmlOf } from '../../../bench/report/html.js';
import type { Chart, Ratio, Table } from '../../../bench/suite.js';
import { type Element, elementsOf, named, parsePage, textOf } from '../support/page.js';
import { smallReport, smallSuite } from '../support/small-report.js';

const rowsOf = (page: Element): string[][] =>
  named(page, 'tr').map((row) =>
    row.children.filter((cell): cell is Element => typeof cell !== 'string').map(textOf),
  );

describe('the page of a report', () => {
  it('says where, when and how it was measured', () => {
    const page = parsePage(htmlOf(smallReport()));
    const facts = new Map(
      named(page, 'dt').map((name, index) => [textOf(name), textOf(named(page, 'dd')[index]!)]),
    );
    assert.deepEqual(Object.fromEntries(facts), {
      measured: '2026-02-03 04:05 UTC, in 1 min 23 s',
      machine:
        '8 x Sample Processor, limited to 1.5 of them, 16.0 GiB, limited to 0.5 GiB, Linux 6.1.0, Node v20.18.1',
      Sluice: '1.2.3, commit 0123456789ab with changes that are not committed',
      noise: 'a quiet machine',
    });
    assert.match(textOf(page), /npm run bench -- small\n/);
    assert.doesNotMatch(textOf(page), /quick/);
  });

  it('has the tables with their spreads, the ratios with their targets, and what is missing', () => {
    const page = parsePage(htmlOf(smallReport()));
    const rows = rowsOf(page);
    assert.deepEqual(
      rows.find(([name]) => name === 'scenario'),
      ['scenario', 'CPU per requestµs', 'failed'],
    );
    assert.ok(
      rows.some((row) => row.join('|') === 'plain proxy|45.344.0 to 47.5|0'),
      rows.join('\n'),
    );
    assert.ok(rows.some((row) => row.join('|') === 'nginx, plain proxy|22.0|-'));
    assert.ok(rows.some((row) => row.join('|') === 'plain proxy|2.061.90 to 2.20|at most 1.5: missed'));
    assert.ok(rows.some((row) => row.join('|') === 'policy|2.302.20 to 2.40|'));
    // The targets of all suites stand together at the top.
    assert.deepEqual(rows[1], ['Small things: plain proxy', '2.061.90 to 2.20', 'at most 1.5: missed']);
    for (const text of ['Caddy is missing: apt-get install caddy', 'Load by wrk.'])
      assert.ok(textOf(page).includes(text));
  });

  it('says what a quick run, a machine that is not quiet, and a suite that failed are worth', () => {
    const noise = { busyBefore: 0.4, stolen: 0, loadBefore: 3 };
    const suites = [
      smallSuite({ noise }),
      smallSuite({ name: 'other', title: 'Other', failure: 'nothing answers', noise: null }),
    ];
    const text = textOf(parsePage(htmlOf(smallReport({ quick: true, suites }))));
    assert.match(text, /A quick run/);
    assert.match(text, /not a quiet machine during small; see there/);
    assert.match(text, /Others used 40 % of the processors/);
    assert.match(text, /Other \(failed\)/);
    assert.match(text, /Failed: nothing answers/);
  });

  it('escapes all that is put into it', () => {
    const evil = `</title><script>"'&amp;`;
    const ratio: Ratio = { id: 'x/y/z', name: evil, value: { median: 1, least: 1, most: 1 }, atMost: 1 };
    const table: Table = {
      ...{ title: evil, head: evil, columns: [{ name: evil, unit: 'us', digits: 1 }] },
      rows: [{ name: evil, cells: [1] }],
    };
    const chart: Chart = {
      ...{ kind: 'bars', title: evil, unit: 'us', labels: [evil] },
      series: [
        { name: evil, values: [1] },
        { name: evil, values: [2] },
      ],
    };
    const suite = smallSuite({
      ...{ title: evil, about: evil, tables: [table], charts: [chart], ratios: [ratio] },
      ...{ missing: [evil], notes: [evil] },
    });
    const page = parsePage(
      htmlOf(smallReport({ command: evil, suites: [suite, { ...suite, failure: evil }] })),
    );
    assert.deepEqual(named(page, 'script'), []);
    assert.ok(textOf(page).split(evil).length > 15);
    assert.ok(!htmlOf(smallReport({ command: 'a\0b\x1b[1m' })).includes('\x1b'));
  });

  it('asks nobody for anything, and runs nothing', () => {
    const html = htmlOf(smallReport());
    const page = parsePage(html);
    const loading = ['src', 'srcset', 'data', 'action', 'style', 'onload', 'xlink:href'];
    for (const { name, attributes } of elementsOf(page)) {
      assert.ok(!['script', 'link', 'img', 'iframe', 'object', 'form', 'base'].includes(name), name);
      for (const attribute of loading) assert.ok(!attributes.has(attribute), `${name} ${attribute}`);
      assert.match(attributes.get('href') ?? '#', /^#/);
    }
    assert.doesNotMatch(html, /url\(|@import|https?:/);
    const policy = named(page, 'meta').map(({ attributes }) => attributes.get('content'));
    assert.ok(policy.includes("default-src 'none'; style-src 'unsafe-inline'"));
  });

  it('has each id once, and everything that is referred to', () => {
    const suites = [smallSuite(), smallSuite({ name: 'other' })];
    const all = elementsOf(parsePage(htmlOf(smallReport({ suites }))));
    const ids = all.flatMap(({ attributes }) => attributes.get('id') ?? []);
    assert.equal(new Set(ids).size, ids.length);
    const used = all.flatMap(({ attributes }) => [
      ...(attributes.get('aria-labelledby')?.split(' ') ?? []),
      ...(attributes.get('href')?.slice(1).split(' ') ?? []),
    ]);
    assert.ok(used.length >= 10);
    for (const id of used) assert.ok(ids.includes(id), id);
  });
});
