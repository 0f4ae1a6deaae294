// The figures as text, one row for each filter, size and side.
import type { Spread } from '../harness/statistics.js';
import { SIDES, type Side } from './filter-bench.js';
import type { Cost } from './measure.js';

export interface Row {
  readonly filter: string;
  readonly bytes: number;
  /** By side; null where nothing was measured. */
  readonly costs: Readonly<Record<Side, Cost | null>>;
  /** What the rule costs on each side over what it costs in JavaScript; null where that is lost in the noise. */
  readonly nextToJavaScript: Readonly<Record<Side, Spread | null>>;
}

const LABELS: Readonly<Record<Side, string>> = {
  sluice: 'Sluice',
  javascript: 'JavaScript',
  'nginx-lua': 'nginx + Lua',
};
const NOTHING = '-';
const WIDTHS = [25, 13, 9, 9, 9, 19, 8, 18, 9] as const;

export const HEADING = [
  line(['', '', 'without', 'with', 'the rule', '', 'with /', 'next to', '']),
  line([
    'rule, body',
    'side',
    'CPU us',
    'CPU us',
    'CPU us',
    'least to most',
    'without',
    'JavaScript',
    'req/s',
  ]),
].join('\n');

export function textOf({ filter, bytes, costs, nextToJavaScript }: Row): string {
  return SIDES.map((side, index) => {
    const name = index === 0 ? `${filter}, ${bytes / 1024} KB` : '';
    const ratio = nextToJavaScript[side];
    const peer = side === 'javascript' ? NOTHING : (ratio?.median.toFixed(2) ?? 'in the noise');
    return line([name, LABELS[side], ...columnsOf(costs[side], peer)]);
  }).join('\n');
}

function columnsOf(cost: Cost | null, peer: string): string[] {
  if (cost === null) return Array.from({ length: WIDTHS.length - 2 }, () => NOTHING);
  const { withoutUs, withUs, ruleUs, ratio, perSecondWith } = cost;
  return [
    figure(withoutUs.median),
    figure(withUs.median),
    figure(ruleUs.median),
    `${figure(ruleUs.least)} to ${figure(ruleUs.most)}`,
    ratio.median.toFixed(2),
    peer,
    perSecondWith.toFixed(0),
  ];
}

function figure(value: number): string {
  return value.toFixed(Math.abs(value) < 100 ? 1 : 0);
}

function line(columns: readonly string[]): string {
  return columns
    .map((text, index) => (index < 2 ? text.padEnd(WIDTHS[index]!) : text.padStart(WIDTHS[index]!)))
    .join('')
    .trimEnd();
}
