// The files of the project, as the tests of the house read them.
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ImportGraph } from './floor-rules.js';
import { importsOf } from './import-scanner.js';

/** From dist/test/house. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Paths below the folder, relative to the root, with `/`, sorted. */
export function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => posix.join(folder, path.split(sep).join('/')))
    .filter((path) => path.endsWith(ending))
    .sort();
}

/** Names, wherever they are, and paths. */
const NOT_OURS = new Set(['node_modules', 'dist', '.git', '.cache', 'bench/reports']);

/** Every Markdown page of the project, relative to the root, sorted. */
export function pages(folder = ''): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = posix.join(folder, entry.name);
      if (NOT_OURS.has(entry.name) || NOT_OURS.has(path)) return [];
      if (entry.isDirectory()) return pages(path);
      return entry.name.endsWith('.md') ? [path] : [];
    })
    .sort();
}

export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** What every TypeScript and AssemblyScript source below the folders imports. */
export function importGraph(folders: readonly string[]): ImportGraph {
  const files = folders.flatMap((folder) => filesBelow(folder, '.ts'));
  const known = new Set(files);
  return new Map(
    files.map((file) => [file, importsOf(textOf(file)).map((specifier) => resolve(file, specifier, known))]),
  );
}

/** `./x.js` and AssemblyScript's `./x` mean `x.ts`, a folder means its `index.ts`; packages stay as they are. */
function resolve(file: string, specifier: string, known: ReadonlySet<string>): string {
  if (!specifier.startsWith('.')) return specifier;
  const path = posix.join(posix.dirname(file), specifier).replace(/\.js$/, '');
  return (
    [`${path}.ts`, `${path}.d.ts`, `${path}/index.ts`].find((candidate) => known.has(candidate)) ?? specifier
  );
}
