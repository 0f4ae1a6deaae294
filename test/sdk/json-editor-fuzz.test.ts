// The JSON editor over generated documents and rules, next to a reference that parses them.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { change, changed, document, isJson, NAMES, rules } from './json-arbitrary.js';
import { EditorGuest } from './json-editor-guest.js';
import { editText, editValue } from './json-reference.js';

const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 12 }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
    ),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...NAMES, '~', 'zz'), tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

describe('the JSON editor, for any document and any rules', () => {
  let guest: EditorGuest;
  before(async () => {
    guest = await EditorGuest.build();
  });

  it('changes the selected values, the commas of those removed, and no other byte', () => {
    fc.assert(
      fc.property(document, rules, (input, list) => {
        assert.equal(guest.edit(list, input), editText(input, list));
      }),
      { seed: 1, numRuns: 4000 },
    );
  });

  it('gives what parsing, editing and writing again gives', () => {
    fc.assert(
      fc.property(value, fc.constantFrom('', ' ', '\t'), rules, (input, indent, list) => {
        const out = guest.edit(list, JSON.stringify(input, null, indent));
        // Through text, so that -0 is 0 on both sides.
        assert.deepEqual(JSON.parse(out!), JSON.parse(JSON.stringify(editValue(input, list))));
      }),
      { seed: 2, numRuns: 2000 },
    );
  });

  it('finds broken what JSON.parse finds broken, when a byte is changed, removed or added', () => {
    fc.assert(
      fc.property(document, change, rules, (input, how, list) => {
        const mutant = changed(input, how);
        const out = guest.edit(list, mutant);
        assert.equal(out !== null, isJson(mutant));
        assert.equal(guest.edit(list, mutant, 'problem') === '', isJson(mutant));
        if (out !== null) assert.ok(isJson(out));
      }),
      { seed: 3, numRuns: 3000 },
    );
  });
});
