// What holds for the findings of every suite.
import assert from 'node:assert/strict';
import type { Cell, Findings } from '../../../bench/suite.js';

/** Asserts that rows fit their columns, that figures are figures, that names are there, and that ids are the suite's own and differ. */
export function assertWellFormed(suite: string, { tables, charts, ratios, missing, notes }: Findings): void {
  for (const { title, head, columns, rows } of tables) {
    for (const text of [title, head, ...columns.map(({ name }) => name), ...rows.map(({ name }) => name)])
      assert.notEqual(text.trim(), '');
    assert.ok(rows.length > 0, `${title} has rows`);
    for (const { name, cells } of rows) {
      assert.equal(cells.length, columns.length, `${title}, ${name}`);
      for (const cell of cells) assertFigure(cell, `${title}, ${name}`);
    }
  }
  for (const chart of charts) {
    assert.ok(chart.series.length > 0, `${chart.title} has series`);
    if (chart.kind === 'bars')
      for (const { values } of chart.series) assert.equal(values.length, chart.labels.length, chart.title);
    else
      for (const { name, points } of chart.series) {
        assert.ok(points.length > 0, `${chart.title}, ${name} has points`);
        for (const { x, y } of points) {
          assert.ok(Number.isFinite(x) && (x > 0 || !chart.isAcrossLogarithmic), `${chart.title}: ${x}`);
          assertFigure(y, `${chart.title}, ${name}`);
        }
      }
  }
  const ids = ratios.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length, ids.join(' '));
  for (const { id, name, value } of ratios) {
    assert.match(id, new RegExp(`^${suite}/[a-z0-9-]+/[a-z0-9-]+$`));
    assert.notEqual(name, '');
    assertFigure(value, id);
  }
  for (const sentence of [...missing, ...notes]) assert.notEqual(sentence.trim(), '');
}

function assertFigure(cell: Cell, where: string): void {
  if (cell === null) return;
  const figures = typeof cell === 'number' ? [cell] : [cell.least, cell.median, cell.most];
  for (const [index, figure] of figures.entries()) {
    assert.ok(Number.isFinite(figure), `${where}: ${figure}`);
    assert.ok(index === 0 || figure >= figures[index - 1]!, `${where}: ${figures.join(' ')}`);
  }
}
