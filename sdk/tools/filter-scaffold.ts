// Makes the folder of a new filter from `sdk/template/`, which is itself a filter called `filter-name`.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { FILTER_NAME, NAME_RULE } from './filter-manifest.js';
import { SDK_DIR, sdkDependency } from './sdk-folder.js';

/** What stands in the template for what differs from filter to filter. */
const NAME = 'filter-name';
const CODE = 'FILTER_NAME';
const DEPENDENCY = 'sdk-dependency';

/** npm leaves a `.gitignore` out of packages, so the template has it under another name. */
const GITIGNORE = 'gitignore';

/** The folder of a new filter cannot be made. */
export class ScaffoldError extends Error {
  override readonly name = 'ScaffoldError';
}

/** True when a filter may have this name; NAME_RULE says it in words. */
export function isFilterName(name: string): boolean {
  return FILTER_NAME.test(name);
}

/**
 * Makes a filter that builds and passes its test as it is.
 * @param folder made if need be; must be empty
 * @returns the files that were made, relative to `folder`, sorted
 * @throws ScaffoldError when the name cannot be used or the folder has something in it
 */
export async function makeFilter(name: string, folder: string): Promise<string[]> {
  if (!isFilterName(name)) throw new ScaffoldError(`${name}: not a name for a filter, expected ${NAME_RULE}`);
  await makeEmptyFolder(folder);
  const template = join(SDK_DIR, 'template');
  const entries = await readdir(template, { recursive: true, withFileTypes: true });
  const made: string[] = [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const source = join(entry.parentPath, entry.name);
    const path = renamed(relative(template, source), name);
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, filled(await readFile(source, 'utf8'), name));
    made.push(path);
  }
  return made.sort();
}

async function makeEmptyFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new ScaffoldError(`${folder}: cannot be made: ${(cause as Error).message}`);
  }
  const [first] = await readdir(folder);
  if (first !== undefined) throw new ScaffoldError(`${folder}: not empty, found ${first}`);
}

function renamed(path: string, name: string): string {
  return path === GITIGNORE ? `.${GITIGNORE}` : path.replace(NAME, name);
}

function filled(text: string, name: string): string {
  // The path of a checkout may have characters that JSON writes in another way.
  const dependency = JSON.stringify(sdkDependency()).slice(1, -1);
  return text
    .replaceAll(NAME, name)
    .replaceAll(CODE, name.toUpperCase().replaceAll('-', '_'))
    .replaceAll(DEPENDENCY, () => dependency);
}
