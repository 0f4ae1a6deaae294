// Starts nginx with a configuration of `bench/peers/`.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { childrenOf } from './descendants.js';
import { end, freePort, listening, type Subject } from './processes.js';
import type { Tool } from './tools.js';

const PEERS = fileURLToPath(new URL('../../../bench/peers/', import.meta.url));

/** What a configuration needs beside the values that every one has. */
export interface NginxExtras {
  /** For `${…}`. */
  readonly values?: Readonly<Record<string, string | number>>;
  /** Put into `${folder}`, by name. */
  readonly files?: Readonly<Record<string, string>>;
}

/**
 * Starts nginx as `bench/peers/CONFIG` says. In that file `${port}`, `${upstreamPort}`, `${folder}` for what nginx
 * writes, `${root}` of the system that nginx belongs to and `${config}`, the folder of the file, are filled in.
 */
export async function startNginx(
  tool: Tool,
  config: string,
  upstreamPort: number,
  extras: NginxExtras = {},
): Promise<Subject> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const port = await freePort();
  const values: Readonly<Record<string, string | number>> = {
    port,
    upstreamPort,
    folder,
    root: tool.root === '/' ? '' : tool.root,
    config: join(PEERS, config, '..'),
    ...extras.values,
  };
  for (const [name, content] of Object.entries(extras.files ?? {}))
    writeFileSync(join(folder, name), content);
  const text = readFileSync(join(PEERS, config), 'utf8').replace(/\$\{(\w+)\}/g, (whole, name: string) =>
    String(values[name] ?? whole),
  );
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, text);
  const child = spawn(tool.path, ['-c', file, '-p', folder], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...tool.env },
  });
  await listening(port, child, folder);
  return {
    name: 'nginx',
    scheme: 'http',
    port,
    pids: childrenOf(child.pid!),
    stop: () => end(child, folder),
  };
}
