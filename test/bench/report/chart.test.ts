import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chartMarkup, chartWords } from '../../../bench/report/chart.js';
import { FONT_SIZE, widthOf } from '../../../bench/report/svg-text.js';
import type { Bars, Cell, Chart, Lines } from '../../../bench/suite.js';
import { type Element, named, parsePage, textOf } from '../support/page.js';
import { SMALL_FINDINGS } from '../support/small-findings.js';

const svgOf = (chart: Chart): Element => named(parsePage(chartMarkup(chart, 'it').text), 'svg')[0]!;
const number = (element: Element, name: string): number => Number(element.attributes.get(name));
const around = (median: number): Cell => ({ median, least: median * 0.8, most: median * 1.2 });

const bars = (values: readonly Cell[], more: Partial<Bars> = {}): Bars => ({
  ...{ kind: 'bars', title: 'Bars', unit: 'us', labels: values.map((_, index) => `label ${index}`) },
  series: [{ name: 'Sluice', values }],
  ...more,
});

const LONG = 'parse a document of ten thousand routes with positions, and check all of it against its schema';

const HARD: Readonly<Record<string, Chart>> = {
  'many series and long labels': bars([], {
    labels: [LONG, 'x'.repeat(200), 'short'],
    series: Array.from({ length: 9 }, (_, index) => ({
      name: `a peer with a name, number ${index}`,
      values: [around(index + 1), null, 5],
    })),
  }),
  'values of many sizes': bars([around(3), around(4e9), 17]),
  'values below zero': bars([{ median: -3, least: -6, most: 2 }, 4]),
  'one value': bars([0]),
  'long marks': bars([-8e9, 9e9], { labels: ['a', 'b'], unit: 'count' }),
  ratios: bars([around(0.2), around(3)], { unit: 'x' }),
  'lines of many sizes': {
    ...{ kind: 'lines', title: 'Lines', across: 'connections', isAcrossLogarithmic: true, unit: 'ms' },
    series: ['Sluice', 'nginx', 'Caddy'].map((name, index) => ({
      name,
      points: [1, 64, 10_000_000].map((x) => ({ x, y: around(x * (index + 1)) as number })),
    })),
  },
  'one point': {
    ...{ kind: 'lines', title: 'Lines', across: 'minutes', isAcrossLogarithmic: false, unit: 'MiB' },
    series: [{ name: 'Sluice', points: [{ x: 0, y: 170 }] }],
  },
  'small ones': SMALL_FINDINGS.charts[1]!,
};

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly text: string;
}

/** Where the texts of a chart stand, as wide as letters are taken to be. */
function boxesOf(svg: Element): Box[] {
  return named(svg, 'text').map((element) => {
    const text = textOf(element);
    const [x, y, width] = [number(element, 'x'), number(element, 'y'), widthOf(text)];
    const anchor = element.attributes.get('text-anchor');
    const left = anchor === 'start' ? x : anchor === 'end' ? x - width : x - width / 2;
    return { left, right: left + width, top: y - FONT_SIZE * 0.75, bottom: y + FONT_SIZE * 0.2, text };
  });
}

describe('a chart', () => {
  for (const [what, chart] of Object.entries(HARD)) {
    it(`has no text over another, and all inside: ${what}`, () => {
      const svg = svgOf(chart);
      const [, , width, height] = svg.attributes.get('viewBox')!.split(' ').map(Number);
      const boxes = boxesOf(svg);
      for (const [index, box] of boxes.entries()) {
        const seen = `${box.text} at ${box.left}, ${box.top}`;
        assert.ok(box.left >= -0.1 && box.right <= width! && box.top >= 0 && box.bottom <= height!, seen);
        for (const other of boxes.slice(index + 1))
          assert.ok(
            box.right <= other.left ||
              other.right <= box.left ||
              box.bottom <= other.top ||
              other.bottom <= box.top,
            `${seen} over ${other.text} at ${other.left}, ${other.top}`,
          );
      }
      for (const element of [...named(svg, 'rect'), ...named(svg, 'line'), ...named(svg, 'circle')])
        for (const [name, value] of element.attributes)
          if (name !== 'class') assert.ok(Number.isFinite(Number(value)), `${element.name} ${name} ${value}`);
    });
  }

  it('says its title and every figure in words', () => {
    const svg = svgOf(SMALL_FINDINGS.charts[0]!);
    assert.deepEqual(
      [svg.attributes.get('role'), svg.attributes.get('aria-labelledby')],
      ['img', 'it-title it-text'],
    );
    assert.equal(textOf(named(svg, 'title')[0]!), 'CPU per request');
    assert.equal(
      textOf(named(svg, 'desc')[0]!),
      'Sluice: plain proxy 45.3 µs (44.00 to 47.50); policy 51.0 µs. nginx: plain proxy 22.0 µs; policy was not measured.',
    );
    assert.equal(
      chartWords(SMALL_FINDINGS.charts[1]!),
      'Sluice: 60.0 MiB at 10.0 routes; 90.0 MiB (85.00 to 99.00) at 10,000 routes.',
    );
  });

  it('draws bars as long as their values, with what was measured around them', () => {
    const svg = svgOf(bars([{ median: 20, least: 10, most: 30 }, 40]));
    const [first, second] = named(svg, 'rect');
    assert.ok(Math.abs(number(first!, 'width') * 2 - number(second!, 'width')) < 0.2);
    const [whole, ...ends] = named(svg, 'line').filter(
      ({ attributes }) => attributes.get('class') === 'whisker',
    );
    const start = number(first!, 'x');
    const width = number(first!, 'width');
    assert.ok(Math.abs(number(whole!, 'x1') - (start + width / 2)) < 0.2);
    assert.ok(Math.abs(number(whole!, 'x2') - (start + width * 1.5)) < 0.2);
    assert.equal(ends.length, 2);
  });

  it('cuts a whisker that would hide the others, and says how far it goes', () => {
    const svg = svgOf(bars([{ median: 10, least: 9, most: 270 }, 12]));
    assert.ok(boxesOf(svg).some(({ text }) => text === '10.0 µs, up to 270'));
    const marks = named(svg, 'text').filter(({ attributes }) => attributes.get('class') === 'mark');
    assert.ok(marks.every((mark) => Number(textOf(mark)) <= 20));
    const whiskers = named(svg, 'line').filter(({ attributes }) => attributes.get('class') === 'whisker');
    assert.equal(whiskers.length, 2);
  });

  it('draws dots where values are too far apart for bars', () => {
    const svg = svgOf(bars([3, 40_000]));
    assert.deepEqual(named(svg, 'rect'), []);
    assert.equal(named(svg, 'circle').length, 2);
    assert.ok(boxesOf(svg).some(({ text }) => text === 'µs, logarithmic'));
  });

  it('has an even axis for lines of values close to each other, and a logarithmic one beyond a decade', () => {
    const heightsOf = (ys: readonly number[]): { ys: number[]; axis: string | undefined } => {
      const svg = svgOf({
        ...{ kind: 'lines', title: 'Lines', across: 'routes', isAcrossLogarithmic: false, unit: 'us' },
        series: [{ name: 'Sluice', points: ys.map((y, x) => ({ x, y })) }],
      });
      const points = named(svg, 'polyline')[0]!.attributes.get('points')!.split(' ');
      const axis = boxesOf(svg).find(({ text }) => text.startsWith('µs'))?.text;
      return { ys: points.map((point) => Number(point.split(',')[1])), axis };
    };
    const even = heightsOf([1, 5, 9]);
    assert.equal(even.axis, 'µs');
    assert.ok(Math.abs(even.ys[0]! - even.ys[1]! - (even.ys[1]! - even.ys[2]!)) < 0.2);
    const wide = heightsOf([1, 5, 25]);
    assert.equal(wide.axis, 'µs, logarithmic');
    assert.ok(Math.abs(wide.ys[0]! - wide.ys[1]! - (wide.ys[1]! - wide.ys[2]!)) < 0.2);
  });

  it('shows with ratios where 1 is', () => {
    const one = (chart: Chart): Element[] =>
      named(svgOf(chart), 'line').filter(({ attributes }) => attributes.get('class') === 'one');
    assert.equal(one(bars([0.5, 2], { unit: 'x' })).length, 1);
    assert.equal(one(bars([0.5, 2])).length, 0);
    assert.equal(one(bars([0.2, 0.4], { unit: 'x' })).length, 0);
  });

  it('draws a line through points in order, at even distances for equal factors', () => {
    const chart: Lines = {
      ...{ kind: 'lines', title: 'Lines', across: 'routes', isAcrossLogarithmic: true, unit: 'us' },
      series: [{ name: 'Sluice', points: [1000, 10, 100].map((x) => ({ x, y: 5 })) }],
    };
    const [line] = named(svgOf(chart), 'polyline');
    const xs = line!.attributes
      .get('points')!
      .split(' ')
      .map((point) => Number(point.split(',')[0]));
    assert.ok(Math.abs(xs[1]! - xs[0]! - (xs[2]! - xs[1]!)) < 0.2);
    assert.ok(xs[1]! > xs[0]!);
  });
});
