import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { fitsHeap, jsonDepth } from '../../../core/wasm/json-cost.js';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');
const MEBIBYTE = 1 << 20;

/** Heap that the parsed document takes. */
function heapOf(text: string): number {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const value: unknown = JSON.parse(text);
  collectGarbage();
  const after = process.memoryUsage().heapUsed;
  assert.ok(value !== null);
  return after - before;
}

function listOf(unit: (index: number) => string): string {
  const parts: string[] = [];
  for (let length = 0; length < 2 * MEBIBYTE; length += parts.at(-1)!.length + 1)
    parts.push(unit(parts.length));
  return `[${parts.join(',')}]`;
}

describe('the heap that a document may take', () => {
  const shapes: readonly [string, (index: number) => string][] = [
    ['numbers', () => '1'],
    ['fractions', (index) => `0.${index + 1}`],
    ['empty lists', () => '[]'],
    ['empty objects', () => '{}'],
    ['lists in lists', () => '[[1],[2]]'],
    ['objects of one shape', () => '{"a":1,"b":null}'],
    ['objects of ever new shapes', (index) => `{"k${index}":0}`],
    ['different short texts', (index) => `"${index}"`],
    ['text beyond one byte', (index) => `"€${index}"`],
  ];
  for (const [name, unit] of shapes) {
    it(`is never below what it takes: ${name}`, () => {
      const text = listOf(unit);
      const taken = heapOf(text);
      assert.equal(fitsHeap(Buffer.from(text), taken * 0.99), false, `${taken} bytes of heap`);
    });
  }

  it('is not looked at in documents that are too short to matter', () => {
    const document = Buffer.alloc(1000, '[');
    assert.equal(fitsHeap(document, 32_000), true);
    assert.equal(fitsHeap(document, 31_999), false);
  });

  it('is that of the text alone where there is nothing else', () => {
    const document = Buffer.from(JSON.stringify('x'.repeat(MEBIBYTE)));
    assert.equal(fitsHeap(document, document.byteLength * 2), true);
    assert.equal(fitsHeap(document, document.byteLength * 2 - 1), false);
  });
});

describe('the depth of a JSON text', () => {
  it('is that of its value, whatever stands in its strings', () => {
    const depthOf = (value: unknown): number =>
      typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
    const string = fc.string({ unit: fc.constantFrom('[', ']', '{', '}', '"', '\\', 'a') });
    const json = fc.oneof(fc.json(), fc.json({ stringUnit: fc.constantFrom('[', '}', '"', '\\') }), string);
    fc.assert(
      fc.property(json, (text) => {
        let value: unknown;
        try {
          value = JSON.parse(text);
        } catch {
          value = text;
          text = JSON.stringify(text);
        }
        assert.equal(jsonDepth(text), depthOf(value));
      }),
      { numRuns: 10_000 },
    );
  });
});
