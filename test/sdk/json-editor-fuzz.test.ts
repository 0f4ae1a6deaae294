// The JSON editor over generated documents and rules, next to a reference that parses them.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { type Edit, EditorGuest, type Rule } from './json-editor-guest.js';
import { editText, editValue } from './json-reference.js';

const NAMES = ['a', 'b', 'é', 'x"y', '', '0', '1'];

const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ do: 'remove' } as const) },
  fc.constant({ do: 'keep' } as const),
  fc.record({
    do: fc.constant('replace' as const),
    with: fc.constantFrom<unknown>(null, 7, 'r', [], { b: 1 }),
  }),
  fc.record({ do: fc.constant('text' as const), with: fc.constantFrom('', 'q"\\', 'é😀') }),
  fc.record({ do: fc.constant('mask' as const), keep: fc.nat(4) }),
);
const pointer = fc
  .array(fc.constantFrom(...NAMES, '*', '*', '~0', '2'), { maxLength: 3 })
  .map((tokens) => tokens.map((token) => `/${token}`).join(''));
const rule: fc.Arbitrary<Rule> = fc.oneof(
  fc.record({ name: fc.constantFrom(...NAMES), edit, ask: fc.boolean() }),
  fc.record({ pointer, edit, ask: fc.boolean() }),
);
const rules = fc.array(rule, { minLength: 1, maxLength: 5 });

/** Documents as text, spelled in ways that no serialiser would. */
const space = fc.constantFrom('', '', '', ' ', '\n  ', '\t', ' \r\n');
const pieces = [
  'a',
  'é',
  '😀',
  '\\n',
  '\\"',
  '\\\\',
  '\\u0041',
  '\\ud83d\\ude00',
  '\\uD83D',
  '\\ude00',
  'a b c d e f g h i j',
];
const string = fc.array(fc.constantFrom(...pieces), { maxLength: 6 }).map((parts) => `"${parts.join('')}"`);
const label = fc.constantFrom(
  '"a"',
  '"\\u0061"',
  '"b"',
  '"é"',
  '"\\u00E9"',
  '"x\\"y"',
  '"x\\u0022y"',
  '""',
  '"0"',
  '"zz"',
  '"~"',
);
const scalar = fc.oneof(
  string,
  fc.constantFrom(
    '0',
    '-0',
    '1.50',
    '1E+5',
    '12345678901234567890',
    '-7',
    'true',
    'false',
    'null',
    '{}',
    '[ ]',
  ),
);
const { value: text } = fc.letrec<{ value: string }>((tie) => {
  const item = fc.tuple(space, tie('value'), space).map((parts) => parts.join(''));
  const member = fc
    .tuple(space, label, space, fc.constant(':'), space, tie('value'), space)
    .map((parts) => parts.join(''));
  return {
    value: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      scalar,
      fc.array(item, { minLength: 1, maxLength: 4 }).map((items) => `[${items.join(',')}]`),
      fc.array(member, { minLength: 1, maxLength: 4 }).map((members) => `{${members.join(',')}}`),
    ),
  };
});
const document = fc.tuple(space, text, space).map((parts) => parts.join(''));

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
    const change = fc.tuple(
      fc.nat(),
      fc.constantFrom('change', 'remove', 'add'),
      fc.constantFrom(...'{}[]",:\\0159.eE+-tfnu \n\tx'),
    );
    fc.assert(
      fc.property(document, change, rules, (input, [at, how, character], list) => {
        const index = at % (input.length + 1);
        const rest = input.slice(how === 'add' ? index : index + 1);
        const mutant = wellFormed(input.slice(0, index) + (how === 'remove' ? '' : character) + rest);
        const out = guest.edit(list, mutant);
        assert.equal(out !== null, isJson(mutant));
        assert.equal(guest.edit(list, mutant, 'problem') === '', isJson(mutant));
        if (out !== null) assert.ok(isJson(out));
      }),
      { seed: 3, numRuns: 3000 },
    );
  });
});

/** Replaces what cannot be written in UTF-8. */
function wellFormed(input: string): string {
  return Buffer.from(input, 'utf8').toString('utf8');
}

function isJson(input: string): boolean {
  try {
    JSON.parse(input);
    return true;
  } catch {
    return false;
  }
}
