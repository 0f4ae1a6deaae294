// Starts and stops what takes part in a bench, and reads what it used from the kernel's accounting.
import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Tool } from './tools.js';

/** One server under test. */
export interface Subject {
  readonly name: string;
  readonly port: number;
  /** Processes whose CPU counts. */
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

/** Ticks per second of /proc, fixed on Linux. */
const TICKS_PER_S = 100;
const START_PATIENCE_MS = 10_000;

/** User and system time of processes so far, all threads, in seconds. */
export function cpuSeconds(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / TICKS_PER_S;
}

/** Resident memory of processes, in MiB. */
export function residentMb(pids: readonly number[]): number {
  let kb = 0;
  for (const pid of pids) {
    kb += Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  }
  return kb / 1024;
}

export async function startUpstream(): Promise<{ port: number; stop(): Promise<void> }> {
  const child = fork(fileURLToPath(new URL('./upstream.js', import.meta.url)), { stdio: 'ignore' });
  const [port] = (await once(child, 'message')) as [number];
  return { port, stop: () => end(child) };
}

/** Starts the gateway as an operator would, with a configuration of this text and `files` beside it. */
export async function startSluice(
  config: string,
  port: number,
  files: Readonly<Record<string, Uint8Array>> = {},
): Promise<Subject> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const file = join(folder, 'sluice.yaml');
  writeFileSync(file, config);
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  const main = fileURLToPath(new URL('../../core/cli/main.js', import.meta.url));
  const child = spawn(process.execPath, [main, 'run', '--config', file], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await listening(port, child);
  return { name: 'sluice', port, pids: [child.pid!], stop: () => end(child, folder) };
}

/** Starts nginx with one worker as a plain keep-alive proxy. */
export async function startNginx(tool: Tool, upstreamPort: number): Promise<Subject> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const port = await freePort();
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, nginxConfig(folder, port, upstreamPort));
  const child = spawn(tool.path, ['-c', file, '-p', folder], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...tool.env },
  });
  await listening(port, child);
  return { name: 'nginx', port, pids: childrenOf(child.pid!), stop: () => end(child, folder) };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

function nginxConfig(folder: string, port: number, upstreamPort: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
    .join(' ');
  return `
worker_processes 1; daemon off; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
events { worker_connections 4096; }
http {
  access_log off; ${temporary}
  upstream sample { server 127.0.0.1:${upstreamPort}; keepalive 256; }
  server {
    listen 127.0.0.1:${port};
    keepalive_requests 1000000000;
    location / { proxy_pass http://sample; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}`;
}

function childrenOf(pid: number): number[] {
  const own = (candidate: string): boolean => {
    const path = `/proc/${candidate}/stat`;
    if (!existsSync(path)) return false;
    const stat = readFileSync(path, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid;
  };
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && own(entry))
    .map(Number);
}

async function listening(port: number, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_PATIENCE_MS;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}`);
    try {
      await fetch(`http://127.0.0.1:${port}/`);
      return;
    } catch (cause) {
      if (Date.now() > deadline) throw cause;
      await delay(20);
    }
  }
}

async function end(child: ChildProcess, folder?: string): Promise<void> {
  if (child.exitCode === null) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}

/** What a program says of its version, on one line. */
export function versionOf(tool: Tool, flag: string): string {
  try {
    return execFileSync('sh', ['-c', `"${tool.path}" ${flag} 2>&1`], { env: { ...process.env, ...tool.env } })
      .toString()
      .split('\n')[0]!;
  } catch {
    return tool.path;
  }
}
