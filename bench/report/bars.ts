// A chart of bars that lie, so that labels of any length can be read; dots where the axis is logarithmic, on which no bar
// has an honest length.
import type { Bars, Cell } from '../suite.js';
import {
  axisWords,
  colourOf,
  crossesOne,
  type Drawing,
  label,
  legend,
  line,
  mark,
  markText,
  pixels,
  reachOf,
  WIDTH,
  whisker,
} from './drawing.js';
import { middleOf, NOTHING, roughFigure, spreadOf, wordOf } from './figures.js';
import { type Markup, markup } from './markup.js';
import { type Scale, scaleFor, WIDE_BARS } from './scale.js';
import { apart, FONT_SIZE, twoLines, widthOf } from './svg-text.js';

const BAR = 14;
const BAR_GAP = 3;
const GROUP_GAP = 12;
const LINE = FONT_SIZE * 1.25;
const MOST_LABEL = 280;
const AXIS = 40;

export function drawBars(chart: Bars): Drawing {
  const names = legend(chart.series.map(({ name }) => name));
  const labels = chart.labels.map((text) => twoLines(text, MOST_LABEL));
  const cells = chart.series.flatMap(({ values }) => values);
  const scale = scaleFor(reachOf(cells), WIDE_BARS);
  const halfOf = (value: number): number => widthOf(markText(value)) / 2;
  const left = Math.max(halfOf(scale.least), ...labels.flat().map((text) => widthOf(text) + 10));
  const beside = cells.map((cell) => widthOf(valueText(cell, chart, scale)) + 14);
  const room = Math.max(halfOf(scale.most), ...beside);
  const plot = new Plot(chart, scale, left, WIDTH - room);
  const groups: Markup[] = [];
  let y = names.height + GROUP_GAP / 2;
  for (const [index, lines] of labels.entries()) {
    const height = Math.max(chart.series.length * (BAR + BAR_GAP) - BAR_GAP, lines.length * LINE);
    groups.push(plot.label(lines, chart.labels[index]!, y + height / 2), plot.group(index, y + height / 2));
    y += height + GROUP_GAP;
  }
  const bottom = y - GROUP_GAP / 2;
  return {
    width: WIDTH,
    height: Math.ceil(bottom + AXIS),
    content: markup`${names.content}${plot.axis(names.height, bottom)}${groups}`,
  };
}

/** What stands beside a bar, with how far a whisker goes that leaves the axis. */
function valueText(cell: Cell, { unit }: Bars, { most }: Scale): string {
  const middle = middleOf(cell);
  if (middle === null || !Number.isFinite(middle)) return NOTHING;
  const text = `${roughFigure(middle)} ${wordOf(unit)}`.trim();
  const spread = spreadOf(cell);
  return spread !== null && spread.most > most ? `${text}, up to ${roughFigure(spread.most)}` : text;
}

class Plot {
  readonly #chart: Bars;
  readonly #scale: Scale;
  readonly #left: number;
  readonly #right: number;

  constructor(chart: Bars, scale: Scale, left: number, right: number) {
    this.#chart = chart;
    this.#scale = scale;
    this.#left = left;
    this.#right = right;
  }

  axis(top: number, bottom: number): Markup {
    const { unit } = this.#chart;
    const { marks } = this.#scale;
    const shown = apart(marks, (value) => this.#x(value), markText);
    return markup`${marks.map((value) => line('grid', this.#x(value), top, this.#x(value), bottom))}${
      crossesOne(unit, this.#scale) ? line('one', this.#x(1), top, this.#x(1), bottom) : []
    }${shown.map((value) => label('mark', this.#x(value), bottom + 16, 'middle', markText(value)))}${label('axis', this.#right, bottom + 33, 'end', axisWords(unit, this.#scale))}`;
  }

  label(lines: readonly string[], whole: string, middle: number): Markup {
    const first = middle - ((lines.length - 1) * LINE) / 2 + FONT_SIZE * 0.35;
    return markup`<g><title>${whole}</title>
${lines.map((text, index) => label('label', this.#left - 10, first + index * LINE, 'end', text))}</g>
`;
  }

  group(index: number, middle: number): Markup {
    const { series } = this.#chart;
    const height = series.length * (BAR + BAR_GAP) - BAR_GAP;
    return markup`${series.map(({ values }, which) =>
      this.#bar(values[index] ?? null, which, middle - height / 2 + which * (BAR + BAR_GAP)),
    )}`;
  }

  #bar(cell: Cell, series: number, top: number): Markup {
    const text = valueText(cell, this.#chart, this.#scale);
    const middle = top + BAR / 2;
    const base = this.#x(0);
    const beside = (x: number): Markup => label('value', x + 6, middle + FONT_SIZE * 0.35, 'start', text);
    if (text === NOTHING) return beside(base);
    const x = this.#x(middleOf(cell)!);
    const spread = spreadOf(cell);
    const end = Math.max(base, x, spread === null ? x : this.#x(spread.most));
    return markup`${
      this.#scale.isLogarithmic
        ? mark(series, x, middle)
        : markup`<rect class="${colourOf(series)}" x="${pixels(Math.min(x, base))}" y="${pixels(top)}" width="${pixels(Math.abs(x - base))}" height="${BAR}"/>
`
    }${spread === null ? [] : whisker(spread, this.#scale, (value) => [this.#x(value), middle])}${beside(end)}`;
  }

  #x(value: number): number {
    return this.#left + this.#scale.place(value) * (this.#right - this.#left);
  }
}
