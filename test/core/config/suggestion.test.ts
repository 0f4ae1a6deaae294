import assert from 'node:assert/strict';
import { test } from 'node:test';
import { suggestion } from '../../../core/config/suggestion.js';

test('suggests the nearest name within a third of the letters', () => {
  const known = ['timeouts', 'targets', 'headers', 'u'];
  assert.equal(suggestion('timeuot', known), '; did you mean "timeouts"?');
  assert.equal(suggestion('Headers', known), '; did you mean "headers"?');
  assert.equal(suggestion('tragets', known), '; did you mean "targets"?');
  assert.equal(suggestion('v', known), '; did you mean "u"?');
  assert.equal(suggestion('retries', known), '');
  assert.equal(suggestion('x', []), '');
});

test('does not compare names that nobody mistypes', () => {
  const long = 'a'.repeat(65);
  assert.equal(suggestion(long, [`${long.slice(1)}b`]), '');
});

test('looks for nothing among more names than can be compared in time', () => {
  const known = Array.from({ length: 201 }, (_, i) => `name-${i}`);
  assert.equal(suggestion('nmae-7', known), '');
  assert.equal(suggestion('nmae-7', known.slice(0, 200)), '; did you mean "name-7"?');
});
