// Starts and stops what takes part in a bench, each in a process of its own.
import { type ChildProcess, execFileSync, fork, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { childrenOf } from './descendants.js';
import type { Tool } from './tools.js';
import type { Answers } from './upstream.js';

/** One server under test. */
export interface Subject {
  readonly name: string;
  readonly scheme: 'http' | 'https';
  readonly port: number;
  /** Processes whose CPU counts. */
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

/** What answers behind the servers under test. */
export interface Upstream {
  readonly port: number;
  /** Requests that it was sent so far. One question at a time. */
  served(): Promise<number>;
  stop(): Promise<void>;
}

/** A gateway. */
export interface SluiceSubject extends Subject {
  /** Its configuration, which it watches. */
  readonly file: string;
}

/** Long, since a busy machine is slow to start what it starts. */
const START_PATIENCE_MS = 60_000;

/** Starts the upstream, which answers with the sample, or with what is in `answers` for a path. */
export async function startUpstream(answers: Answers = {}): Promise<Upstream> {
  const child = fork(fileURLToPath(new URL('./upstream.js', import.meta.url)), { stdio: 'ignore' });
  child.send(answers);
  const port = await portOf(child);
  const served = async (): Promise<number> => {
    const answer = once(child, 'message') as Promise<[number]>;
    child.send('served');
    return (await answer)[0];
  };
  return { port, served, stop: () => end(child) };
}

/** The port that a process of ours tells when it listens. @throws Error when it ends before */
export async function portOf(child: ChildProcess): Promise<number> {
  return Promise.race([
    once(child, 'message').then(([port]) => port as number),
    once(child, 'exit').then(([code, signal]) => {
      throw new Error(`${child.spawnargs[1]} ended with ${code ?? signal} before it listened`);
    }),
  ]);
}

/**
 * Starts the gateway as an operator would, with a configuration of this text and `files` beside it. `more` are further
 * arguments of `sluice run`.
 */
export async function startSluice(
  config: string,
  port: number,
  files: Readonly<Record<string, Uint8Array>> = {},
  more: readonly string[] = [],
): Promise<SluiceSubject> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const file = join(folder, 'sluice.yaml');
  writeFileSync(file, config);
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  const main = fileURLToPath(new URL('../../core/cli/main.js', import.meta.url));
  const child = spawn(process.execPath, [main, 'run', '--config', file, ...more], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await listening(port, child, folder);
  return {
    ...{ name: 'sluice', scheme: 'http', port, file },
    pids: [child.pid!, ...childrenOf(child.pid!)],
    stop: () => end(child, folder),
  };
}

/** Linux gives ports from 32768 on to clients, and a client may have taken one before a server that is slow to start does. */
const PORTS = { from: 10_000, below: 32_768 };

/** A port that was free a moment ago, and that no client is given. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.from, PORTS.below);
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      continue;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}

/** Waits until a process answers HTTP on a port; one that does not is ended, and its folder goes. */
export async function listening(port: number, child: ChildProcess, folder?: string): Promise<void> {
  try {
    await answers(port, child);
  } catch (cause) {
    await end(child, folder);
    throw cause;
  }
}

/** Throws when the process ended, or has not begun in a minute. */
async function answers(port: number, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_PATIENCE_MS;
  for (;;) {
    const ended = child.exitCode ?? child.signalCode;
    if (ended !== null) throw new Error(`${child.spawnfile} ended with ${ended}`);
    try {
      await fetch(`http://127.0.0.1:${port}/`);
      return;
    } catch (cause) {
      if (Date.now() > deadline) throw cause;
      await delay(20);
    }
  }
}

/** Ends a process and waits until it is gone; then its folder goes too. */
export async function end(child: ChildProcess, folder?: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}

/** The first line of what a program says of its version. */
export function versionOf(tool: Tool, flag: string): string {
  const env = { ...process.env, ...tool.env };
  return execFileSync('sh', ['-c', `"${tool.path}" ${flag} 2>&1 || true`], { env })
    .toString()
    .trim()
    .split('\n')[0]!;
}
