// A comparison as text for the terminal.
import { spreadText } from '../report/figures.js';
import { aligned } from '../report/text.js';
import { type Change, type Comparison, floorOf } from './comparison.js';
import type { RatioSet } from './ratio-set.js';

export function comparisonText(before: RatioSet, after: RatioSet, comparison: Comparison): string {
  const { moved, still, added, gone, apart } = comparison;
  const floor = (floorOf(before, after) * 100).toFixed(0);
  const ranges =
    before.quick || after.quick
      ? 'ranges apart, those of quick runs taken five times as wide'
      : 'ranges apart';
  const parts = [
    `${originText('before', before)}\n${originText('after', after)}`,
    `Moved beyond noise (${ranges}, medians by more than ${floor} %): ${moved.length} of ${moved.length + still.length} ratios. Less is better.`,
    moved.length === 0 ? '' : changesText(moved),
    added.length === 0 ? '' : `New: ${added.join(', ')}`,
    gone.length === 0 ? '' : `Gone: ${gone.join(', ')}`,
    apart.length === 0 ? '' : `Not compared, since only one side has measured them: ${apart.join(', ')}`,
    [...remarksOf(before), ...remarksOf(after)].join('\n'),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function changesText(changes: readonly Change[]): string {
  const lines = changes.map(({ id, before, after, by }) => [
    id,
    spreadText(before, 2),
    spreadText(after, 2),
    `${by > 0 ? '+' : ''}${(by * 100).toFixed(0)} %`,
    by > 0 ? 'worse' : 'better',
  ]);
  return aligned([['ratio', 'before (least to most)', 'after (least to most)', 'change', ''], ...lines]);
}

/** Suites of one origin are said together. */
function originText(name: string, { file, quick, suites }: RatioSet): string {
  const byOrigin = new Map<string, string[]>();
  for (const [suite, { origin }] of suites) byOrigin.set(origin, [...(byOrigin.get(origin) ?? []), suite]);
  const origins = [...byOrigin].map(([origin, names]) => `\n  ${names.join(', ')}: ${origin}`);
  return `${name}: ${file}${quick ? ', a quick run' : ''}${origins.join('')}`;
}

function remarksOf({ file, suites }: RatioSet): string[] {
  return [...suites].flatMap(([name, { remarks }]) => remarks.map((remark) => `${file}, ${name}: ${remark}`));
}
