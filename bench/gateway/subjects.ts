// Starts what the suite measures: the gateway, nginx as a plain proxy, and the upstream that both have.
import { selfSigned } from '../../test/support/certificates.js';
import { ANSWERS, sluiceConfig } from '../harness/job.js';
import { startNginx } from '../harness/nginx.js';
import { freePort, type Subject, startSluice, startUpstream } from '../harness/processes.js';
import type { Tool } from '../harness/tools.js';

/** One server by its two ports. */
export interface Side {
  readonly clear: Subject;
  readonly secure: Subject;
}

export interface Sides {
  readonly sluice: Side;
  readonly adminPort: number;
  /** Null where nginx cannot be had. */
  readonly nginx: Side | null;
  stop(): Promise<void>;
}

export async function startSides(nginxTool: Tool | null): Promise<Sides> {
  const { chain, key } = selfSigned({ names: ['localhost'], key: 'p-256' });
  const upstream = await startUpstream(ANSWERS);
  const started: { stop(): Promise<void> }[] = [upstream];
  const stop = async (): Promise<void> => {
    for (const each of started.reverse()) await each.stop();
  };
  try {
    const [port, tlsPort, adminPort] = [await freePort(), await freePort(), await freePort()];
    const config = sluiceConfig({ port, tlsPort, adminPort, upstreamPort: upstream.port });
    const files = { 'server.crt': Buffer.from(chain), 'server.key': Buffer.from(key) };
    const sluice = await startSluice(config, port, files);
    started.push(sluice);
    const sides = { sluice: sideOf(sluice, tlsPort), adminPort, stop };
    if (nginxTool === null) return { ...sides, nginx: null };
    const extras = {
      values: { tlsPort: await freePort() },
      files: { 'server.crt': chain, 'server.key': key },
    };
    const nginx = await startNginx(nginxTool, 'nginx/nginx.conf', upstream.port, extras);
    started.push(nginx);
    return { ...sides, nginx: sideOf(nginx, extras.values.tlsPort) };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

function sideOf(clear: Subject, tlsPort: number): Side {
  return { clear, secure: { ...clear, scheme: 'https', port: tlsPort } };
}
