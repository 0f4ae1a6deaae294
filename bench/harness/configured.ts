// Starts programs with configurations of `bench/peers/`.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { childrenOf } from './descendants.js';
import { end, freePort, listening, type Subject } from './processes.js';
import type { Tool } from './tools.js';

/** The folder of peers in the sources, where their configurations are. */
export const PEERS = fileURLToPath(new URL('../../../bench/peers/', import.meta.url));

export type Values = Readonly<Record<string, string | number>>;

/** How a program is started as a proxy. */
export interface Configured {
  readonly name: string;
  readonly tool: Tool;
  /** Its configuration, from `bench/peers/`, e.g. `nginx/nginx.conf`. */
  readonly config: string;
  readonly upstreamPort: number;
  /** What it is started with; `file` is the configuration as it was filled in. */
  args(file: string, folder: string): readonly string[];
  /** For `${…}` beside the values that every configuration has. */
  readonly values?: Values;
  /** Put into `${folder}`, by name. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Environment on top of ours. */
  env?(folder: string): Readonly<Record<string, string>>;
  /** Its children serve, and it only looks after them. Default false. */
  readonly isMaster?: boolean;
}

/**
 * Starts a program on a port of its own. In its configuration `${port}`, `${upstreamPort}`, `${folder}` for what it writes,
 * `${root}` of the system that it belongs to, `${config}`, the folder of the file, and `values` are filled in.
 *
 * @throws Error when the configuration asks for another value, and when the program does not begin to serve
 */
export async function startConfigured(proxy: Configured): Promise<Subject> {
  const { name, tool, config, upstreamPort } = proxy;
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const port = await freePort();
  const file = join(folder, basename(config));
  const text = fillConfig(config, {
    ...{ port, upstreamPort, folder },
    root: tool.root === '/' ? '' : tool.root,
    ...proxy.values,
  });
  for (const [entry, content] of Object.entries(proxy.files ?? {}))
    writeFileSync(join(folder, entry), content);
  writeFileSync(file, text);
  const child = spawn(tool.path, proxy.args(file, folder), {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...tool.env, ...proxy.env?.(folder) },
  });
  const firstWords = hear(child.stderr);
  try {
    await listening(port, child, folder);
  } catch (cause) {
    throw new Error(`${name} does not start: ${firstWords().trim() || (cause as Error).message}`, { cause });
  }
  firstWords();
  child.stderr.on('data', (said: string) => process.stderr.write(said));
  const pids = proxy.isMaster === true ? childrenOf(child.pid!) : [child.pid!];
  return { name, scheme: 'http', port, pids, stop: () => end(child, folder) };
}

/**
 * The text of a configuration with its values.
 *
 * @throws Error when there is none for one that it asks for
 */
export function fillConfig(config: string, values: Values): string {
  const path = join(PEERS, config);
  const all: Values = { config: join(path, '..'), ...values };
  return readFileSync(path, 'utf8').replace(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = all[name];
    if (value === undefined) throw new Error(`${config} asks for a value "${name}", and there is none`);
    return String(value);
  });
}

/** Keeps what is said from now on, until it is asked for. */
function hear(stream: Readable): () => string {
  let text = '';
  const keep = (part: string): void => {
    text += part;
  };
  stream.setEncoding('utf8').on('data', keep);
  return () => {
    stream.off('data', keep);
    return text;
  };
}
