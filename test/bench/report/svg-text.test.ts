import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { apart, twoLines, widthOf } from '../../../bench/report/svg-text.js';

describe('text in a chart', () => {
  const room = (letters: number): number => widthOf('x'.repeat(letters)) + 1;

  for (const [text, letters, lines] of [
    ['plain proxy', 20, ['plain proxy']],
    ['policy + validate + sanitise', 20, ['policy + validate +', 'sanitise']],
    ['the three filters, on 512 connections', 15, ['the three', 'filters, on 51…']],
    ['a'.repeat(30), 10, [`${'a'.repeat(9)}…`]],
    ['é ü', 2, ['é', 'ü']],
  ] as const) {
    it(`takes two lines at most: ${text}`, () => assert.deepEqual(twoLines(text, room(letters)), lines));
  }

  it('leaves out labels that would stand in the room of others', () => {
    const at = (position: number): number => position * 10;
    assert.deepEqual(
      apart([0, 1, 2, 3, 10], at, (value) => String(value).repeat(2)),
      [0, 3, 10],
    );
    assert.deepEqual(apart([], at, String), []);
  });
});
