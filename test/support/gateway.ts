// A whole gateway in the process of the test: real configuration file, real workers, real sockets on loopback.
import { mkdtempSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { FileSource } from '../../core/config/file-source.js';
import { Gateway } from '../../core/gateway.js';
import { localSecrets } from '../../core/secrets/lookup.js';
import { LogDestination } from '../../core/telemetry/log-destination.js';
import { guestBytes } from './test-guests.js';

type Json = Readonly<Record<string, unknown>>;

/** Parts of a configuration that a test cares about; the rest is as small as it can be. */
export interface TestConfig {
  readonly upstreams?: Json;
  readonly filters?: Json;
  readonly routes: readonly Json[];
  readonly workers?: Json;
  readonly shutdown?: Json;
  readonly log?: Json;
  /** Default: one on a port that the system chooses. */
  readonly listeners?: readonly Json[];
  /** Default: in clear text, for everybody. */
  readonly admin?: Json;
}

export class TestGateway {
  readonly gateway: Gateway;
  readonly folder: string;

  private constructor(gateway: Gateway, folder: string) {
    this.gateway = gateway;
    this.folder = folder;
  }

  /**
   * Starts a gateway that ends with the test.
   * @param guests names of test/guests/ that the configuration uses as `./NAME.wasm`
   * @param files  texts by name, which stand beside the configuration
   */
  static async start(
    test: TestContext,
    config: TestConfig,
    guests: readonly string[] = [],
    files: Readonly<Record<string, string>> = {},
  ): Promise<TestGateway> {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    for (const name of guests) writeFileSync(join(folder, `${name}.wasm`), await guestBytes(name));
    writeFileSync(join(folder, 'sluice.json'), textOf(config));
    const source = new FileSource(join(folder, 'sluice.json'), {
      findSecrets: (text) => localSecrets(folder).find(text),
      settleMs: 5,
      pollMs: 200,
    });
    const logDestination = new LogDestination({ fd: openSync(join(folder, 'log'), 'w') });
    const gateway = await Gateway.start({ source, logDestination });
    test.after(async () => {
      await gateway.stop();
      rmSync(folder, { recursive: true, force: true });
    });
    return new TestGateway(gateway, folder);
  }

  get port(): number {
    return this.gateway.ports.get('public')!;
  }

  url(target: string): string {
    return `http://127.0.0.1:${this.port}${target}`;
  }

  /** Answer of the admin listener. */
  admin(path: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.gateway.adminPort}${path}`);
  }

  /** Value of a series in /metrics, 0 when it is not there. */
  async metric(series: string): Promise<number> {
    const text = await (await this.admin('/metrics')).text();
    const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
    return line === undefined ? 0 : Number(line.slice(series.length + 1));
  }

  /** Revision that runs and the error of the last load, if it failed. */
  async state(): Promise<{ revision: string; lastError: string | null }> {
    return (await (await this.admin('/readyz')).json()) as { revision: string; lastError: string | null };
  }

  /** Text of the configuration. */
  text(): string {
    return readFileSync(join(this.folder, 'sluice.json'), 'utf8');
  }

  /** Replaces the configuration and has it read at once. */
  async reload(config: TestConfig): Promise<void> {
    this.write(textOf(config));
    await this.gateway.reload();
  }

  /** Replaces the configuration and waits until it runs. */
  async apply(config: TestConfig): Promise<void> {
    const before = await this.state();
    this.write(textOf(config));
    await until(async () => (await this.state()).revision !== before.revision);
  }

  /** Replaces the text of the configuration, as an editor would: by renaming over it. */
  write(text: string): void {
    writeFileSync(join(this.folder, 'next'), text);
    renameSync(join(this.folder, 'next'), join(this.folder, 'sluice.json'));
  }

  /** Lines of the log so far, parsed. */
  log(): Record<string, unknown>[] {
    return readFileSync(join(this.folder, 'log'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Waits for the line of the log that fits. */
  async logLine(fits: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    await until(() => this.log().some(fits));
    return this.log().find(fits)!;
  }
}

function textOf(config: TestConfig): string {
  const listeners = [{ name: 'public', address: '127.0.0.1:0' }];
  const admin = { address: '127.0.0.1:0' };
  return JSON.stringify({ workers: { count: 1 }, listeners, admin, ...config });
}

/** Waits for a condition, looking every few milliseconds. */
export async function until(condition: () => boolean | Promise<boolean>, mostMs = 10_000): Promise<void> {
  const deadline = performance.now() + mostMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`the condition did not come true within ${mostMs} ms`);
    await delay(5);
  }
}

/** A route for any method a test needs, to the upstream `sample`. */
export function route(id: string, path: string, filters: readonly string[] = [], more: Json = {}): Json {
  const methods = ['GET', 'POST', 'PUT', 'DELETE'];
  return { id, match: { path, methods }, filters, upstream: 'sample', ...more };
}
