// Starts the sides of the bench: each is one process that has all rules, and the way past them.
import { startNginx } from '../harness/nginx.js';
import { freePort, type Subject, startSluice } from '../harness/processes.js';
import { findTool } from '../harness/tools.js';
import { startNodePeer } from '../peers/node-process.js';
import { type FilterBench, pathOf, type Side } from './filter-bench.js';

/** A busy machine is no reason to end a worker in the middle of a bench. */
const DEADLINE_MS = 1000;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Those that can be had here. */
export async function startSides(
  benches: readonly FilterBench[],
  upstreamPort: number,
): Promise<Map<Side, Subject>> {
  const sides = new Map<Side, Subject>();
  try {
    const port = await freePort();
    sides.set('sluice', await startSluice(configOf(benches, port, upstreamPort), port));
    sides.set('javascript', await startNodePeer('javascript', 'proxy', [String(upstreamPort)]));
    const nginx = findTool('nginx-lua');
    if (nginx !== null) sides.set('nginx-lua', await startNginx(nginx, 'nginx-lua/nginx.conf', upstreamPort));
    return sides;
  } catch (cause) {
    await stopSides(sides);
    throw cause;
  }
}

export async function stopSides(sides: ReadonlyMap<Side, Subject>): Promise<void> {
  for (const subject of sides.values()) await subject.stop();
}

/** JSON is YAML. */
function configOf(benches: readonly FilterBench[], port: number, upstreamPort: number): string {
  const route = (id: string, path: string, filters: readonly string[]) => ({
    id,
    match: { path, methods: METHODS },
    filters,
    upstream: 'sample',
  });
  return JSON.stringify({
    listeners: [{ name: 'bench', address: `127.0.0.1:${port}` }],
    upstreams: { sample: { targets: [{ url: `http://127.0.0.1:${upstreamPort}` }], keepAliveMs: 30_000 } },
    filters: Object.fromEntries(
      benches.map(({ filter, sluice }) => [
        filter,
        { module: `builtin:${filter}`, limits: { deadlineMs: DEADLINE_MS }, ...sluice },
      ]),
    ),
    routes: [
      route('none', '/none/*', []),
      ...benches.map(({ filter }) => route(filter, pathOf(filter, '/*', true), [filter])),
    ],
    log: { access: false, level: 'error' },
  });
}
