// Documents as text, and rules for an editor of them, made by chance.
import fc from 'fast-check';
import type { Edit, MemberEdit, Rule } from './json-editor-guest.js';

export const NAMES = ['a', 'b', 'é', 'x"y', '', '0', '1'];

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
export const rules = fc.array(rule, { minLength: 1, maxLength: 5 });

const memberEdit: fc.Arbitrary<MemberEdit> = fc.oneof(
  fc.record({ do: fc.constant('rename' as const), to: fc.constantFrom('', 'a', 'q"\\', 'é😀'), rest: edit }),
  fc.record({
    do: fc.constant('add' as const),
    name: fc.constantFrom('', 'added', 'é"'),
    with: fc.constantFrom<unknown>(1, [{ a: 1 }], 'v'),
    rest: edit,
  }),
);
const memberRule: fc.Arbitrary<Rule> = fc.oneof(
  { weight: 2, arbitrary: rule },
  fc.record({ name: fc.constantFrom(...NAMES), edit: memberEdit }),
  {
    weight: 3,
    arbitrary: fc.record({
      pointer,
      edit: fc
        .array(memberEdit, { minLength: 1, maxLength: 3 })
        .map((edits) => edits.reduceRight<Edit>((rest, one) => ({ ...one, rest }), { do: 'keep' })),
    }),
  },
);
/** With names and further members: for the editor of whole documents. */
export const memberRules = fc.array(memberRule, { minLength: 1, maxLength: 5 });

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
export const document = fc.tuple(space, text, space).map((parts) => parts.join(''));

/** How a byte of a document is changed: where, `change`, `remove` or `add`, and to what. */
export const change = fc.tuple(
  fc.nat(),
  fc.constantFrom('change', 'remove', 'add'),
  fc.constantFrom(...'{}[]",:\\0159.eE+-tfnu \n\tx'),
);

export function changed(input: string, [at, how, character]: readonly [number, string, string]): string {
  const index = at % (input.length + 1);
  const rest = input.slice(how === 'add' ? index : index + 1);
  return wellFormed(input.slice(0, index) + (how === 'remove' ? '' : character) + rest);
}

/** Replaces what cannot be written in UTF-8. */
function wellFormed(input: string): string {
  return Buffer.from(input, 'utf8').toString('utf8');
}

export function isJson(input: string): boolean {
  try {
    JSON.parse(input);
    return true;
  } catch {
    return false;
  }
}
