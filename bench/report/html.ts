// A report as a page: one file that asks nobody for anything and runs no script, to be read anywhere.
import type { Cell, Ratio, Table } from '../suite.js';
import { chartMarkup } from './chart.js';
import { figureOf, hasFigures, rangeText, spreadOf, wordOf } from './figures.js';
import { Markup, markup, NO_MARKUP } from './markup.js';
import type { Report, SuiteReport } from './report.js';
import { STYLE } from './style.js';
import { circumstancesOf, doubtOfSuite, factsOf, promisesOf, QUICK, RATIOS, verdictOf } from './words.js';

/** The policy is for readers: they see that nothing is loaded, whatever a report holds. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

export function htmlOf(report: Report): string {
  const { startedAt, command, quick, suites } = report;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>Sluice bench, ${startedAt.slice(0, 10)}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<main>
<h1>Sluice bench</h1>
<p><code>${command}</code></p>
${quick ? markup`<p class="note">${QUICK}</p>\n` : NO_MARKUP}<dl>
${factsOf(report).map(([name, value]) => markup`<dt>${name}</dt><dd>${value}</dd>\n`)}</dl>
<nav aria-label="Suites"><ul>
${suites.map((suite) => markup`<li><a href="#${suite.name}">${suite.title}</a>${suite.failure === null ? '' : ' (failed)'}</li>\n`)}</ul></nav>
${promises(report)}${suites.map(suiteSection)}</main>
</body>
</html>
`.text;
}

/** What was promised, of all suites: the first thing that somebody wants to know. */
function promises(report: Report): Markup {
  const rows = promisesOf(report).map(({ suite, ratio }) => ratioRow(`${suite.title}: ${ratio.name}`, ratio));
  return rows.length === 0 ? NO_MARKUP : markup`<h3>Targets</h3>\n${ratioTable(rows)}`;
}

function suiteSection(suite: SuiteReport): Markup {
  const doubt = doubtOfSuite(suite);
  const head = markup`<h2 id="${suite.name}">${suite.title}</h2>
<p>${suite.about}</p>
<p class="faint">${circumstancesOf(suite)}</p>
`;
  if (suite.failure !== null)
    return markup`<section>\n${head}<p class="failed">Failed: ${suite.failure}</p>\n</section>\n`;
  return markup`<section>
${head}${doubt === null ? NO_MARKUP : markup`<p class="note">${doubt}</p>\n`}${missing(suite.missing)}${suite.charts
  .filter(hasFigures)
  .map((chart, index) =>
    chartMarkup(chart, `${suite.name}-chart-${index + 1}`),
  )}${ratios(suite.ratios)}${suite.tables.map(tableMarkup)}${suite.notes.length === 0 ? NO_MARKUP : notes(suite.notes)}</section>
`;
}

function missing(sentences: readonly string[]): Markup {
  if (sentences.length === 0) return NO_MARKUP;
  return markup`<ul class="note">\n${sentences.map((text) => markup`<li>${text}</li>\n`)}</ul>\n`;
}

function notes(sentences: readonly string[]): Markup {
  return markup`<h3>Notes</h3>\n<ul>\n${sentences.map((text) => markup`<li>${text}</li>\n`)}</ul>\n`;
}

function ratios(all: readonly Ratio[]): Markup {
  if (all.length === 0) return NO_MARKUP;
  return markup`<h3>Ratios</h3>\n<p class="faint">${RATIOS}</p>\n${ratioTable(all.map((ratio) => ratioRow(ratio.name, ratio)))}`;
}

function ratioTable(rows: readonly Markup[]): Markup {
  return markup`<div class="scroll"><table>
<thead><tr><th scope="col">what</th><th scope="col">ratio</th><th scope="col">target</th></tr></thead>
<tbody>
${rows}</tbody>
</table></div>
`;
}

function ratioRow(name: string, ratio: Ratio): Markup {
  const verdict = verdictOf(ratio);
  const target =
    verdict === null
      ? ''
      : markup`<span class="${verdict.isWithin ? 'within' : 'above'}">${verdict.text}</span>`;
  return markup`<tr><th scope="row">${name}</th>${cellMarkup(ratio.value, 2)}<td>${target}</td></tr>\n`;
}

function tableMarkup({ title, head, columns, rows }: Table): Markup {
  return markup`<h3>${title}</h3>
<div class="scroll"><table>
<thead><tr><th scope="col">${head}</th>${columns.map(({ name, unit }) => markup`<th scope="col">${name}<small>${wordOf(unit)}</small></th>`)}</tr></thead>
<tbody>
${rows.map(
  ({ name, cells }) =>
    markup`<tr${/^\s/.test(name) ? new Markup(' class="beside"') : ''}><th scope="row">${name.trim()}</th>${columns.map(
      ({ digits }, index) => cellMarkup(cells[index] ?? null, digits),
    )}</tr>\n`,
)}</tbody>
</table></div>
`;
}

function cellMarkup(cell: Cell, digits: number): Markup {
  const spread = spreadOf(cell);
  const range = spread === null ? NO_MARKUP : markup`<small>${rangeText(spread, digits)}</small>`;
  return markup`<td>${figureOf(cell, digits)}${range}</td>`;
}
