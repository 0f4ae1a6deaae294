import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { SourcePlaces } from '../../../core/wasm/source-places.js';
import { TestChain } from '../../../sdk/testing/index.js';
import { buildProject } from '../../../sdk/tools/filter-project.js';
import { inFolder, manifestOf } from '../../sdk/inline-filter.js';

const SOURCE = `import { Decision, next, Request } from 'sluice';
const list: string[] = [];
// Calls itself, so that it stays a function of its own.
function dig(depth: i32): i32 {
  if (depth == 0) throw new Error('the bottom');
  return dig(depth - 1) + 1;
}
function pick(index: i32): string {
  return list[index];
}
export function onRequest(request: Request): Decision {
  if (request.query.equals('dig')) dig(3);
  if (request.query.equals('pick')) request.headers.set('x-picked', pick(7));
  if (request.query.equals('status')) request.headers.set('x-byte', request.query[99]);
  return next();
}
`;

interface Built {
  readonly file: string;
  readonly module: Uint8Array;
  readonly map: string;
  /** Why the filter fails, as the gateway says it. */
  readonly failure: (query: string) => string;
}

function built<T>(use: (built: Built) => Promise<T> | T, debug = false): Promise<T> {
  const files = { 'filter.json': JSON.stringify(manifestOf()), 'assembly/index.ts': SOURCE };
  return inFolder(files, async (folder) => {
    const file = join(folder, 'x.wasm');
    await buildProject(folder, { outFile: file, debug });
    const module = await readFile(file);
    const chain = new TestChain([{ module }]);
    const failure = (query: string) => chain.exchange({ target: `/?${query}` }).failures[0]!.message;
    return use({ file, module, map: await readFile(`${file}.map`, 'utf8'), failure });
  });
}

describe('SourcePlaces', () => {
  for (const debug of [false, true]) {
    it(`finds the lines of a stack in ${debug ? 'a debug build' : 'an optimised build'}`, async () => {
      await built(({ module, map, failure }) => {
        const places = SourcePlaces.of(module, map)!;
        const digging = failure('dig');
        assert.doesNotMatch(digging, /index\.ts:12/);
        assert.match(
          places.explain(digging),
          /: the bottom at assembly\/index\.ts:5:\d+ \(at dig \(assembly\/index\.ts:5\) at dig \(assembly\/index\.ts:6\) at \w+ \(assembly\/index\.ts:12\)/,
        );
        // A library has trapped, in code that the compiler has put into its callers.
        assert.match(places.explain(failure('pick')), /at ~lib\/array\.ts.*\(assembly\/index\.ts:(?:9|13)\)/);
        assert.match(
          places.explain(failure('status')),
          /byte index out of range.*\(assembly\/index\.ts:14\)/,
        );
      }, debug);
    });
  }

  it('leaves a text alone that has no stack, or none of the lines', async () => {
    await built(({ module, map }) => {
      const places = SourcePlaces.of(module, map)!;
      for (const text of ['', 'nothing (at all)', 'x (at f (wasm://wasm/0001:wasm-function[0]:0x1))'])
        assert.equal(places.explain(text), text);
      assert.equal(places.at(0), null);
      assert.equal(places.at(2 ** 40), null);
    });
  });

  it('takes no map of another module, and nothing that is no map', async () => {
    await built(({ module, map }) => {
      const other = Buffer.from(module);
      other[other.length - 1]! ^= 1;
      assert.equal(SourcePlaces.of(other, map), null);
      for (const text of ['', '{', '[]', '{}', 'null', '7'])
        assert.equal(SourcePlaces.of(module, text), null, text);
    });
  });

  it('is used by a chain for the modules that have a map beside them', async () => {
    await built(({ file }) => {
      const seen: string[] = [];
      const chain = new TestChain([{ module: file }], { failure: ({ message }) => void seen.push(message) });
      const { failures } = chain.exchange({ target: '/?dig' });
      assert.match(failures[0]!.message, /at \w+ \(assembly\/index\.ts:12\)/);
      assert.deepEqual(
        seen,
        failures.map(({ message }) => message),
      );
    });
  });
});
