// A real etcd for tests: one member or a cluster on loopback, with data in a folder that goes with the test.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findTool } from '../../bench/harness/tools.js';
import { EtcdStore, type EtcdStoreOptions } from '../../core/etcd/etcd-store.js';
import type { TestAuthority, TestIdentity } from './certificates.js';

const LOOK_MS = 50;
const START_MS = 30_000;

export interface EtcdClusterOptions {
  /** Members. Default 1. */
  readonly size?: number;
  /** More flags of every member, such as those for TLS. */
  readonly flags?: readonly string[];
  readonly scheme?: 'http' | 'https';
  /** How to speak to it, to find out whether it is up. */
  readonly client?: Pick<EtcdStoreOptions, 'tls' | 'user'>;
}

/** A cluster that shows `member` and admits clients of an authority, `client` among them. */
export function withMutualTls(files: {
  readonly member: { readonly cert: string; readonly key: string };
  readonly ca: string;
  readonly root: Pick<TestAuthority, 'cert'>;
  readonly client: TestIdentity;
}): EtcdClusterOptions {
  const { member, ca, root, client } = files;
  return {
    scheme: 'https',
    flags: [
      ...['--cert-file', member.cert, '--key-file', member.key],
      ...['--client-cert-auth', '--trusted-ca-file', ca],
    ],
    client: {
      tls: {
        ca: Buffer.from(root.cert),
        client: { cert: Buffer.from(client.chain), key: Buffer.from(client.key) },
      },
      user: null,
    },
  };
}

class EtcdMember {
  readonly name: string;
  readonly port: number;
  readonly peerUrl: string;
  readonly #folder: string;
  readonly #host: string;
  #child: ChildProcess | null = null;

  /** @param host `127.0.0.1`, or a name of it that is in a certificate */
  constructor(name: string, folder: string, host: string, port: number, peerPort: number) {
    this.name = name;
    this.#host = host;
    this.port = port;
    this.peerUrl = `http://127.0.0.1:${peerPort}`;
    this.#folder = join(folder, name);
  }

  get endpoint(): string {
    return `${this.#host}:${this.port}`;
  }

  get isRunning(): boolean {
    return this.#child !== null;
  }

  start(cluster: string, token: string, scheme: string, flags: readonly string[]): void {
    const tool = findTool('etcd');
    assert(
      tool !== null,
      'etcd is needed: install the package etcd-server, or etcd of your system, on the PATH',
    );
    // etcd listens on addresses only.
    const listen = `${scheme}://127.0.0.1:${this.port}`;
    const advertise = `${scheme}://${this.endpoint}`;
    const child = spawn(
      tool.path,
      [
        ...['--name', this.name, '--data-dir', this.#folder, '--logger', 'zap', '--log-level', 'error'],
        ...['--listen-client-urls', listen, '--advertise-client-urls', advertise],
        ...['--listen-peer-urls', this.peerUrl, '--initial-advertise-peer-urls', this.peerUrl],
        ...['--initial-cluster', cluster, '--initial-cluster-token', token, '--initial-cluster-state', 'new'],
        ...flags,
      ],
      { stdio: 'ignore', env: { ...process.env, ...tool.env } },
    );
    this.#child = child;
    child.once('exit', () => {
      if (this.#child === child) this.#child = null;
    });
  }

  signal(signal: NodeJS.Signals): void {
    assert(this.#child?.kill(signal), `${this.name} does not run`);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }

  wipe(): void {
    assert(!this.isRunning, `${this.name} runs`);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export class EtcdCluster {
  readonly members: readonly EtcdMember[];
  readonly #folder: string;
  #options: EtcdClusterOptions;
  /** Another token makes another cluster of the same members. */
  #token = 1;

  private constructor(folder: string, members: readonly EtcdMember[], options: EtcdClusterOptions) {
    this.#folder = folder;
    this.members = members;
    this.#options = options;
  }

  /** Starts and waits until every member answers. Call `stop` in the end. */
  static async start(options: EtcdClusterOptions = {}): Promise<EtcdCluster> {
    const { size = 1 } = options;
    const host = options.scheme === 'https' ? 'localhost' : '127.0.0.1';
    const folder = mkdtempSync(join(tmpdir(), 'sluice-etcd-'));
    const ports = await freePorts(2 * size);
    const members = Array.from(
      { length: size },
      (_, index) => new EtcdMember(`m${index}`, folder, host, ports[2 * index]!, ports[2 * index + 1]!),
    );
    const cluster = new EtcdCluster(folder, members, options);
    for (const member of members) cluster.startMember(member);
    await cluster.ready();
    return cluster;
  }

  get endpoints(): string[] {
    return this.members.map(({ endpoint }) => endpoint);
  }

  /** For `--config`. */
  location(prefix: string): string {
    const scheme = this.#options.scheme === 'https' ? 'etcds' : 'etcd';
    return `${scheme}://${this.endpoints.join(',')}/${prefix}`;
  }

  startMember(member: EtcdMember): void {
    const { scheme = 'http', flags = [] } = this.#options;
    const cluster = this.members.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(',');
    member.start(cluster, `cluster-${this.#token}`, scheme, flags);
  }

  /** From now on connections of tests are of this user. */
  speakAs(user: { readonly name: string; readonly password: string }): void {
    this.#options = { ...this.#options, client: { tls: null, ...this.#options.client, user } };
  }

  /** Restarts every member with other flags, and another way to speak to it. */
  async reconfigure(change: Pick<EtcdClusterOptions, 'flags' | 'client'>): Promise<void> {
    this.#options = { ...this.#options, ...change };
    await Promise.all(this.members.map((member) => member.kill()));
    for (const member of this.members) this.startMember(member);
    await this.ready();
  }

  /** Takes all data of all members away and starts them as a new cluster. */
  async wipe(): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()));
    for (const member of this.members) member.wipe();
    this.#token += 1;
    for (const member of this.members) this.startMember(member);
    await this.ready();
  }

  /** Waits until all members that run answer. */
  async ready(): Promise<void> {
    await Promise.all(
      this.members.filter(({ isRunning }) => isRunning).map((member) => this.#answers(member)),
    );
  }

  async leader(): Promise<EtcdMember> {
    const states = await Promise.all(
      this.members.map(async (member) => ({ member, isLeader: await isLeader(member.endpoint) })),
    );
    const found = states.find((state) => state.isLeader);
    assert(found !== undefined, 'no leader');
    return found.member;
  }

  /** A connection to one member; close it. */
  store(member: EtcdMember = this.members[0]!): EtcdStore {
    const { tls = null, user = null } = this.#options.client ?? {};
    return new EtcdStore({ endpoint: member.endpoint, tls, user, callMs: 5_000 });
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #answers(member: EtcdMember): Promise<void> {
    const deadline = performance.now() + START_MS;
    for (;;) {
      const store = this.store(member);
      try {
        await store.get('ready');
        return;
      } catch (cause) {
        if (!member.isRunning) throw new Error(`${member.name} ended while it started`);
        if (performance.now() > deadline) throw cause;
        await delay(LOOK_MS);
      } finally {
        store.close();
      }
    }
  }
}

export type { EtcdMember };

/** Asks the metrics of a member, which need no client of etcd. */
async function isLeader(endpoint: string): Promise<boolean> {
  const text = await (await fetch(`http://${endpoint}/metrics`)).text();
  return /^etcd_server_is_leader 1$/m.test(text);
}

/** Ports that nobody listened on a moment ago; members of a cluster have to know each other's before they start. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
