// Which lines differ between two texts, as `diff -u` writes it.
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';

const CONTEXT = 3;
/** Texts that differ in more lines are not compared line by line: it would take long, and nobody would read it. */
const MOST_EDITS = 4_000;

/** Unified diff with three lines of context; empty for equal texts. */
export function lineDiff(before: string, after: string, names: { before: string; after: string }): string {
  if (before === after) return '';
  const options = { context: CONTEXT, headerOptions: FILE_HEADERS_ONLY, maxEditLength: MOST_EDITS };
  const patch = createTwoFilesPatch(names.before, names.after, before, after, undefined, undefined, options);
  return (
    patch ??
    `--- ${names.before}\n+++ ${names.after}\nmore than ${MOST_EDITS} lines differ, they are not shown\n`
  );
}
