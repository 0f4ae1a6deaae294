// Finds the programs that a bench needs beside Node: on the PATH, or fetched as Debian packages into a cache folder
// of the repository, without root and without touching the system.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CACHE = fileURLToPath(new URL('../../../.cache/tools/', import.meta.url));
const SEARCHED = ['usr/sbin', 'usr/bin', 'sbin', 'bin'];
const ROOT_FOLDERS = ['/usr/sbin', '/sbin'];

/** Packages that bring a program, with the libraries that a small system may lack. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  nginx: ['nginx', 'libpcre2-8-0'],
  wrk: ['wrk', 'libluajit-5.1-2', 'libluajit-5.1-common'],
};

export interface Tool {
  readonly path: string;
  /** Environment it needs on top of ours. */
  readonly env: Readonly<Record<string, string>>;
}

/** The program, or null with the reason printed when it can be had neither here nor from Debian. */
export function findTool(name: 'nginx' | 'wrk'): Tool | null {
  const installed = findOnPath(name);
  if (installed !== null) return { path: installed, env: {} };
  const folder = join(CACHE, name);
  const cached = findIn(folder, name) ?? fetchPackages(name, folder);
  if (cached === null) return null;
  const libraries = ['usr/lib', 'lib'].flatMap((lib) => subfolders(join(folder, lib)));
  return { path: cached, env: { LD_LIBRARY_PATH: libraries.join(':') } };
}

function findOnPath(name: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(':'), ...ROOT_FOLDERS];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

function findIn(folder: string, name: string): string | null {
  return SEARCHED.map((place) => join(folder, place, name)).find((path) => existsSync(path)) ?? null;
}

function fetchPackages(name: string, folder: string): string | null {
  mkdirSync(folder, { recursive: true });
  const quiet = { cwd: folder, stdio: 'ignore' } as const;
  try {
    try {
      execFileSync('apt-get', ['download', ...PACKAGES[name]!], quiet);
    } catch {
      execFileSync('apt-get', ['update'], quiet);
      execFileSync('apt-get', ['download', ...PACKAGES[name]!], quiet);
    }
    for (const file of readdirSync(folder).filter((entry) => entry.endsWith('.deb'))) {
      execFileSync('dpkg', ['-x', file, folder], quiet);
    }
  } catch {
    process.stdout.write(
      `missing: ${name} is not installed and could not be fetched; try: apt-get install ${name}\n`,
    );
    return null;
  }
  return findIn(folder, name);
}

function subfolders(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const inner = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [folder, ...inner.map((entry) => join(folder, entry.name))];
}
