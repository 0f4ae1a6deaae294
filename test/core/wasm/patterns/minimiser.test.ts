import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Automaton } from '../../../../core/wasm/patterns/automaton.js';
import { minimise } from '../../../../core/wasm/patterns/minimiser.js';

const MATCH_SETS = [[], [0], [2], [0, 2]];

/** Automata of up to 40 states over four classes and the end of the text; state 0 is dead. */
const automata: fc.Arbitrary<Automaton> = fc
  .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 2, max: 5 }))
  .chain(([states, width]) =>
    fc.record({
      rows: fc.array(
        fc.array(fc.integer({ min: 0, max: states - 1 }), { minLength: width, maxLength: width }),
        { minLength: states, maxLength: states },
      ),
      colours: fc.array(fc.constantFrom(0, 0, 0, 0, 1, 2, 3), { minLength: states, maxLength: states }),
      start: fc.integer({ min: 0, max: states - 1 }),
    }),
  )
  .map(({ rows, colours, start }) => {
    const width = rows[0]!.length;
    rows[0] = rows[0]!.map(() => 0);
    colours[0] = 0;
    return {
      classes: Uint8Array.from({ length: 256 }, (_, byte) => byte % (width - 1)),
      width,
      next: Int32Array.from(rows.flat()),
      states: rows.length,
      start,
      matches: Int32Array.from(colours),
      matchSets: MATCH_SETS,
    };
  });

/** Number of states that some text tells apart, by refining until nothing changes (Moore, 1956). */
function distinctStates({ next, width, matches }: Automaton): number {
  let groups = [...matches];
  for (let count = 0; ; ) {
    const numbers = new Map<string, number>();
    groups = groups.map((group, state) => {
      const row = Array.from(next.subarray(state * width, (state + 1) * width), (target) => groups[target]);
      const key = [group, ...row].join();
      if (!numbers.has(key)) numbers.set(key, numbers.size);
      return numbers.get(key)!;
    });
    if (numbers.size === count) return count;
    count = numbers.size;
  }
}

/** What each prefix of a text comes to, and its end. */
function walk(automaton: Automaton, text: Uint8Array): number[] {
  const { next, width, classes, matches } = automaton;
  let state = automaton.start;
  const met = [matches[state]!];
  for (const byte of text) {
    state = next[state * width + classes[byte]!]!;
    met.push(matches[state]!);
  }
  met.push(matches[next[state * width + width - 1]!]!);
  return met;
}

describe('a minimised automaton', () => {
  it('matches what it matched before, in as few states as can be', () => {
    fc.assert(
      fc.property(
        automata,
        fc.array(fc.uint8Array({ maxLength: 30 }), { maxLength: 10 }),
        (automaton, texts) => {
          const smallest = minimise(automaton);
          assert.equal(smallest.states, distinctStates(automaton));
          for (const text of texts) assert.deepEqual(walk(smallest, text), walk(automaton, text));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('has state 0 for the dead one, and no two classes with the same column', () => {
    fc.assert(
      fc.property(automata, (automaton) => {
        const { next, width, states, matches } = minimise(automaton);
        assert.equal(matches[0], 0);
        assert.deepEqual([...next.subarray(0, width)], new Array(width).fill(0));
        const columns = Array.from({ length: width - 1 }, (_, place) =>
          Array.from({ length: states }, (_, state) => next[state * width + place]).join(),
        );
        assert.equal(new Set(columns).size, columns.length);
      }),
    );
  });
});
