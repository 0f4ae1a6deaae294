// A storm of full TLS handshakes by `openssl s_time`, and what it cost the server.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpuBetween, cpuOf } from './accounting.js';
import type { Tool } from './tools.js';

export interface Storm {
  readonly port: number;
  readonly version: keyof typeof SUITES;
  /** Whole ones. */
  readonly seconds: number;
  /** Each shakes hands again as soon as it has. */
  readonly clients: number;
}

export interface StormResult {
  readonly handshakes: number;
  readonly perSecond: number;
  /** User and system time of the server over its handshakes, in milliseconds. */
  readonly cpuMs: number;
}

/** One for each kind of key, so that all servers come to the same. */
const SUITES = {
  'TLSv1.2': ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256'],
  'TLSv1.3': ['-tls1_3', '-ciphersuites', 'TLS_AES_128_GCM_SHA256'],
} as const;

/** @param pids whose time counts. @throws Error when a client makes no connection at all */
export async function storm(tool: Tool, pids: readonly number[], options: Storm): Promise<StormResult> {
  const { port, version, seconds, clients } = options;
  const target = ['-connect', `127.0.0.1:${port}`, '-time', String(seconds)];
  const args = ['s_time', '-new', ...target, ...SUITES[version]];
  const before = cpuOf(pids);
  const startMs = performance.now();
  const counts = await Promise.all(Array.from({ length: clients }, () => count(tool, args)));
  const elapsedMs = performance.now() - startMs;
  const handshakes = counts.reduce((sum, each) => sum + each, 0);
  return {
    handshakes,
    perSecond: handshakes / (elapsedMs / 1000),
    cpuMs: (cpuBetween(before, cpuOf(pids)) * 1000) / handshakes,
  };
}

/** Connections that one client made. */
async function count(tool: Tool, args: readonly string[]): Promise<number> {
  const env = { ...process.env, ...tool.env };
  const client = spawn(tool.path, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  let output = '';
  for (const stream of [client.stdout, client.stderr])
    stream.setEncoding('latin1').on('data', (part: string) => {
      output += part;
    });
  await once(client, 'close');
  const made = /(\d+) connections in \d+ real seconds/.exec(output)?.[1];
  if (made === undefined || made === '0') throw new Error(`openssl s_time made no connection: ${output}`);
  return Number(made);
}
