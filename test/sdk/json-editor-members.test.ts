// Members that the JSON editor gives another name, and members that it adds.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { document, isJson, memberRules } from './json-arbitrary.js';
import { type Edit, EditorGuest, type Rule } from './json-editor-guest.js';
import { editText } from './json-reference.js';

const KEEP: Edit = { do: 'keep' };

function rename(to: string, rest: Edit = KEEP): Edit {
  return { do: 'rename', to, rest };
}

function add(name: string, value: unknown, rest: Edit = KEEP): Edit {
  return { do: 'add', name, with: value, rest };
}

describe('members', () => {
  let guest: EditorGuest;
  before(async () => {
    guest = await EditorGuest.build();
  });

  function table(
    rules: readonly Rule[],
    cases: readonly (readonly [name: string, input: string, output: string])[],
  ): void {
    for (const [name, input, output] of cases) it(name, () => assert.equal(guest.edit(rules, input), output));
  }

  describe('get another name', () => {
    table(
      [
        { name: 'x', edit: rename('new "name"') },
        { name: 'y', edit: rename('z', { do: 'mask', keep: 0 }) },
        { name: 'r', edit: rename('s', { do: 'remove' }) },
        { name: 't', edit: rename('first', rename('last')) },
      ],
      [
        ['and no byte beside it changes', '{ "a":1, "x" : [ 2 ] }', '{ "a":1, "new \\"name\\"" : [ 2 ] }'],
        ['whatever they were spelled like', '{"\\u0078":1}', '{"new \\"name\\"":1}'],
        ['and are walked', '{"x":{"x":1}}', '{"new \\"name\\"":{"new \\"name\\"":1}}'],
        ['and another value', '{"y":"abc"}', '{"z":"***"}'],
        ['or go', '{"r":1,"x":2,"r":3}', '{"new \\"name\\"":2}'],
        ['which is the last that was said', '{"t":1}', '{"last":1}'],
      ],
    );
  });

  describe('are added', () => {
    table(
      [
        { pointer: '', edit: add('one', 1, add('two', [2])) },
        { name: 'x', edit: add('in', true) },
        { name: 'gone', edit: { do: 'remove' } },
        { name: 'whole', edit: add('never', 0, { do: 'replace', with: {} }) },
      ],
      [
        ['before those that are there', '{"a":1}', '{"one":1,"two":[2],"a":1}'],
        ['to an empty object', '{}', '{"one":1,"two":[2]}'],
        ['to one with nothing but spaces in it', '{ \n }', '{"one":1,"two":[2]}'],
        ['and leave the lines of the others', '{\n  "a": 1\n}', '{"one":1,"two":[2],\n  "a": 1\n}'],
        ['where the first of the others goes', '{ "gone": 1, "a": 2 }', '{"one":1,"two":[2], "a": 2 }'],
        ['where the last goes', '{"a":2,"gone":1}', '{"one":1,"two":[2],"a":2}'],
        ['where all others go', '{ "gone": 1, "gone": 2 }', '{"one":1,"two":[2]}'],
        [
          'to objects in objects',
          '{"x":{"x":{},"gone":1}}',
          '{"one":1,"two":[2],"x":{"in":true,"x":{"in":true}}}',
        ],
        ['to nothing but objects', '[{"x":[]},{"x":1}]', '[{"x":[]},{"x":1}]'],
        ['to no object that does not stay', '{"whole":{"a":1}}', '{"one":1,"two":[2],"whole":{}}'],
      ],
    );

    it('count, each object that got some once', () => {
      const rules: Rule[] = [
        { pointer: '', edit: add('one', 1, add('two', 2)) },
        { name: 'x', edit: rename('y', add('in', 1)) },
        { name: 'z', edit: rename('y', { do: 'mask', keep: 0 }) },
      ];
      assert.equal(guest.count(rules, '{"x":{},"x":1,"z":2,"a":{}}'), 4);
    });

    it('to no object that is nested as deep as one may be', () => {
      const deep = (levels: number): string => `${'['.repeat(levels)}{"x":{}}${']'.repeat(levels)}`;
      const rules: Rule[] = [{ name: 'x', edit: add('in', 1) }];
      assert.equal(guest.edit(rules, deep(510))?.length, deep(510).length + '"in":1'.length);
      assert.equal(guest.edit(rules, deep(511)), null);
    });
  });

  it('are neither named nor added where there is no place for them', () => {
    const asked: Rule[] = [{ pointer: '/0', edit: { do: 'text', with: '1' } }];
    assert.throws(() => guest.edit(asked, '[1]', 'renamed'), /only a member that is at hand has a name/);
    assert.throws(() => guest.edit(asked, '[1]', 'grown'), /a member is added to an object that is at hand/);
    assert.equal(guest.edit(asked, '[{}]', 'grown'), '[{"n":1}]');
    const noValue: Rule[] = [{ pointer: '/0', edit: { do: 'text', with: '1,' } }];
    assert.throws(() => guest.edit(noValue, '[{}]', 'grown'), /a replacement must be one JSON value/);
  });

  it('come out as a reference has them, for any document and any rules', () => {
    let grown = 0;
    fc.assert(
      fc.property(document, memberRules, (input, rules) => {
        const out = guest.edit(rules, input);
        assert.equal(out, editText(input, rules));
        assert.ok(isJson(out!));
        if (out.includes('"added"')) grown += 1;
      }),
      { seed: 21, numRuns: 4000 },
    );
    assert.ok(grown > 100, `added to ${grown} documents`);
  });
});
