// A report as Markdown, for reviews and messages: what the page has, with the figures of charts as tables.
import type { Cell, Chart, Ratio, Table } from '../suite.js';
import {
  exactFigure,
  figureOf,
  hasFigures,
  headingOf,
  middleOf,
  NOTHING,
  roughFigure,
  spreadOf,
  spreadText,
  wordOf,
} from './figures.js';
import type { Report, SuiteReport } from './report.js';
import { circumstancesOf, doubtOfSuite, factsOf, promisesOf, QUICK, RATIOS, verdictOf } from './words.js';

export function markdownOf(report: Report): string {
  const promises = promisesOf(report).map(({ suite, ratio }) =>
    ratioRow(`${suite.title}: ${ratio.name}`, ratio),
  );
  return blocks([
    '# Sluice bench',
    plain(report.command),
    report.quick ? QUICK : '',
    listOf(factsOf(report).map(([name, value]) => `${name}: ${value}`)),
    promises.length === 0 ? '' : blocks(['## Targets', ratioTable(promises)]),
    ...report.suites.map(suiteText),
  ]);
}

function suiteText(suite: SuiteReport): string {
  const head = [`## ${plain(suite.title)}`, plain(suite.about), circumstancesOf(suite)];
  if (suite.failure !== null) return blocks([...head, `**Failed:** ${plain(suite.failure)}`]);
  return blocks([
    ...head,
    listOf([doubtOfSuite(suite) ?? '', ...suite.missing]),
    suite.ratios.length === 0
      ? ''
      : blocks(['### Ratios', RATIOS, ratioTable(suite.ratios.map((ratio) => ratioRow(ratio.name, ratio)))]),
    ...suite.tables.map(tableText),
    ...suite.charts.filter(hasFigures).map(chartText),
    listOf(suite.notes),
  ]);
}

function ratioRow(name: string, ratio: Ratio): string[] {
  return [name, spreadText(ratio.value, 2), verdictOf(ratio)?.text ?? ''];
}

function ratioTable(rows: readonly (readonly string[])[]): string {
  return tableOf(['what', 'ratio', 'target'], rows);
}

function tableText({ title, head, columns, rows }: Table): string {
  const lines = rows.map(({ name, cells }) => [
    name,
    ...columns.map(({ digits }, index) => cellText(cells[index] ?? null, (value) => figureOf(value, digits))),
  ]);
  return blocks([`### ${plain(title)}`, tableOf([head, ...columns.map(headingOf)], lines)]);
}

/** A row for each label or place, a column for each series. */
function chartText(chart: Chart): string {
  const unit = wordOf(chart.unit);
  const head = [
    chart.kind === 'bars' ? '' : chart.across,
    ...chart.series.map(({ name }) => `${name} ${unit}`),
  ];
  const text = (cell: Cell): string => cellText(cell, roughFigure);
  if (chart.kind === 'bars') {
    const rows = chart.labels.map((label, index) => [
      label,
      ...chart.series.map(({ values }) => text(values[index] ?? null)),
    ]);
    return blocks([`### ${plain(chart.title)}`, tableOf(head, rows)]);
  }
  const places = new Set(chart.series.flatMap(({ points }) => points.map(({ x }) => x)));
  const rows = [...places]
    .sort((a, b) => a - b)
    .map((place) => [
      exactFigure(place),
      ...chart.series.map(({ points }) => text(points.find(({ x }) => x === place)?.y ?? null)),
    ]);
  return blocks([`### ${plain(chart.title)}`, tableOf(head, rows)]);
}

function cellText(cell: Cell, figure: (value: number) => string): string {
  const middle = middleOf(cell);
  if (middle === null || !Number.isFinite(middle)) return NOTHING;
  const spread = spreadOf(cell);
  return spread === null
    ? figure(middle)
    : `${figure(middle)} (${figure(spread.least)} to ${figure(spread.most)})`;
}

/** The first column to the left, the others to the right. */
function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const marks = head.map((_, column) => (column === 0 ? ':--' : '--:'));
  return [head.map(plain), marks, ...rows.map((row) => row.map(plain))]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function listOf(sentences: readonly string[]): string {
  return sentences
    .filter((text) => text !== '')
    .map((text) => `- ${plain(text)}`)
    .join('\n');
}

function blocks(parts: readonly string[]): string {
  return `${parts
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .join('\n\n')}\n`;
}

/** Text in one line that means nothing to Markdown (CommonMark, 2.4 and 6). */
function plain(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[\\`*_[\]<>|&~#]/g, '\\$&');
}
