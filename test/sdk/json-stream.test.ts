// The JSON editor over documents in chunks: what comes out is what comes of the whole document, wherever the chunks end.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { TestChain } from '../../sdk/testing/index.js';
import { buildInline, manifestOf } from './inline-filter.js';
import { change, changed, document, isJson, rules } from './json-arbitrary.js';
import { EditorGuest, type Rule } from './json-editor-guest.js';

let guest: EditorGuest;
before(async () => {
  guest = await EditorGuest.build();
});

const bytesOf = (text: string): number => Buffer.byteLength(text);
const everyByte = (text: string): number[] => Array.from({ length: bytesOf(text) }, (_, index) => index + 1);

/** Rising places in a document, from numbers of any size. */
function placesIn(text: string, numbers: readonly number[]): number[] {
  return numbers.map((number) => number % (bytesOf(text) + 1)).sort((a, b) => a - b);
}

const MIXED: readonly Rule[] = [
  { name: 'gone', edit: { do: 'remove' } },
  { name: 'card', edit: { do: 'mask', keep: 4 }, ask: true },
  { name: 'new', edit: { do: 'replace', with: { a: [1] } } },
  { pointer: '/list/0', edit: { do: 'remove' } },
];

describe('a document in chunks', () => {
  const numbers = fc.array(fc.nat(), { maxLength: 6 });

  it('comes to the same as the whole one, wherever it is cut', () => {
    fc.assert(
      fc.property(document, rules, numbers, fc.boolean(), (input, list, places, scalars) => {
        const whole = guest.edit(list, input, scalars ? 'masked' : 'edited');
        assert.equal(guest.stream(list, input, { cuts: placesIn(input, places), scalars }), whole);
      }),
      { seed: 11, numRuns: 4000 },
    );
  });

  it('comes to the same byte by byte', () => {
    fc.assert(
      fc.property(document, rules, fc.boolean(), (input, list, scalars) => {
        const whole = guest.edit(list, input, scalars ? 'masked' : 'edited');
        assert.equal(guest.stream(list, input, { cuts: everyByte(input), scalars }), whole);
      }),
      { seed: 12, numRuns: 1000 },
    );
  });

  it('is found broken where JSON.parse finds it broken', () => {
    fc.assert(
      fc.property(document, change, rules, numbers, (input, how, list, places) => {
        const mutant = changed(input, how);
        const out = guest.stream(list, mutant, { cuts: placesIn(mutant, places) });
        assert.equal(out !== null, isJson(mutant));
        assert.equal(out, guest.edit(list, mutant));
      }),
      { seed: 13, numRuns: 3000 },
    );
  });

  it('is found broken at a character that no string may have, at the very end of a chunk', () => {
    for (const bad of ['"a\u0001"', '"a\\x"', '"\\u00g0"']) {
      for (const cuts of [[3], [4], everyByte(bad)]) assert.equal(guest.stream([], bad, { cuts }), null, bad);
    }
    const latin1 = Buffer.from('"caf\xe9 au lait"', 'latin1');
    for (let cut = 0; cut <= latin1.length; cut += 1)
      assert.equal(guest.stream([], latin1, { cuts: [cut] }), null);
  });

  it('keeps the space behind a bracket only where something stays behind it', () => {
    const input = '{ "list": [  1 ,  2 ], "a": {  "gone" : 1 , "gone":[{}] }, "b": [ {"gone":"x", "k":1} ] }';
    const whole = guest.edit(MIXED, input);
    assert.equal(whole, '{ "list": [  2 ], "a": {}, "b": [ {"k":1} ] }');
    for (const cut of everyByte(input)) assert.equal(guest.stream(MIXED, input, { cuts: [cut] }), whole);
    assert.equal(guest.stream(MIXED, input, { cuts: everyByte(input) }), whole);
  });
});

describe('what a stream holds', () => {
  const cutsOf = (input: string, size: number): number[] =>
    Array.from({ length: Math.floor(bytesOf(input) / size) }, (_, index) => (index + 1) * size);
  const facts = (input: string, limit: number): number[] =>
    guest
      .stream(MIXED, input, { cuts: cutsOf(input, 1000), limit, facts: true })!
      .split(' ')
      .map(Number);

  it('is next to nothing of values that pass, are replaced or removed, however long', () => {
    const long = `"${'x\\n'.repeat(30_000)}"`;
    for (const input of [
      `{"pass":${long}}`,
      `{"gone":${long},"new":[${long}],"gone":{"a":[${long}]}}`,
      `[${'[1,2],'.repeat(20_000)}0]`,
    ]) {
      const [held, state] = facts(input, 65536);
      assert.ok(held! < 20, `${held}`);
      assert.ok(state! < 100, `${state}`);
    }
  });

  it('grows by twelve bytes for each level of nesting', () => {
    const deep = `${'['.repeat(500)}${'{"a":1},'.repeat(500)}0${']'.repeat(500)}`;
    const [, state] = facts(deep, 65536);
    assert.ok(state! > 12 * 500 && state! < 100 + 12 * 502, `${state}`);
  });

  it('is no more than the limit, and a value beyond it is replaced as a whole, however it comes', () => {
    const small = JSON.stringify({ card: '4'.repeat(80), a: 1 });
    const large = JSON.stringify({ a: 1, card: '4'.repeat(120), b: [{ card: { n: '4'.repeat(4000) } }] });
    for (const cuts of [[], everyByte(small)])
      assert.equal(guest.stream(MIXED, small, { cuts, limit: 100 }), guest.edit(MIXED, small));
    for (const cuts of [[], [50], everyByte(large)])
      assert.equal(guest.stream(MIXED, large, { cuts, limit: 100 }), '{"a":1,"card":"#","b":[{"card":"#"}]}');
    assert.ok(facts(large, 100)[0]! <= 100);
  });

  it('never is a name or a number beyond it: that document is refused', () => {
    for (const input of [`{"${'n'.repeat(200)}":1}`, `[${'1'.repeat(200)}]`, `[1,${' '.repeat(200)}2]`]) {
      for (const cuts of [[], everyByte(input)])
        assert.equal(guest.stream(MIXED, input, { cuts, limit: 100 }), null);
    }
  });
});

describe('sdk/README.md', () => {
  it('shows a filter that edits JSON of any length, wherever it is cut', async () => {
    const text = readFileSync(new URL('../../../sdk/README.md', import.meta.url), 'utf8');
    const source = /```ts json-stream\n([\s\S]*?)```/.exec(text)![1]!;
    const module = await buildInline(source, manifestOf({ phases: { response: { body: 'stream' } } }));
    const chain = new TestChain([{ module }]);
    const sent = '{"id":1,"internal":{"a":[1]},"card":"4111111111111111"}';
    for (let cut = 0; cut <= sent.length; cut += 1) {
      const body = [sent.slice(0, cut), sent.slice(cut)];
      assert.equal(
        chain.exchange({ target: '/' }, { body }).client!.text,
        '{"id":1,"card":"************1111"}',
      );
    }
    const { stop } = chain.exchange({ target: '/' }, { body: ['{"id":', ']'] });
    assert.equal(stop, 'the upstream sent something else than JSON');
  });
});
