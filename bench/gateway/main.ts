// `npm run bench:gateway`: what the gateway costs next to nginx as a plain proxy, on the same upstream, in the same
// run. CPU per request is the headline: it survives a noisy machine. `--quick` runs each part once, briefly.
import { cpus } from 'node:os';
import { type LoadRequest, type LoadResult, load, median } from './load.js';
import {
  freePort,
  residentMb,
  type Subject,
  startNginx,
  startSluice,
  startUpstream,
  versionOf,
} from './processes.js';
import { SAMPLE_SCHEMA, SAMPLE_USER } from './sample.js';
import { findTool, type Tool } from './tools.js';

const quick = process.argv.includes('--quick');
const ROUNDS = quick ? 1 : 5;
const SECONDS = quick ? 2 : 5;
const CONNECTIONS = 64;

const document = JSON.stringify(SAMPLE_USER);
const plain: LoadRequest = {
  method: 'POST',
  path: '/plain',
  headers: { 'content-type': 'application/json' },
  body: document,
};
const filtered: LoadRequest = { ...plain, path: '/filtered' };
const policed: LoadRequest = { ...plain, path: '/policed' };

function configOf(port: number, adminPort: number, upstreamPort: number): string {
  const route = (id: string, filters: readonly string[]) => ({
    id,
    match: { path: `/${id}`, methods: ['POST'] },
    filters,
    upstream: 'sample',
  });
  // JSON is YAML.
  return JSON.stringify({
    listeners: [{ name: 'bench', address: `127.0.0.1:${port}` }],
    admin: { address: `127.0.0.1:${adminPort}` },
    upstreams: { sample: { targets: [{ url: `http://127.0.0.1:${upstreamPort}` }], keepAliveMs: 30_000 } },
    filters: {
      guard: {
        module: 'builtin:policy',
        config: {
          rules: [
            { methods: ['POST'], path: '/filtered' },
            { methods: ['POST'], path: '/policed' },
          ],
        },
      },
      body: { module: 'builtin:validate', config: { schema: SAMPLE_SCHEMA }, grants: { schemas: true } },
      clean: {
        module: 'builtin:sanitise',
        config: {
          headers: { remove: ['x-powered-by'], set: { 'x-content-type-options': 'nosniff' } },
          json: { keys: ['passwordHash', 'cvv'], paths: ['/card/number'] },
        },
      },
    },
    routes: [route('plain', []), route('policed', ['guard']), route('filtered', ['guard', 'body', 'clean'])],
    log: { access: false },
  });
}

interface Counts {
  readonly batches: number;
  readonly records: number;
}

async function dispatchCounts(adminPort: number): Promise<Counts> {
  const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
  const value = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
  return {
    batches: value('sluice_dispatch_batch_size_count'),
    records: value('sluice_dispatch_batch_size_sum'),
  };
}

const print = (line: string): boolean => process.stdout.write(`${line}\n`);
const fixed = (value: number, digits: number, width: number): string => value.toFixed(digits).padStart(width);

function row(name: string, result: LoadResult): string {
  return (
    `${name.padEnd(26)}${fixed(result.perSecond, 0, 10)}${fixed(result.p50Ms, 2, 10)}` +
    `${fixed(result.p99Ms, 2, 10)}${fixed(result.cpuUs, 1, 12)}${String(result.failed).padStart(8)}`
  );
}

async function compareCost(
  wrk: Tool,
  sluice: Subject,
  nginx: Subject | null,
  adminPort: number,
): Promise<void> {
  const ratios = { plain: [] as number[], filtered: [] as number[] };
  const before = await dispatchCounts(adminPort);
  print(`\n${CONNECTIONS} connections, POST of ${document.length} bytes of JSON, ${SECONDS} s each`);
  print(
    `${''.padEnd(26)}${'req/s'.padStart(10)}${'p50 ms'.padStart(10)}${'p99 ms'.padStart(10)}${'CPU us/req'.padStart(12)}${'failed'.padStart(8)}`,
  );
  for (let round = 0; round < ROUNDS; round += 1) {
    const peer = nginx === null ? null : await load(wrk, nginx, plain, CONNECTIONS, SECONDS);
    if (peer !== null) print(row('nginx, plain proxy', peer));
    for (const [kind, request] of [
      ['plain', plain],
      ['filtered', filtered],
    ] as const) {
      const own = await load(wrk, sluice, request, CONNECTIONS, SECONDS);
      print(row(`sluice, ${kind === 'plain' ? 'no filters' : 'three filters'}`, own));
      if (peer !== null) ratios[kind].push(own.cpuUs / peer.cpuUs);
    }
  }
  const after = await dispatchCounts(adminPort);
  const batch = (after.records - before.records) / (after.batches - before.batches);
  print(`\nmean batch of the filter workers: ${batch.toFixed(1)}`);
  if (nginx === null) return;
  print(`CPU per request, no filters / nginx plain proxy:    ${median(ratios.plain).toFixed(2)}`);
  print(`CPU per request, three filters / nginx plain proxy: ${median(ratios.filtered).toFixed(2)}`);
}

async function compareLatency(wrk: Tool, sluice: Subject): Promise<void> {
  const added: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const without = await load(wrk, sluice, plain, 1, SECONDS);
    const chain = await load(wrk, sluice, policed, 1, SECONDS);
    added.push(chain.p50Ms - without.p50Ms);
  }
  print(`one connection, a request-phase chain adds at the median: ${median(added).toFixed(3)} ms`);
}

const wrk = findTool('wrk');
const nginxTool = findTool('nginx');
if (wrk === null) {
  print('nothing was measured: the load generator is missing');
} else {
  print(`${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}`);
  if (nginxTool !== null) print(versionOf(nginxTool, '-v'));
  const upstream = await startUpstream();
  const port = await freePort();
  const adminPort = await freePort();
  const sluice = await startSluice(configOf(port, adminPort, upstream.port), port);
  const nginx = nginxTool === null ? null : await startNginx(nginxTool, upstream.port);
  try {
    for (const request of [plain, filtered, policed]) await load(wrk, sluice, request, CONNECTIONS, 1);
    await compareCost(wrk, sluice, nginx, adminPort);
    await compareLatency(wrk, sluice);
    print(`resident memory of the gateway: ${residentMb(sluice.pids).toFixed(0)} MiB`);
  } finally {
    await sluice.stop();
    await nginx?.stop();
    await upstream.stop();
  }
}
