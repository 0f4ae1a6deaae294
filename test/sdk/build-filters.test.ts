import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { buildFilters } from '../../sdk/tools/build-filters.js';
import { inFolder, manifestOf } from './inline-filter.js';

const SOURCE = `
import { Decision, next, Request } from 'sluice';
export function onRequest(request: Request): Decision { request.headers.set('x-a', 'one'); return next(); }
`;

function twoFilters(): Record<string, string> {
  return {
    'filters/one/filter.json': JSON.stringify(manifestOf({ name: 'one' })),
    'filters/one/assembly/index.ts': SOURCE,
    'filters/two/filter.json': JSON.stringify(manifestOf({ name: 'two' })),
    'filters/two/assembly/index.ts': SOURCE,
    'filters/README.md': 'a file beside the folders',
  };
}

describe('buildFilters', () => {
  it('builds every folder, and again only what has changed', async () => {
    await inFolder(twoFilters(), async (folder) => {
      const run = async (): Promise<string[]> => {
        const reports = await buildFilters(join(folder, 'filters'), join(folder, 'out'));
        return reports.map(({ name, built }) => `${name} ${built ? 'built' : 'kept'}`);
      };
      assert.deepEqual(await run(), ['one built', 'two built']);
      assert.deepEqual(await run(), ['one kept', 'two kept']);

      const before = await readFile(join(folder, 'out/one.wasm'));
      await writeFile(join(folder, 'filters/one/assembly/index.ts'), SOURCE.replace("'one'", "'other'"));
      assert.deepEqual(await run(), ['one built', 'two kept']);
      assert.notDeepEqual(await readFile(join(folder, 'out/one.wasm')), before);

      await writeFile(
        join(folder, 'filters/two/filter.json'),
        JSON.stringify(manifestOf({ name: 'new-two' })),
      );
      assert.deepEqual(await run(), ['one kept', 'two built']);
    });
  });

  it('reports the size of each module', async () => {
    await inFolder(twoFilters(), async (folder) => {
      const [report] = await buildFilters(join(folder, 'filters'), join(folder, 'out'));
      assert.equal(report!.bytes, (await stat(join(folder, 'out/one.wasm'))).size);
    });
  });

  it('stops at a filter that does not compile and does not take it for built', async () => {
    const files = {
      ...twoFilters(),
      'filters/two/assembly/index.ts': 'export function onRequest(): void { nothing; }',
    };
    await inFolder(files, async (folder) => {
      const run = () => buildFilters(join(folder, 'filters'), join(folder, 'out'));
      await assert.rejects(run(), /filter two does not compile/);
      await assert.rejects(run(), /filter two does not compile/);
    });
  });
});
