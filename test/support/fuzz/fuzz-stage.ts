// A gateway in a process of its own between hostile clients and targets that are hostile or good, and what can be seen of its state
// from outside.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { selfSigned } from '../certificates.js';
import { route } from '../gateway.js';
import { GatewayProcess } from '../gateway-process.js';
import { startHttp2Target } from '../http2-target.js';
import { startHttpTarget } from '../upstream-servers.js';
import { askHonestly } from './honest-client.js';
import type { Surface } from './hostile-clients.js';
import { startHostileHttp1, startHostileHttp2 } from './hostile-targets.js';
import { Random } from './random.js';

/** The good ones come first; `N` becomes the seed of the answer. */
const GOOD_PATHS = ['/good/N', '/guarded/N', '/good-http2/N'];
export const PATHS = [
  ...[...GOOD_PATHS, '/hostile/N', '/hostile-filtered/N', '/hostile-http2/N', '/hostile-http2-filtered/N'],
  ...['/nowhere/N', '/metrics?N', '/readyz?N', '/config?N'],
];

const ADMIN: Surface = { listener: 'admin', opens: 'tcp', speaks: 'http1' };
export const SURFACES: readonly Surface[] = [
  { listener: 'uws', opens: 'tcp', speaks: 'http1' },
  { listener: 'uws-tls', opens: 'tls', speaks: 'http1' },
  { listener: 'uws-tls', opens: 'spoilt tls', speaks: 'http1' },
  { listener: 'node', opens: 'tcp', speaks: 'http1' },
  { listener: 'node', opens: 'tcp', speaks: 'http2' },
  { listener: 'node-tls', opens: 'tls', speaks: 'http1' },
  { listener: 'node-tls', opens: 'tls', speaks: 'http2' },
  { listener: 'node-tls', opens: 'spoilt tls', speaks: 'http2' },
  { listener: 'proxied', opens: 'tcp', proxied: true, speaks: 'http1' },
  { listener: 'proxied', opens: 'tcp', proxied: true, speaks: 'http2' },
  { listener: 'proxied-tls', opens: 'tls', proxied: true, speaks: 'http2' },
  ADMIN,
];

/** Kept connections are gone soon, so that descriptors can be counted. */
const KEEP_ALIVE_MS = 300;
const TIMEOUTS = { timeouts: { connectMs: 300, responseMs: 300, idleMs: 300 } };
/** Series that are zero when nothing is under way. */
const GAUGES = [
  ...['sluice_requests_in_flight', 'sluice_dispatch_outstanding', 'sluice_dispatch_queue_depth'],
  'sluice_upstream_target_connections',
];

/** What is open and under way. */
export interface Holdings {
  /** Threads that replace others have descriptors of their own, so only those of sockets count. */
  readonly sockets: number;
  /** Sums by name. */
  readonly gauges: Readonly<Record<string, number>>;
}

export class FuzzStage {
  readonly gateway: GatewayProcess;
  /** Of what hostile targets of HTTP/2 answer, connection by connection. */
  answers = new Random(0);

  private constructor(gateway: GatewayProcess) {
    this.gateway = gateway;
  }

  static async start(test: TestContext): Promise<FuzzStage> {
    let stage: FuzzStage | null = null;
    const good = await startHttpTarget(test, (request, response) => {
      request.resume();
      request.once('end', () => {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ path: request.url, secret: 'x' }));
      });
    });
    const goodHttp2 = await startHttp2Target(test, (stream, fields) => {
      stream.respond({ ':status': 200 });
      stream.resume();
      stream.once('end', () => stream.end(JSON.stringify({ path: fields[':path'] })));
    });
    const hostile = await startHostileHttp1(test);
    const hostileHttp2 = await startHostileHttp2(test, () => stage!.answers.fork());
    const urls = {
      good: good.url,
      goodHttp2: goodHttp2.url,
      hostile: hostile.url,
      hostileHttp2: hostileHttp2.url,
    };
    stage = new FuzzStage(await GatewayProcess.start(test, configOf(certificateFiles(test), urls)));
    return stage;
  }

  portOf({ listener }: Surface): number {
    return listener === 'admin' ? this.gateway.adminPort : this.gateway.ports[listener]!;
  }

  /** @throws Error when the process has ended, or an honest client does not get what it asked for */
  async assertServes(): Promise<void> {
    for (const surface of SURFACES) {
      if (surface.opens === 'spoilt tls') continue;
      for (const path of surface.listener === 'admin' ? ['/readyz'] : GOOD_PATHS)
        await this.#assertAnswers(surface, path);
    }
    const { exitCode, signalCode } = this.gateway.child;
    assert.deepEqual({ exitCode, signalCode }, { exitCode: null, signalCode: null });
  }

  async holdings(): Promise<Holdings> {
    const text = await this.#metrics();
    const gauges = Object.fromEntries(GAUGES.map((name) => [name, sumOf(text, name)]));
    return { sockets: socketsOf(this.gateway.child.pid!), gauges };
  }

  async #assertAnswers(surface: Surface, path: string): Promise<void> {
    const what = `${path} of ${surface.listener} over ${surface.speaks}`;
    const { status, body } = await askHonestly(surface, this.portOf(surface), path).catch((cause: unknown) =>
      assert.fail(`${what}: ${String(cause)}`),
    );
    assert.equal(status, 200, `${what}: ${body}`);
    if (surface.listener !== 'admin') assert.equal(JSON.parse(body).path, path, what);
  }

  async #metrics(): Promise<string> {
    const { status, body } = await askHonestly(ADMIN, this.gateway.adminPort, '/metrics');
    assert.equal(status, 200);
    return body;
  }
}

function socketsOf(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).filter((fd) => targetOf(join(folder, fd)).startsWith('socket:')).length;
}

/** Empty for one that is closed meanwhile. */
function targetOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function sumOf(metrics: string, name: string): number {
  const lines = metrics
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

function certificateFiles(test: TestContext): object {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-fuzz-'));
  test.after(() => rmSync(folder, { recursive: true }));
  const { chain, key } = selfSigned({ names: ['localhost'] });
  const files = { cert: join(folder, 'own.crt'), key: join(folder, 'own.key') };
  writeFileSync(files.cert, chain);
  writeFileSync(files.key, key);
  return files;
}

function configOf(certificate: object, targets: Readonly<Record<string, string>>): object {
  const tls = { certificates: [certificate] };
  const proxied = { engine: 'node', proxyProtocol: true, trustedProxies: ['127.0.0.1'] };
  const listener = (name: string, more: object) => ({ name, address: '127.0.0.1:0', idleMs: 1000, ...more });
  const upstream = (url: string | undefined, protocol: string) => ({
    targets: [{ url }],
    protocol,
    keepAliveMs: KEEP_ALIVE_MS,
    ejection: { failures: 0 },
  });
  const to = (name: string) => ({ upstream: name, ...TIMEOUTS });
  const filters = ['guard', 'clean'];
  return {
    listeners: [
      listener('uws', { engine: 'uws' }),
      listener('uws-tls', { engine: 'uws', tls }),
      listener('node', { engine: 'node' }),
      listener('node-tls', { engine: 'node', tls }),
      listener('proxied', proxied),
      listener('proxied-tls', { ...proxied, tls }),
    ],
    admin: { address: '127.0.0.1:0' },
    upstreams: {
      good: upstream(targets['good'], 'http1'),
      'good-http2': upstream(targets['goodHttp2'], 'http2'),
      hostile: upstream(targets['hostile'], 'http1'),
      'hostile-http2': upstream(targets['hostileHttp2'], 'http2'),
    },
    filters: {
      guard: {
        module: 'builtin:policy',
        config: { rules: [{ methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'], path: '/*' }] },
      },
      clean: {
        module: 'builtin:sanitise',
        config: { json: { keys: ['secret'] }, errors: { replace: true } },
      },
    },
    routes: [
      route('good', '/good/*', [], to('good')),
      route('guarded', '/guarded/*', filters, to('good')),
      route('good-http2', '/good-http2/*', [], to('good-http2')),
      route('hostile', '/hostile/*', [], to('hostile')),
      route('hostile-filtered', '/hostile-filtered/*', filters, to('hostile')),
      route('hostile-http2', '/hostile-http2/*', [], to('hostile-http2')),
      route('hostile-http2-filtered', '/hostile-http2-filtered/*', filters, to('hostile-http2')),
    ],
    workers: { count: 1 },
  };
}
