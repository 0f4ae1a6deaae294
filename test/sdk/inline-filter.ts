// Builds filters from source text in a temporary folder, for tests of the SDK and of the builder.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buildFilter } from '../../sdk/tools/filter-builder.js';

/** `filter.json` of a filter with a request phase; members of `changes` replace those of it. */
export function manifestOf(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    name: 'inline',
    version: '1.0.0',
    abi: 1,
    phases: { request: { body: 'none' } },
    capabilities: [],
    config: true,
    ...changes,
  };
}

/** Writes files into a new folder, runs `use` on it and removes it. */
export async function inFolder<T>(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-filter-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      const file = join(folder, name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Compiles `source` as `assembly/index.ts`. */
export function buildInline(source: string, manifest = manifestOf()): Promise<Uint8Array> {
  const files = { 'filter.json': JSON.stringify(manifest), 'assembly/index.ts': source };
  return inFolder(files, async (sourceDir) => (await buildFilter({ sourceDir })).bytes);
}
