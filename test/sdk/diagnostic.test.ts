import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { formatDiagnostic, placeIn } from '../../sdk/tools/diagnostic.js';

const FILE = join('/', 'work', 'a b', 'index.ts');

function shown(text: string, start: number, end: number): string {
  const place = placeIn(FILE, text, start, end);
  return formatDiagnostic({ severity: 'error', code: 'TS1', message: 'No.', place }, join('/', 'work'));
}

describe('a diagnostic', () => {
  it('names file, line and column, and underlines the place', () => {
    assert.equal(
      shown('one\nlet two = 2;\n', 8, 11),
      'a b/index.ts:2:5: error TS1: No.\n  let two = 2;\n      ~~~',
    );
  });

  it('counts a line that ends with CR and LF as one, and does not show its end', () => {
    assert.equal(shown('one\r\ntwo\r\n', 5, 8), 'a b/index.ts:2:1: error TS1: No.\n  two\n  ~~~');
  });

  it('keeps tabs before the place, so that the mark stands below it', () => {
    assert.equal(shown('\t\tx', 2, 3), 'a b/index.ts:1:3: error TS1: No.\n  \t\tx\n  \t\t~');
  });

  it('ends the mark at the end of the line when the span goes on', () => {
    assert.equal(shown('ab(\n)', 1, 5), 'a b/index.ts:1:2: error TS1: No.\n  ab(\n   ~~');
  });

  it('marks one place at the very end of the text', () => {
    assert.equal(shown('ab', 2, 2), 'a b/index.ts:1:3: error TS1: No.\n  ab\n    ~');
    assert.equal(shown('', 0, 0), 'a b/index.ts:1:1: error TS1: No.\n  \n  ~');
    assert.equal(shown('ab\n', 3, 3), 'a b/index.ts:2:1: error TS1: No.\n  \n  ~');
  });

  it('without a place is one line', () => {
    const text = formatDiagnostic({ severity: 'warning', code: 'AS1', message: 'Hm.', place: null }, '/');
    assert.equal(text, 'warning AS1: Hm.');
  });
});
