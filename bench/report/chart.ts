// Charts as SVG in a page. A chart says all of its figures in words too, for those who do not see it.
import type { Cell, Chart } from '../suite.js';
import { drawBars } from './bars.js';
import { middleOf, rangeText, roughFigure, wordOf } from './figures.js';
import { drawLines } from './lines.js';
import { type Markup, markup } from './markup.js';

/** A figure with its caption; `id` is the only one of its name in the page. */
export function chartMarkup(chart: Chart, id: string): Markup {
  const { width, height, content } = chart.kind === 'bars' ? drawBars(chart) : drawLines(chart);
  return markup`<figure>
<figcaption>${chart.title}</figcaption>
<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="${id}-title ${id}-text">
<title id="${id}-title">${chart.title}</title>
<desc id="${id}-text">${chartWords(chart)}</desc>
${content}</svg>
</figure>
`;
}

/** All that a chart shows, in sentences. */
export function chartWords(chart: Chart): string {
  const unit = wordOf(chart.unit);
  const figure = (cell: Cell): string => cellWords(cell, unit);
  if (chart.kind === 'bars')
    return chart.series
      .map(({ name, values }) => {
        const said = chart.labels.map((label, index) => `${label} ${figure(values[index] ?? null)}`);
        return `${name}: ${said.join('; ')}.`;
      })
      .join(' ');
  return chart.series
    .map(({ name, points }) => {
      const said = points.map(({ x, y }) => `${figure(y)} at ${roughFigure(x)} ${chart.across}`);
      return `${name}: ${said.join('; ')}.`;
    })
    .join(' ');
}

function cellWords(cell: Cell, unit: string): string {
  const middle = middleOf(cell);
  if (middle === null) return 'was not measured';
  const said = `${roughFigure(middle)} ${unit}`.trim();
  return typeof cell === 'number' || cell === null ? said : `${said} (${rangeText(cell, 2)})`;
}
