// What the reader of simple documents reads, the parser of the `yaml` package reads as well and to the same value.
// 10,000 texts with every run of the tests; `npm run test:fuzz` reads two million, from another seed each time, and a
// failure names its seed.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { NOT_SIMPLE, readSimpleYaml } from '../../../core/config/simple-yaml.js';
import { parseYamlDocument } from '../../../core/config/yaml-document.js';
import { yamlTexts } from '../../support/yaml-corpus.js';

const RUNS = Number(process.env['SLUICE_FUZZ_RUNS'] ?? 10_000);
const SEED = Number(process.env['SLUICE_FUZZ_SEED'] ?? (RUNS > 10_000 ? Date.now() % 2 ** 31 : 1));

it(`reads nothing differently, ${RUNS} texts from seed ${SEED}`, () => {
  let read = 0;
  fc.assert(
    fc.property(yamlTexts, (text) => {
      const value = readSimpleYaml(text);
      if (value === NOT_SIMPLE) return;
      read += 1;
      const known = parseYamlDocument(text, 'd').value;
      assert.deepStrictEqual(value, known);
      // Filters run in the order in which they are written.
      assert.equal(JSON.stringify(value), JSON.stringify(known));
    }),
    { numRuns: RUNS, seed: SEED },
  );
  assert.ok(read > RUNS / 10, `read only ${read}`);
});
