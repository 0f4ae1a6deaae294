// A report as text for the terminal.
import { doubtOf } from '../harness/noise.js';
import type { Ratio, Table } from '../suite.js';
import { figureOf, spreadText, wordOf } from './figures.js';
import type { SuiteReport } from './report.js';

const GAP = 2;

/** The tables of a suite, its ratios, and what is missing. */
export function textOf(suite: SuiteReport): string {
  if (suite.failure !== null) return `${suite.title}: FAILED\n${suite.failure}\n`;
  const parts = [`${suite.title} (${suite.seconds.toFixed(0)} s)`, ...suite.tables.map(tableText)];
  if (suite.ratios.length > 0) parts.push(ratiosText(suite.ratios));
  const doubt = suite.noise === null ? null : doubtOf(suite.noise);
  const sentences = [...suite.notes, ...suite.missing, ...(doubt === null ? [] : [doubt])];
  if (sentences.length > 0) parts.push(sentences.join('\n'));
  return `${parts.join('\n\n')}\n`;
}

function tableText({ title, head, columns, rows }: Table): string {
  const heading = [head, ...columns.map(({ name, unit }) => `${name} ${wordOf(unit)}`.trim())];
  const lines = rows.map(({ name, cells }) => [
    name,
    ...columns.map(({ digits }, index) => figureOf(cells[index] ?? null, digits)),
  ]);
  return `${title}\n${aligned([heading, ...lines])}`;
}

function ratiosText(ratios: readonly Ratio[]): string {
  const lines = ratios.map(({ name, value, atMost }) => [
    name,
    spreadText(value, 2),
    atMost === null ? '' : `${value.median <= atMost ? 'within' : 'above'} ${atMost}`,
  ]);
  return aligned([['ratio', 'median (least to most)', 'target'], ...lines]);
}

/** The first column to the left, the others to the right, as wide as they have to be. */
function aligned(lines: readonly (readonly string[])[]): string {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines
    .map((line) =>
      line
        .map((text, column) =>
          column === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[column]! + GAP),
        )
        .join('')
        .trimEnd(),
    )
    .join('\n');
}
