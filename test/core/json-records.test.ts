import assert from 'node:assert/strict';
import { it } from 'node:test';
import { JsonRecords } from '../../core/json-records.js';

it('gives back each value that was written down, whatever its characters, also where the parts are handed over', () => {
  const values = ['plain', ['é', '€', '😀', '\ud800'], { a: null }, 1.5, '', []];
  const records = JsonRecords.of(values.map((value) => JSON.stringify(value)));
  const { text, starts } = records.parts;
  const moved = new JsonRecords(structuredClone({ text, starts }));
  for (const each of [records, moved]) {
    assert.equal(each.length, values.length);
    for (const [index, value] of values.entries()) assert.deepEqual(each.at(index), value);
  }
  assert.equal(JsonRecords.of([]).length, 0);
});
