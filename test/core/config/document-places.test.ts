import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { placesIn } from '../../../core/config/document-places.js';

const FILTERS = 'filters:\n  one:\n    module: ./a.wasm\n    config: { a: [1, 2] }\n';
const at = (line: number, column: number, pointer: string) => ({ document: 'x.yaml', line, column, pointer });

describe('places of a document that was validated before', () => {
  for (const [size, text] of [
    ['small', FILTERS],
    ['large', `${FILTERS}${'# A line that says nothing.\n'.repeat(2000)}`],
  ] as const)
    it(`are found in a ${size} one, or those of the nearest values around`, async () => {
      const pointers = ['/filters/one/config/a/1', '/filters/one/grants', '/filters/one/module'];
      assert.deepEqual(await placesIn({ text }, 'x.yaml')(pointers), [
        at(4, 22, pointers[0]!),
        at(3, 5, pointers[1]!),
        at(3, 13, pointers[2]!),
      ]);
    });

  it('are nowhere when the text cannot be parsed', async () => {
    assert.deepEqual(await placesIn({ text: Buffer.from('a: [') }, 'x.yaml')(['/a']), [at(0, 0, '/a')]);
  });
});
