// What charts are drawn from: marks of series, lines, text, and the legend. Colours are the style sheet's.

import type { Spread } from '../harness/statistics.js';
import type { Cell, Unit } from '../suite.js';
import { exactFigure, middleOf, spreadOf, wordOf } from './figures.js';
import { type Markup, markup, NO_MARKUP } from './markup.js';
import type { Scale } from './scale.js';
import { widthOf } from './svg-text.js';

/** Pixels where there is room for it. */
export const WIDTH = 800;
/** The style sheet has as many colours; series beyond take them anew. */
export const COLOURS = 6;

export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly content: Markup;
}

/** Where a line of text ends: `start` is to the right of its place. */
export type Anchor = 'start' | 'middle' | 'end';

/** To a tenth of a pixel, so that a page is not full of digits. */
export function pixels(value: number): number {
  return Math.round(value * 10) / 10;
}

export function colourOf(series: number): string {
  return `s${series % COLOURS}`;
}

export function line(kind: string, x1: number, y1: number, x2: number, y2: number): Markup {
  return markup`<line class="${kind}" x1="${pixels(x1)}" y1="${pixels(y1)}" x2="${pixels(x2)}" y2="${pixels(y2)}"/>
`;
}

export function label(kind: string, x: number, y: number, anchor: Anchor, text: string): Markup {
  return markup`<text class="${kind}" x="${pixels(x)}" y="${pixels(y)}" text-anchor="${anchor}">${text}</text>
`;
}

const REACH = 4;

/** A mark whose shape says the series as well as its colour does. */
export function mark(series: number, x: number, y: number): Markup {
  const colour = colourOf(series);
  const [left, right, top, bottom] = [x - REACH, x + REACH, y - REACH, y + REACH].map(pixels);
  const corners = [
    null,
    `${left},${top} ${right},${top} ${right},${bottom} ${left},${bottom}`,
    `${pixels(x)},${top} ${right},${bottom} ${left},${bottom}`,
    `${pixels(x)},${top} ${right},${pixels(y)} ${pixels(x)},${bottom} ${left},${pixels(y)}`,
    `${left},${top} ${right},${top} ${pixels(x)},${bottom}`,
  ];
  const points = corners[series % corners.length]!;
  return points === null
    ? markup`<circle class="${colour}" cx="${pixels(x)}" cy="${pixels(y)}" r="${REACH}"/>
`
    : markup`<polygon class="${colour}" points="${points}"/>
`;
}

/** From least to most, with a bar at each end that the axis reaches; `place` makes of a value where it stands. */
export function whisker(spread: Spread, scale: Scale, place: (value: number) => [number, number]): Markup {
  const [from, to] = [place(spread.least), place(spread.most)];
  const [alongX, alongY] = from[1] === to[1] ? [0, 3] : [3, 0];
  const ends = [spread.least, spread.most]
    .filter((value) => value >= scale.least && value <= scale.most)
    .map(place);
  return markup`${line('whisker', ...from, ...to)}${ends.map(([x, y]) =>
    line('whisker', x - alongX, y - alongY, x + alongX, y + alongY),
  )}`;
}

const LEGEND_LINE = 20;
const LEGEND_GAP = 20;

/** Names of series in as many lines as they need, none where there is one only. */
export function legend(names: readonly string[]): { readonly height: number; readonly content: Markup } {
  if (names.length < 2) return { height: 0, content: NO_MARKUP };
  let [x, y] = [REACH, LEGEND_LINE / 2];
  const entries = names.map((name, series) => {
    const width = 2 * REACH + 6 + widthOf(name);
    if (x > REACH && x + width > WIDTH) [x, y] = [REACH, y + LEGEND_LINE];
    const entry = markup`${mark(series, x, y)}${label('name', x + REACH + 6, y + 4, 'start', name)}`;
    x += width + LEGEND_GAP;
    return entry;
  });
  return { height: y + LEGEND_LINE, content: markup`${entries}` };
}

/** What an axis of values says under or over it. */
export function axisWords(unit: Unit, scale: Scale): string {
  const words = [wordOf(unit), ...(scale.isLogarithmic ? ['logarithmic'] : [])];
  if (crossesOne(unit, scale)) words.push('the dashed line is 1');
  return words.filter((word) => word !== '').join(', ');
}

/** Ratios are looked at next to 1. */
export function crossesOne(unit: Unit, { least, most }: Scale): boolean {
  return unit === 'x' && least < 1 && most >= 1;
}

export function markText(value: number): string {
  return exactFigure(value);
}

/** One that was measured several times may have been disturbed once; such a whisker is cut, so that the others are seen. */
const MOST_OF_MIDDLE = 1.5;

/** Values between which an axis should reach, of all that a chart shows. */
export function reachOf(cells: readonly Cell[]): number[] {
  const middles = cells.map(middleOf).filter((middle) => middle !== null && Number.isFinite(middle));
  const limit = MOST_OF_MIDDLE * Math.max(0, ...middles.map((middle) => Math.abs(middle!)));
  const ends = cells.map(spreadOf).flatMap((spread) => (spread === null ? [] : [spread.least, spread.most]));
  return [...middles.map((middle) => middle!), ...ends.filter((end) => Math.abs(end) <= limit)];
}
