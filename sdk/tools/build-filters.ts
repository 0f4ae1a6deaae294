// Builds every folder of filters/ into dist/filters/<name>.wasm; part of `npm run build`. A filter whose sources,
// SDK and compiler are the same as last time is left alone.
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildFilter, COMPILER_VERSION } from './filter-builder.js';
import { SDK_DIR } from './sdk-folder.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** What was built, and from what: `<name>.wasm.digest` beside the module. */
export interface BuildReport {
  readonly name: string;
  readonly outFile: string;
  readonly bytes: number;
  /** False when the module was up to date. */
  readonly built: boolean;
}

/**
 * Builds the filters of a folder, one after the other.
 * @param sourceRoot folder with a folder for each filter
 * @param outRoot where `<folder>.wasm` go
 * @throws what buildFilter throws, at the first filter that fails
 */
export async function buildFilters(sourceRoot: string, outRoot: string): Promise<BuildReport[]> {
  const reports: BuildReport[] = [];
  const shared = await digestFiles(await sdkFiles());
  await mkdir(outRoot, { recursive: true });
  for (const entry of (await readdir(sourceRoot, { withFileTypes: true })).sort(byName)) {
    if (!entry.isDirectory()) continue;
    const sourceDir = join(sourceRoot, entry.name);
    const outFile = join(outRoot, `${entry.name}.wasm`);
    const digest = `${COMPILER_VERSION} ${shared} ${await digestFiles(await filesOf(sourceDir))}\n`;
    const built = !(await isUpToDate(outFile, digest));
    if (built) {
      await buildFilter({ sourceDir, outFile });
      await writeFile(`${outFile}.digest`, digest);
    }
    reports.push({ name: entry.name, outFile, bytes: (await stat(outFile)).size, built });
  }
  return reports;
}

async function isUpToDate(outFile: string, digest: string): Promise<boolean> {
  try {
    await stat(outFile);
    return (await readFile(`${outFile}.digest`, 'utf8')) === digest;
  } catch {
    return false;
  }
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1;
}

/** The guest's half of the SDK, and the builder itself: it decides what the compiler is told. */
async function sdkFiles(): Promise<string[]> {
  const builder = [
    'filter-builder',
    'filter-entry',
    'filter-manifest',
    'filter-sources',
    'trace-calls',
    'wasm-sections',
  ].map((name) => fileURLToPath(new URL(`./${name}.js`, import.meta.url)));
  return [
    ...builder,
    ...(await filesOf(join(SDK_DIR, 'assembly'))),
    ...(await filesOf(join(SDK_DIR, 'abi'))),
  ];
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && /\.(ts|json)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

async function digestFiles(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) {
    const content = await readFile(file);
    hash.update(`${relative(ROOT, file)}\0${content.byteLength}\0`).update(content);
  }
  return hash.digest('hex');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const reports = await buildFilters(join(ROOT, 'filters'), join(ROOT, 'dist/filters'));
  for (const { name, outFile, bytes, built } of reports) {
    const size = `${(bytes / 1024).toFixed(1)} KiB`;
    console.log(`filter ${name}: ${size} ${relative(ROOT, outFile)}${built ? '' : ' (up to date)'}`);
  }
}
