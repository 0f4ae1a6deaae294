// A fleet for tests of its commands: a real etcd, files of an operator, `sluice` as a process, gateways as processes.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { EtcdFleet } from './etcd-fleet.js';
import type { EtcdCluster } from './etcd-process.js';
import { type CommandEnd, GatewayProcess, sluice } from './gateway-process.js';

/** A configuration with one route, and what more there is. */
export function configOf(path: string, more: object = {}): string {
  return JSON.stringify(
    {
      listeners: [{ name: 'public', address: '127.0.0.1:0' }],
      upstreams: { app: { targets: [{ url: 'http://127.0.0.1:9' }] } },
      routes: [{ id: 'one', match: { path, methods: ['GET'] }, upstream: 'app' }],
      ...more,
    },
    null,
    2,
  );
}

/** Fits the schema, and no worker can load it. */
export const UNFIT = { filters: { f: { module: 'builtin:policy', config: { nonsense: true } } } };

export class FleetStage {
  readonly fleet: EtcdFleet;
  /** For `--config`. */
  readonly location: string;
  readonly folder: string;
  readonly #test: TestContext;

  /** @param name of the fleet; nobody else's */
  constructor(test: TestContext, cluster: EtcdCluster, name: string) {
    this.#test = test;
    this.fleet = new EtcdFleet(cluster.store(), name);
    this.location = cluster.location(name);
    this.folder = mkdtempSync(join(tmpdir(), 'sluice-fleet-'));
    test.after(() => this.fleet.store.close());
    // Gateways that write to their caches may outlive the hooks of their test.
    process.once('exit', () => rmSync(this.folder, { recursive: true, force: true }));
  }

  /** Writes a file of the operator; answers its path. */
  file(name: string, content: string | Uint8Array): string {
    const path = join(this.folder, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, content);
    return path;
  }

  run(command: string, ...args: readonly string[]): Promise<CommandEnd> {
    return sluice(command, ...args, '--config', this.location);
  }

  /** Likewise with `--json`: what it prints. */
  async json<Result>(command: string, ...args: readonly string[]): Promise<{ code: number | null } & Result> {
    const { code, stdout } = await this.run(command, ...args, '--json');
    return { code, ...(JSON.parse(stdout) as Result) };
  }

  gateway(node: string, ...options: readonly string[]): Promise<GatewayProcess> {
    const cache = join(this.folder, 'caches', node);
    return GatewayProcess.startFrom(this.#test, this.location, [
      '--node',
      node,
      '--cache',
      cache,
      ...options,
    ]);
  }

  /** Waits until what the fleet says of a gateway fits; null when it says nothing. */
  async reported(node: string, fits: (report: Record<string, unknown> | null) => boolean): Promise<void> {
    for (;;) {
      const entry = await this.fleet.store.get(this.fleet.keys.node(node));
      if (fits(entry === null ? null : (JSON.parse(entry.value.toString()) as Record<string, unknown>)))
        return;
    }
  }

  /** The release that a channel points to. */
  async release(channel = 'stable'): Promise<string | null> {
    return (await this.fleet.channels.read(channel)).pointer?.release ?? null;
  }
}
