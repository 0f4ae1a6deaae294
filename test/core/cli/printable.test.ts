import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { printable, printableLine } from '../../../core/cli/printable.js';
import { formatTable } from '../../../core/cli/table.js';

describe('text of somebody else', () => {
  it('shows what would move the cursor or turn the direction of writing', () => {
    assert.equal(printable('a\u001b[2Jb\rc\u009bd\u202ee\n\tü'), 'a\\x1b[2Jb\\x0dc\\x9bd\\u202ee\n\tü');
  });

  it('is one line where there is room for one', () => {
    assert.equal(printableLine('a\n  b\nc'), 'a; b; c');
  });
});

describe('a table', () => {
  it('has columns as wide as they have to be', () => {
    const text = formatTable(
      ['A', 'B'],
      [
        ['long', '1'],
        ['s', '22'],
      ],
    );
    assert.equal(text, 'A     B\nlong  1\ns     22\n');
  });
});
