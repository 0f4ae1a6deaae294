// What every subject of the suite `micro` owes: findings in form, from a run that is as short as can be.
import assert from 'node:assert/strict';
import type { Pace } from '../../../bench/micro/stopwatch.js';
import type { Subject } from '../../../bench/micro/subject.js';
import { measureSubjects } from '../../../bench/micro/subjects.js';
import type { Cell, Findings } from '../../../bench/suite.js';

const BRIEF: Pace = { rounds: 1, cycles: 1, cycleSeconds: 1e-5, warmUpSeconds: 0 };

/** Measures a subject and looks at the form of what it finds. */
export async function findingsOf(subject: Subject): Promise<Findings> {
  const steps: [done: number, total: number][] = [];
  const findings = await measureSubjects([subject], BRIEF, (done, total) => steps.push([done, total]));
  assert.deepEqual(
    steps,
    Array.from({ length: subject.contests }, (_, done) => [done, subject.contests]),
    'a step for each contest that was announced',
  );
  for (const { title, columns, rows } of findings.tables) {
    assert.ok(rows.length > 0, title);
    for (const { name, cells } of rows) {
      assert.equal(cells.length, columns.length, `${title}: ${name}`);
      for (const cell of cells) checkCell(cell, `${title}: ${name}`);
    }
  }
  for (const chart of findings.charts) {
    for (const series of chart.series) {
      if ('points' in series) for (const { y } of series.points) checkCell(y, chart.title);
      else for (const value of series.values) checkCell(value, chart.title);
    }
    if (chart.kind === 'bars')
      for (const { values } of chart.series) assert.equal(values.length, chart.labels.length);
  }
  const ids = findings.ratios.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length, 'each ratio has an id of its own');
  for (const { id, value } of findings.ratios) {
    assert.match(id, /^micro\/[a-z0-9-]+\/[a-z0-9-]+$/);
    checkCell(value, id);
  }
  for (const note of findings.notes) assert.match(note, /[.)]$/);
  return findings;
}

function checkCell(cell: Cell, place: string): void {
  if (cell === null) return;
  const values = typeof cell === 'number' ? [cell] : [cell.least, cell.median, cell.most];
  for (const value of values) assert.ok(Number.isFinite(value), `${place}: ${value}`);
}
