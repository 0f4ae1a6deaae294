// Writes a report into a folder, in all its forms.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { htmlOf } from './html.js';
import { markdownOf } from './markdown.js';
import type { Report } from './report.js';

/** The folder is made where it is missing; reports that are there already are written over. */
export function writeReport(report: Report, folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(join(folder, 'report.html'), htmlOf(report));
  writeFileSync(join(folder, 'report.md'), markdownOf(report));
}
