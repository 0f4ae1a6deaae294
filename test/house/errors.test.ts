import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ERROR_TABLE, type ErrorKind, GatewayError, toProblem } from '../../core/errors.js';
import { textsOf } from './import-scanner.js';
import { filesBelow, pages, textOf } from './source-tree.js';

const TABLE: Readonly<Record<string, ErrorKind>> = ERROR_TABLE;
const CODE = /\bSLUICE_[A-Z]+(?:_[A-Z]+)+\b/g;
// Variables of the environment read alike.
const VARIABLE = /^SLUICE_(?:ETCD|FUZZ|SECRET_KEYS|FILTER_TEST)(?:_|$)/;

/** Rows of the tables, cells trimmed, in order, with the heading each stands under. */
function rowsOf(markdown: string): { heading: string; cells: string[] }[] {
  let heading = '';
  const rows: { heading: string; cells: string[] }[] = [];
  for (const line of markdown.split('\n')) {
    if (line.startsWith('## ')) heading = line.slice(3);
    if (line.startsWith('| `')) {
      const cells = line.slice(1, -1).split(/(?<!\\)\|/);
      rows.push({ heading, cells: cells.map((cell) => cell.trim().replaceAll('\\|', '|')) });
    }
  }
  return rows;
}

function rowOf(code: string, kind: ErrorKind): string[] {
  const { status, source, retryable, detail, remedy } = kind;
  return [`\`${code}\``, String(status), source, retryable ? 'yes' : 'no', detail, remedy];
}

describe('ERRORS.md', () => {
  const rows = rowsOf(textOf('ERRORS.md'));

  it('says the same as the table in core/error-table.ts, row for row', () => {
    const byCode = (a: string[], b: string[]): number => (a[0]! < b[0]! ? -1 : 1);
    assert.deepEqual(
      rows.map((row) => row.cells).sort(byCode),
      Object.entries(TABLE)
        .map(([code, kind]) => rowOf(code, kind))
        .sort(byCode),
    );
  });

  it('keeps the codes of one area under one heading, and no other with them', () => {
    const areaOf = (code: string): string => code.split('_')[1]!;
    const headings = new Map<string, Set<string>>();
    for (const { heading, cells } of rows) {
      headings.set(heading, (headings.get(heading) ?? new Set()).add(areaOf(cells[0]!.replaceAll('`', ''))));
    }
    for (const [heading, areas] of headings) assert.equal(areas.size, 1, `${heading}: ${[...areas]}`);
    assert.equal(headings.size, new Set(Object.keys(TABLE).map(areaOf)).size);
  });

  it('shows a problem document as the gateway builds it', () => {
    const shown = JSON.parse(/```json\n(.*?)```/s.exec(textOf('ERRORS.md'))![1]!);
    const built = toProblem(new GatewayError(shown.code, ''), shown.requestId, shown.revision);
    assert.deepEqual(shown, built);
  });
});

describe('the table of errors', () => {
  it('has no code that nothing in core throws or answers', () => {
    const used = new Set(
      filesBelow('core', '.ts')
        .filter((path) => path !== 'core/error-table.ts')
        .flatMap((path) => textsOf(textOf(path))),
    );
    assert.deepEqual(
      Object.keys(TABLE).filter((code) => !used.has(code)),
      [],
    );
  });

  it('has every code that a source or a page names', () => {
    const paths = [...filesBelow('core', '.ts'), ...filesBelow('sdk', '.ts'), ...pages()];
    const unknown = paths.flatMap((path) =>
      [...textOf(path).matchAll(CODE)]
        .filter(([code]) => !Object.hasOwn(TABLE, code) && !VARIABLE.test(code))
        .map(([code]) => `${path}: ${code}`),
    );
    assert.deepEqual(unknown, []);
  });

  it('speaks in whole sentences', () => {
    for (const [code, { detail, remedy }] of Object.entries(TABLE)) {
      assert.match(detail, /^[A-Z].*\.$/, code);
      assert.match(remedy, /^[A-Z].*[.]$/, code);
    }
  });

  it('gives clients only statuses of errors', () => {
    for (const [code, { status }] of Object.entries(TABLE)) assert.ok(status >= 400 && status <= 599, code);
  });
});
