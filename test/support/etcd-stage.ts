// Three gateways that follow a fleet in etcd through links that can be broken, under continuous traffic.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, createServer, request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { GatewayError } from '../../core/errors.js';
import { EtcdFleet } from './etcd-fleet.js';
import { EtcdCluster, type EtcdClusterOptions } from './etcd-process.js';
import { GatewayProcess } from './gateway-process.js';
import { TcpProxy } from './tcp-proxy.js';

const PREFIX = 'fleet';
const GATEWAYS = 3;
const TICK_MS = 20;
const MOST_TRIES = 20;
const RETRY_MS = 250;

export interface EtcdStageOptions extends EtcdClusterOptions {
  /** Requests in a second, over all gateways. Default 500. */
  readonly rate?: number;
  /** More options of `sluice run`. */
  readonly runOptions?: readonly string[];
  /** Done before the gateways start. */
  readonly prepare?: (cluster: EtcdCluster) => Promise<void>;
}

/** Sends at a fixed rate, however long answers take, and counts what failed. */
class Traffic {
  // In turn: one that rests for long is ended by the gateway, maybe just when it is used again.
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64, scheduling: 'fifo' });
  readonly #timer: NodeJS.Timeout;
  readonly #running = new Set<Promise<void>>();
  readonly failures: string[] = [];
  answered = 0;

  constructor(ports: readonly number[], rate: number) {
    let due = 0;
    let next = 0;
    let last = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      // A stalled test process does not make up for the time it lost with a burst.
      due += (Math.min(now - last, 5 * TICK_MS) * rate) / 1000;
      last = now;
      for (; due >= 1; due--) {
        next = (next + 1) % ports.length;
        this.#send(ports[next]!);
      }
    }, TICK_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#running);
    this.#agent.destroy();
  }

  #send(port: number): void {
    const done = new Promise<void>((resolve) => {
      const fail = (why: string): void => {
        this.failures.push(`${port}: ${why}`);
        resolve();
      };
      const sent = request({ host: '127.0.0.1', port, path: '/', agent: this.#agent }, (response) => {
        response.resume();
        response.once('error', (error) => fail(error.message));
        response.once('end', () => {
          if (response.statusCode !== 200) return fail(`status ${response.statusCode}`);
          this.answered += 1;
          resolve();
        });
      });
      sent.once('error', (error) => fail(error.message));
      sent.end();
    });
    this.#running.add(done);
    void done.then(() => this.#running.delete(done));
  }
}

export class EtcdStage {
  readonly cluster: EtcdCluster;
  /** One before each member. */
  readonly proxies: readonly TcpProxy[];
  readonly gateways: readonly GatewayProcess[];
  readonly traffic: Traffic;
  readonly #upstream: Server;
  #fleet: EtcdFleet;
  #releases = 0;

  private constructor(
    cluster: EtcdCluster,
    proxies: readonly TcpProxy[],
    gateways: readonly GatewayProcess[],
    traffic: Traffic,
    upstream: Server,
    fleet: EtcdFleet,
  ) {
    this.cluster = cluster;
    this.proxies = proxies;
    this.gateways = gateways;
    this.traffic = traffic;
    this.#upstream = upstream;
    this.#fleet = fleet;
  }

  /** Everything runs, and ends with the test. */
  static async start(test: TestContext, options: EtcdStageOptions = {}): Promise<EtcdStage> {
    const { rate = 500, runOptions = [], prepare, scheme = 'http' } = options;
    const cluster = await EtcdCluster.start(options);
    const ends: (() => unknown)[] = [() => cluster.stop()];
    test.after(async () => {
      for (const end of ends.reverse()) await end();
    });
    await prepare?.(cluster);
    const proxies = await Promise.all(cluster.members.map(({ port }) => TcpProxy.start(`127.0.0.1:${port}`)));
    ends.push(() => Promise.all(proxies.map((proxy) => proxy.stop())));
    const upstream = createServer((_, response) => response.end('here'));
    upstream.listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    ends.push(() => {
      upstream.closeAllConnections();
      upstream.close();
    });
    const fleet = new EtcdFleet(cluster.store(), PREFIX);
    await fleet.apply(documentOf(upstream, 0));
    const host = scheme === 'https' ? 'localhost' : '127.0.0.1';
    const endpoints = proxies.map(({ endpoint }) => `${host}:${endpoint.split(':')[1]}`);
    const location = `${scheme === 'https' ? 'etcds' : 'etcd'}://${endpoints.join(',')}/${PREFIX}`;
    const gateways = await Promise.all(
      Array.from({ length: GATEWAYS }, async (_, index) => {
        const cache = mkdtempSync(join(tmpdir(), 'sluice-cache-'));
        ends.push(() => rmSync(cache, { recursive: true, force: true }));
        const more = ['--cache', cache, '--node', `g${index}`, ...runOptions];
        const gateway = await GatewayProcess.startFrom(test, location, more);
        ends.push(() => gateway.kill());
        return gateway;
      }),
    );
    const traffic = new Traffic(
      gateways.map(({ port }) => port),
      rate,
    );
    const stage = new EtcdStage(cluster, proxies, gateways, traffic, upstream, fleet);
    ends.push(async () => {
      await traffic.stop();
      stage.#fleet.store.close();
    });
    return stage;
  }

  /** Publishes a release that differs from all before, and flips the channel to it; answers its id. */
  async apply(): Promise<string> {
    this.#releases += 1;
    const text = documentOf(this.#upstream, this.#releases);
    for (let tries = 1; ; tries++) {
      this.#fleet.store.close();
      const member = this.cluster.members.find(({ isRunning }) => isRunning);
      this.#fleet = new EtcdFleet(this.cluster.store(member), PREFIX);
      try {
        return await this.#fleet.apply(text);
      } catch (cause) {
        // A cluster that elects a leader refuses what it was just asked.
        const isOutage = cause instanceof GatewayError && cause.code === 'SLUICE_CONFIG_STORE_UNREACHABLE';
        if (!isOutage || tries === MOST_TRIES) throw cause;
        await delay(RETRY_MS);
      }
    }
  }

  /** Waits until every gateway has said in its log that it runs the release. */
  async runs(release: string): Promise<void> {
    const isApplied = (line: Record<string, unknown>): boolean =>
      line['msg'] === 'configuration applied' && line['revision'] === release;
    await Promise.all(this.gateways.map((gateway) => gateway.logged(isApplied)));
  }

  /** Waits until every gateway has said that something is wrong with its store, since it had written `from` lines. */
  async complains(from: readonly number[]): Promise<void> {
    await Promise.all(
      this.gateways.map((gateway, index) =>
        gateway.logged(
          (line) =>
            gateway.lines.indexOf(line) >= from[index]! && String(line['code']).startsWith('SLUICE_CONFIG_'),
        ),
      ),
    );
  }

  /** Documents that all differ, for writers of their own. */
  document(name: string): string {
    return documentOf(this.#upstream, name);
  }

  /** Of the fleet, over a connection of its own; close its store. */
  writer(): EtcdFleet {
    return new EtcdFleet(this.cluster.store(), PREFIX);
  }

  /** How long the logs are now. */
  linesNow(): number[] {
    return this.gateways.map(({ lines }) => lines.length);
  }

  /** Ends the traffic and answers how many requests were answered. @throws AssertionError when one failed */
  async settle(): Promise<number> {
    await this.traffic.stop();
    assert.deepEqual(
      this.traffic.failures.slice(0, 10),
      [],
      `${this.traffic.failures.length} requests failed`,
    );
    assert.ok(this.traffic.answered > 0, 'no request was answered');
    return this.traffic.answered;
  }
}

/** `release` is in the id of a route that nobody asks for: all releases answer alike. */
function documentOf(upstream: Server, release: number | string): string {
  const { port } = upstream.address() as { port: number };
  return JSON.stringify({
    listeners: [{ name: 'public', address: '127.0.0.1:0' }],
    admin: { address: '127.0.0.1:0' },
    log: { access: false },
    upstreams: { app: { targets: [{ url: `http://127.0.0.1:${port}` }] } },
    routes: [
      { id: 'all', match: { path: '/', methods: ['GET'] }, filters: [], upstream: 'app' },
      {
        id: `release-${release}`,
        match: { path: '/release', methods: ['GET'] },
        filters: [],
        upstream: 'app',
      },
    ],
  });
}
