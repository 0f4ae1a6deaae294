// How figures read, the same on the terminal and in reports.
import type { Spread } from '../harness/statistics.js';
import type { Cell, Chart, Column, Unit } from '../suite.js';

export const NOTHING = '-';

const WORDS: Readonly<Record<Unit, string>> = {
  ns: 'ns',
  us: 'µs',
  ms: 'ms',
  s: 's',
  KiB: 'KiB',
  MiB: 'MiB',
  'MiB/s': 'MiB/s',
  '1/s': '/s',
  count: '',
  x: '×',
};

export function wordOf(unit: Unit): string {
  return WORDS[unit];
}

/** What stands over a column, e.g. `p99 ms`. */
export function headingOf({ name, unit }: Column): string {
  return `${name} ${wordOf(unit)}`.trim();
}

/** The middle of a cell; null where there is nothing. */
export function middleOf(cell: Cell): number | null {
  return typeof cell === 'number' || cell === null ? cell : cell.median;
}

/** Least and most of a cell; null where it was not measured several times. */
export function spreadOf(cell: Cell): Spread | null {
  return typeof cell === 'number' || cell === null || cell.least === cell.most ? null : cell;
}

/** False of a chart on which there would be nothing to see. */
export function hasFigures(chart: Chart): boolean {
  const cells =
    chart.kind === 'bars'
      ? chart.series.flatMap(({ values }) => values)
      : chart.series.flatMap(({ points }) => points.map(({ y }) => y));
  return cells.some((cell) => Number.isFinite(middleOf(cell)));
}

export function figureOf(cell: Cell, digits: number): string {
  const middle = middleOf(cell);
  return middle === null || !Number.isFinite(middle) ? NOTHING : grouped(middle.toFixed(digits));
}

export function spreadText(spread: Spread, digits: number): string {
  return `${figureOf(spread.median, digits)} (${rangeText(spread, digits)})`;
}

export function rangeText({ least, most }: Spread, digits: number): string {
  return `${figureOf(least, digits)} to ${figureOf(most, digits)}`;
}

/** With three digits that count, as on a chart, where nobody said how many there are. */
export function roughFigure(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return grouped(value.toFixed(0));
  return size >= 1 ? value.toFixed(size >= 10 ? 1 : 2) : String(Number(value.toPrecision(2)));
}

/** Whole as it is: what stands at a mark of an axis. */
export function exactFigure(value: number): string {
  return grouped(String(Number(value.toPrecision(10))));
}

/** From four digits on, thousands stand apart. */
function grouped(text: string): string {
  const [whole, rest] = text.split('.') as [string, string | undefined];
  const isLong = /^-?\d{4,}$/.test(whole);
  const spaced = isLong ? whole.replace(/(\d)(?=(?:\d{3})+$)/g, '$1,') : whole;
  return rest === undefined ? spaced : `${spaced}.${rest}`;
}
