// A chart of lines: how something grows with something else.
import type { Lines } from '../suite.js';
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
import { middleOf, spreadOf } from './figures.js';
import { type Markup, markup } from './markup.js';
import { evenScale, logarithmicScale, type Scale, scaleFor, WIDE_LINES } from './scale.js';
import { apart, FONT_SIZE, widthOf } from './svg-text.js';

const HEIGHT = 280;
const HEAD = 24;
const AXIS = 44;

export function drawLines(chart: Lines): Drawing {
  const names = legend(chart.series.map(({ name }) => name));
  const points = chart.series.flatMap((series) => series.points);
  const xs = points.map(({ x }) => x).filter(Number.isFinite);
  const across = chart.isAcrossLogarithmic ? logarithmicScale(xs) : evenScale(xs);
  const up = scaleFor(reachOf(points.map(({ y }) => y)), WIDE_LINES);
  const left = Math.max(...up.marks.map((value) => widthOf(markText(value)))) + 10;
  const top = names.height + HEAD;
  const plot = new Plot(chart, across, up, {
    left,
    right: WIDTH - widthOf(markText(across.marks.at(-1)!)) / 2 - 4,
    top,
    bottom: top + HEIGHT,
  });
  return {
    width: WIDTH,
    height: top + HEIGHT + AXIS,
    content: markup`${names.content}${plot.axes()}${chart.series.map((_, index) => plot.series(index))}`,
  };
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

class Plot {
  readonly #chart: Lines;
  readonly #across: Scale;
  readonly #up: Scale;
  readonly #box: Box;

  constructor(chart: Lines, across: Scale, up: Scale, box: Box) {
    this.#chart = chart;
    this.#across = across;
    this.#up = up;
    this.#box = box;
  }

  axes(): Markup {
    const { left, right, top, bottom } = this.#box;
    const { across, unit } = this.#chart;
    const shown = apart(this.#across.marks, (value) => this.#x(value), markText);
    const wordsAcross = this.#across.isLogarithmic ? `${across}, logarithmic` : across;
    return markup`${label('axis', 0, top - 12, 'start', axisWords(unit, this.#up))}${this.#up.marks.map(
      (value) =>
        markup`${line('grid', left, this.#y(value), right, this.#y(value))}${label('mark', left - 8, this.#y(value) + FONT_SIZE * 0.35, 'end', markText(value))}`,
    )}${this.#across.marks.map((value) => line('grid', this.#x(value), top, this.#x(value), bottom))}${shown.map(
      (value) => label('mark', this.#x(value), bottom + 16, 'middle', markText(value)),
    )}${crossesOne(unit, this.#up) ? line('one', left, this.#y(1), right, this.#y(1)) : []}${label('axis', right, bottom + 34, 'end', wordsAcross)}`;
  }

  series(index: number): Markup {
    const { points } = this.#chart.series[index]!;
    const known = points
      .filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(middleOf(y)))
      .sort((a, b) => a.x - b.x);
    const places = known.map(({ x, y }) => ({ x: this.#x(x), y: this.#y(middleOf(y)!), cell: y }));
    const path = places.map(({ x, y }) => `${pixels(x)},${pixels(y)}`).join(' ');
    return markup`<polyline class="${colourOf(index)}" points="${path}"/>
${places.map(({ x, y, cell }) => {
  const spread = spreadOf(cell);
  return markup`${spread === null ? [] : whisker(spread, this.#up, (value) => [x, this.#y(value)])}${mark(index, x, y)}`;
})}`;
  }

  #x(value: number): number {
    const { left, right } = this.#box;
    return left + this.#across.place(value) * (right - left);
  }

  #y(value: number): number {
    const { top, bottom } = this.#box;
    return bottom - this.#up.place(value) * (bottom - top);
  }
}
