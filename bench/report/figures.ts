// How figures read, the same on the terminal and in reports.
import type { Spread } from '../harness/statistics.js';
import type { Cell, Unit } from '../suite.js';

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

/** The middle of a cell; null where there is nothing. */
export function middleOf(cell: Cell): number | null {
  return typeof cell === 'number' || cell === null ? cell : cell.median;
}

export function figureOf(cell: Cell, digits: number): string {
  return middleOf(cell)?.toFixed(digits) ?? NOTHING;
}

export function spreadText({ median, least, most }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${least.toFixed(digits)} to ${most.toFixed(digits)})`;
}
