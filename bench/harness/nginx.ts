// Starts nginx with a configuration of `bench/peers/`.
import { type Configured, startConfigured } from './configured.js';
import type { Subject } from './processes.js';
import type { Tool } from './tools.js';

/** What a configuration needs beside the values that every one has. */
export type NginxExtras = Pick<Configured, 'values' | 'files'>;

/** Starts nginx as `bench/peers/CONFIG` says. */
export function startNginx(
  tool: Tool,
  config: string,
  upstreamPort: number,
  extras: NginxExtras = {},
): Promise<Subject> {
  return startConfigured({
    ...{ name: 'nginx', tool, config, upstreamPort, isMaster: true },
    args: (file, folder) => ['-c', file, '-p', folder],
    ...extras,
  });
}
