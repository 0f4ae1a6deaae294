// `npm run bench:gateway`: what the gateway costs next to nginx as a plain proxy, on the same upstream, in the same
// run. CPU per request is the headline: it survives a noisy machine. `--quick` runs each part once, briefly.
import { cpus } from 'node:os';
import { residentMb } from '../harness/accounting.js';
import { startNginx } from '../harness/nginx.js';
import { freePort, type Subject, startSluice, startUpstream, versionOf } from '../harness/processes.js';
import { SAMPLE_SCHEMA, SAMPLE_USER } from '../harness/sample.js';
import { median } from '../harness/statistics.js';
import { findTool, type Tool } from '../harness/tools.js';
import { type LoadRequest, type LoadResult, load } from '../harness/wrk.js';

const quick = process.argv.includes('--quick');
const ROUNDS = quick ? 1 : 3;
/** Optimising compilers take this long to be done with the hot path. */
const WARM_UP_SECONDS = quick ? 1 : 8;
const SECONDS = quick ? 2 : 4;
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
const read: LoadRequest = { method: 'GET', path: '/read', headers: {}, body: '' };
const peerRead: LoadRequest = { ...read, path: '/plain' };

/** What is compared: the gateway's request, and the same one through the plain proxy. */
const SCENARIOS = [
  { name: 'POST, no filters', own: plain, peer: plain },
  { name: 'POST, policy + validate + sanitise', own: filtered, peer: plain },
  { name: 'GET, policy + sanitise', own: read, peer: peerRead },
] as const;

function configOf(port: number, adminPort: number, upstreamPort: number): string {
  const route = (id: string, filters: readonly string[], method = 'POST') => ({
    id,
    match: { path: `/${id}`, methods: [method] },
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
            { methods: ['GET'], path: '/read' },
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
    routes: [
      route('plain', []),
      route('policed', ['guard']),
      route('filtered', ['guard', 'body', 'clean']),
      route('read', ['guard', 'clean'], 'GET'),
    ],
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

const HEADING = `${''.padEnd(44)}${'req/s'.padStart(10)}${'p50 ms'.padStart(10)}${'p99 ms'.padStart(10)}${'CPU us/req'.padStart(12)}${'failed'.padStart(8)}`;

function row(name: string, result: LoadResult): string {
  return (
    `${name.padEnd(44)}${fixed(result.perSecond, 0, 10)}${fixed(result.p50Ms, 2, 10)}` +
    `${fixed(result.p99Ms, 2, 10)}${fixed(result.cpuUs, 1, 12)}${String(result.failed).padStart(8)}`
  );
}

async function compareCost(
  wrk: Tool,
  sluice: Subject,
  nginx: Subject | null,
  adminPort: number,
): Promise<void> {
  const ratios = SCENARIOS.map((): number[] => []);
  const before = await dispatchCounts(adminPort);
  print(`\n${CONNECTIONS} connections, ${document.length} bytes of JSON each way, ${SECONDS} s each`);
  print(HEADING);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, { name, own, peer }] of SCENARIOS.entries()) {
      const theirs = nginx === null ? null : await load(wrk, nginx, peer, CONNECTIONS, SECONDS);
      if (theirs !== null) print(row(`nginx plain proxy, ${peer.method}`, theirs));
      const ours = await load(wrk, sluice, own, CONNECTIONS, SECONDS);
      print(row(`sluice ${name}`, ours));
      if (theirs !== null) ratios[index]!.push(ours.cpuUs / theirs.cpuUs);
    }
  }
  const after = await dispatchCounts(adminPort);
  const batch = (after.records - before.records) / (after.batches - before.batches);
  print(`\nmean batch of the filter workers: ${batch.toFixed(1)}`);
  if (nginx === null) return;
  for (const [index, { name }] of SCENARIOS.entries()) {
    print(`CPU per request next to nginx plain proxy, ${name}: ${median(ratios[index]!).toFixed(2)}`);
  }
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
  const nginx = nginxTool === null ? null : await startNginx(nginxTool, 'nginx/nginx.conf', upstream.port);
  try {
    for (const request of [plain, filtered, policed, read])
      await load(wrk, sluice, request, CONNECTIONS, WARM_UP_SECONDS);
    await compareCost(wrk, sluice, nginx, adminPort);
    await compareLatency(wrk, sluice);
    print(`resident memory of the gateway: ${residentMb(sluice.pids).toFixed(0)} MiB`);
  } finally {
    await sluice.stop();
    await nginx?.stop();
    await upstream.stop();
  }
}
