// A report as text for the terminal.
import type { Ratio, Table } from '../suite.js';
import { figureOf, headingOf, spreadText } from './figures.js';
import type { Report, SuiteReport } from './report.js';
import { doubtOfSuite, durationText, promisesOf, verdictOf } from './words.js';

const GAP = 2;

/** The tables of a suite, its ratios, and what is missing. */
export function textOf(suite: SuiteReport): string {
  if (suite.failure !== null) return `${suite.title}: FAILED\n${suite.failure}\n`;
  const parts = [`${suite.title} (${durationText(suite.seconds)})`, ...suite.tables.map(tableText)];
  if (suite.ratios.length > 0) parts.push(ratiosText(suite.ratios));
  const doubt = doubtOfSuite(suite);
  const sentences = [...suite.notes, ...suite.missing, ...(doubt === null ? [] : [doubt])];
  if (sentences.length > 0) parts.push(sentences.join('\n'));
  return `${parts.join('\n\n')}\n`;
}

/** What was promised, of all suites together: where several have run, the last table on the terminal. Empty without promises. */
export function targetsText(report: Report): string {
  const named = promisesOf(report).map(({ suite, ratio }) => ({
    ...ratio,
    name: `${suite.name}: ${ratio.name}`,
  }));
  return named.length === 0 ? '' : `Targets\n${ratiosText(named)}\n`;
}

function tableText({ title, head, columns, rows }: Table): string {
  const heading = [head, ...columns.map(headingOf)];
  const lines = rows.map(({ name, cells }) => [
    name,
    ...columns.map(({ digits }, index) => figureOf(cells[index] ?? null, digits)),
  ]);
  return `${title}\n${aligned([heading, ...lines])}`;
}

function ratiosText(ratios: readonly Ratio[]): string {
  const lines = ratios.map((ratio) => [ratio.name, spreadText(ratio.value, 2), verdictOf(ratio)?.text ?? '']);
  return aligned([['ratio', 'median (least to most)', 'target'], ...lines]);
}

/** The first column to the left, the others to the right, as wide as they have to be. */
export function aligned(lines: readonly (readonly string[])[]): string {
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
