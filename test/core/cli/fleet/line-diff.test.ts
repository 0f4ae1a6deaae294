import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { lineDiff } from '../../../../core/cli/fleet/line-diff.js';

const NAMES = { before: 'old', after: 'new' };

function numbered(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}`);
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

describe('a diff of lines', () => {
  it('shows a change with three lines around it', () => {
    const before = numbered(1, 12);
    const after = before.with(5, 'another');
    assert.equal(
      lineDiff(textOf(before), textOf(after), NAMES),
      textOf([
        '--- old',
        '+++ new',
        '@@ -3,7 +3,7 @@',
        ' line 3',
        ' line 4',
        ' line 5',
        '-line 6',
        '+another',
        ' line 7',
        ' line 8',
        ' line 9',
      ]),
    );
  });

  it('joins changes that are near and parts those that are not', () => {
    const before = numbered(1, 40);
    const after = before.with(4, 'a').with(10, 'b').with(30, 'c');
    const heads = lineDiff(textOf(before), textOf(after), NAMES).match(/^@@.*/gm);
    assert.deepEqual(heads, ['@@ -2,13 +2,13 @@', '@@ -28,7 +28,7 @@']);
  });

  it('counts lines from nothing and to nothing as diff does', () => {
    assert.equal(lineDiff('', 'a\nb\n', NAMES), '--- old\n+++ new\n@@ -0,0 +1,2 @@\n+a\n+b\n');
    assert.equal(lineDiff('a\n', '', NAMES), '--- old\n+++ new\n@@ -1,1 +0,0 @@\n-a\n');
  });

  it('says when the last line has no end', () => {
    assert.equal(
      lineDiff('a\n', 'a', NAMES),
      '--- old\n+++ new\n@@ -1,1 +1,1 @@\n-a\n+a\n\\ No newline at end of file\n',
    );
  });

  it('finds one route among ten thousand', () => {
    const before = Array.from({ length: 10_000 }, (_, at) => [
      '- id: r',
      `  path: /p/${at}`,
      '  methods: [GET]',
    ]);
    const after = before.toSpliced(5_000, 1, ['- id: r', '  path: /p/moved', '  methods: [GET]']);
    const diff = lineDiff(textOf(before.flat()), textOf(after.flat()), NAMES);
    assert.deepEqual(diff.match(/^[-+] .*/gm), ['-  path: /p/5000', '+  path: /p/moved']);
  });

  it('does not show documents that have next to nothing in common', () => {
    const diff = lineDiff(textOf(numbered(1, 5_000)), textOf(numbered(5_001, 10_000)), NAMES);
    assert.equal(diff, '--- old\n+++ new\nmore than 4000 lines differ, they are not shown\n');
  });

  it('leads from one text to the other, whatever they are', () => {
    const line = fc.constantFrom('a', 'b', 'c', 'd', '', ' x', '-', '+', '@@');
    const text = fc.array(line, { maxLength: 30 }).map(textOf);
    fc.assert(
      fc.property(text, text, (before, after) => {
        assert.equal(patched(before, lineDiff(before, after, NAMES)), after);
      }),
      { numRuns: 2_000 },
    );
  });
});

/** Applies a unified diff strictly: every line that it names has to be there. */
function patched(before: string, diff: string): string {
  const lines = before.split('\n').slice(0, -1);
  const result: string[] = [];
  let at = 0;
  for (const hunk of diff.split(/^(?=@@ )/m).slice(1)) {
    const [head, ...body] = hunk.split('\n').slice(0, -1);
    const [, from, count = '1'] = /^@@ -(\d+)(?:,(\d+))? /.exec(head!)!;
    const start = count === '0' ? Number(from) : Number(from) - 1;
    while (at < start) result.push(lines[at++]!);
    for (const line of body) {
      if (line[0] !== '+') assert.equal(lines[at++], line.slice(1));
      if (line[0] !== '-') result.push(line.slice(1));
    }
  }
  return textOf([...result, ...lines.slice(at)]);
}
