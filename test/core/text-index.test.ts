import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TextIndex } from '../../core/text-index.js';

describe('an index of texts', () => {
  it('finds the numbers of each text, in their order, and none of a text that it has not', () => {
    const pairs = Array.from({ length: 5000 }, (_, index) => [`text-${index % 4000}`, index] as const);
    const index = TextIndex.of(pairs);
    for (let text = 0; text < 4000; text++)
      assert.deepEqual(index.numbersOf(`text-${text}`), text < 1000 ? [text, text + 4000] : [text]);
    const strays = Array.from({ length: 4000 }, (_, at) => index.numbersOf(`other-${at}`)).flat();
    assert.ok(strays.length <= 1, `${strays.length} of 4000`);
    assert.deepEqual(TextIndex.of([]).numbersOf('any'), []);
  });

  it('is the same where its parts are handed over', () => {
    const { parts } = TextIndex.of([
      ['a', 7],
      ['é€', 8],
    ]);
    const index = new TextIndex(structuredClone(parts));
    assert.deepEqual([index.numbersOf('a'), index.numbersOf('é€'), index.numbersOf('b')], [[7], [8], []]);
  });

  it('spreads texts that are alike over its buckets', () => {
    const { starts } = TextIndex.of(
      Array.from({ length: 4096 }, (_, at) => [`/service-${at % 97}/v1/things-${at}`, at]),
    ).parts;
    let fullest = 0;
    for (let bucket = 0; bucket + 1 < starts.length; bucket++)
      fullest = Math.max(fullest, starts[bucket + 1]! - starts[bucket]!);
    assert.ok(fullest <= 12, `${fullest} in one bucket`);
  });
});
