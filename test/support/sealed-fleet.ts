// A fleet in etcd with sealed secrets, and a key file, as an operator keeps them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { sha256 } from '../../core/etcd/chunked-value.js';
import { SecretStore } from '../../core/etcd/secret-store.js';
import { formatModuleReference } from '../../core/module-reference.js';
import { KeyRing, newKeyLine } from '../../core/secrets/key-ring.js';
import { sealSecret } from '../../core/secrets/sealed-secret.js';
import { EtcdFleet } from './etcd-fleet.js';
import type { EtcdCluster } from './etcd-process.js';
import { type CommandEnd, GatewayProcess, sluiceWith } from './gateway-process.js';

export class SealedFleet {
  readonly fleet: EtcdFleet;
  readonly secrets: SecretStore;
  readonly location: string;
  /** Goes with the process: gateways that write to it may outlive the hooks of their test. */
  readonly folder: string;
  readonly keyFile: string;
  readonly cache: string;
  /** Lines for the key file, by name of the key. */
  readonly #lines = new Map<string, string>();

  /** The key file holds one key, `first`. */
  constructor(test: TestContext, cluster: EtcdCluster, prefix: string) {
    this.fleet = new EtcdFleet(cluster.store(), prefix);
    test.after(() => this.fleet.store.close());
    this.secrets = new SecretStore(this.fleet.store, this.fleet.keys);
    this.location = cluster.location(prefix);
    this.folder = mkdtempSync(join(tmpdir(), 'sluice-sealed-'));
    process.once('exit', () => rmSync(this.folder, { recursive: true, force: true }));
    this.keyFile = join(this.folder, 'keys');
    this.cache = join(this.folder, 'cache');
    this.keep('first');
  }

  /** Puts these keys into the key file, making those that are new. */
  keep(...names: readonly string[]): void {
    writeFileSync(this.keyFile, names.map((name) => this.line(name)).join('\n'), { mode: 0o600 });
  }

  line(name: string): string {
    const line = this.#lines.get(name) ?? newKeyLine(name);
    this.#lines.set(name, line);
    return line;
  }

  sealed(name: string, value: string, key = 'first'): Buffer {
    const secret = { name, value: Buffer.from(value), changedAtMs: Date.now() };
    return sealSecret(secret, KeyRing.parse(this.line(key), 'line').first);
  }

  async put(name: string, value: string, key = 'first'): Promise<void> {
    await this.secrets.put(name, this.sealed(name, value, key));
  }

  /** How a configuration names a module that `apply` brings. */
  static moduleName(name: string, bytes: Uint8Array): string {
    return formatModuleReference({ name, digest: sha256(bytes) });
  }

  /** Runs `sluice secret`, told of the store and of the keys. */
  secret(input: string, ...args: readonly string[]): Promise<CommandEnd> {
    return sluiceWith({ input }, 'secret', ...args, '--config', this.location, '--keys', this.keyFile);
  }

  /** Starts a gateway that follows it. */
  start(test: TestContext): Promise<GatewayProcess> {
    const options = ['--cache', this.cache, '--keys', this.keyFile, '--node', 'one'];
    return GatewayProcess.startFrom(test, this.location, options);
  }
}
