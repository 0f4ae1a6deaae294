// What `npm run dev:etcd` runs: one etcd on loopback for hand work, whose data stay until the folder is deleted.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findTool, type Tool } from '../../bench/harness/tools.js';
import { whenOrphaned } from '../orphan-watch.js';

const HELP = `npm run dev:etcd [-- --port PORT --data FOLDER]

  --port PORT     that it listens on, on 127.0.0.1 (default: 12379, which is not that of an etcd of the system)
  --data FOLDER   where its data are (default: .cache/dev-etcd); delete it to begin anew
`;

const INSTALL = `etcd is needed, as \`etcd\` on the PATH. Debian and Ubuntu: apt-get install etcd-server. Fedora: dnf install etcd.
macOS: brew install etcd. Elsewhere: a release of etcd for your system, from its project.
`;

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const LOOK_MS = 50;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '12379' },
      data: { type: 'string', default: join(ROOT, '.cache/dev-etcd') },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const tool = findTool('etcd');
  if (tool === null) {
    process.stderr.write(INSTALL);
    return 1;
  }
  const etcd = start(tool, values.port, values.data, await freePort());
  const ended = once(etcd, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const stop = (): void => void etcd.kill();
  let isAsked = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      isAsked = true;
      stop();
    });
  }
  process.once('exit', stop);
  whenOrphaned(stop);
  if (await answers(etcd, values.port)) {
    process.stdout.write(
      `etcd serves etcd://127.0.0.1:${values.port}/PREFIX, its data are in ${values.data}. Ctrl-C stops it.\n`,
    );
  } else {
    process.stderr.write('etcd did not start: what it said stands above. Is the port taken?\n');
  }
  const [code] = await ended;
  return isAsked ? 0 : (code ?? 1);
}

function start(tool: Tool, port: string, data: string, peerPort: number): ChildProcess {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const url = `http://127.0.0.1:${port}`;
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  return spawn(
    tool.path,
    [
      ...['--data-dir', data, '--logger', 'zap', '--log-level', 'error'],
      ...['--listen-client-urls', url, '--advertise-client-urls', url, '--listen-peer-urls', peerUrl],
      ...['--initial-advertise-peer-urls', peerUrl, '--initial-cluster', `default=${peerUrl}`],
    ],
    // A process group of its own: Ctrl-C reaches it through us only.
    { stdio: ['ignore', 'inherit', 'inherit'], detached: true, env: { ...process.env, ...tool.env } },
  );
}

/** Waits until it is healthy; false when it ended first, which it has explained itself. */
async function answers(etcd: ChildProcess, port: string): Promise<boolean> {
  // Somebody else may be on a port that is taken, and answer anything or nothing.
  const ending = new AbortController();
  etcd.once('exit', () => ending.abort());
  while (!ending.signal.aborted) {
    const isHealthy = await fetch(`http://127.0.0.1:${port}/health`, { signal: ending.signal })
      .then(async (response) => ((await response.json()) as { health?: unknown }).health === 'true')
      .catch(() => false);
    await delay(LOOK_MS);
    if (isHealthy && !ending.signal.aborted) return true;
  }
  return false;
}

/** A single member has nobody to talk to, and listens all the same. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

process.exitCode = await main();
