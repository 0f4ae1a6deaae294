// Several gateway processes under one supervisor, as an operator runs them.
import { once } from 'node:events';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { until } from './gateway.js';
import { GatewayProcess } from './gateway-process.js';

export interface ProcessState {
  readonly process: number;
  readonly pid: number;
  readonly ready: boolean;
  readonly reasons: readonly string[];
}

/** The answer of /readyz. */
export interface SetState {
  readonly status: number;
  readonly ready: boolean;
  readonly reasons: readonly string[];
  readonly revision: string;
  readonly serving: number;
  readonly configured: number;
  readonly processes: readonly ProcessState[];
}

/** A port that nobody has right now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export class ProcessSet {
  readonly gateway: GatewayProcess;

  /** @param gateway started with `--processes` */
  constructor(gateway: GatewayProcess) {
    this.gateway = gateway;
  }

  /**
   * Starts two processes with a configuration that names its port. They end with the test.
   * @param files texts by name, which stand beside the configuration
   * @param nodeFlags for the supervisor and its processes
   */
  static async start(
    test: TestContext,
    config: unknown,
    files: Readonly<Record<string, string>> = {},
    nodeFlags: readonly string[] = [],
  ): Promise<ProcessSet> {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-set-'));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const file = join(folder, 'sluice.json');
    writeFileSync(file, JSON.stringify(config));
    const gateway = await GatewayProcess.startFrom(test, file, ['--processes', '2'], nodeFlags);
    test.after(() => rmSync(folder, { recursive: true, force: true }));
    return new ProcessSet(gateway);
  }

  /** Replaces the configuration, as an editor would. */
  write(config: unknown): void {
    this.put(basename(this.gateway.configFile), JSON.stringify(config));
  }

  /** Likewise a file beside it. */
  put(name: string, text: string): void {
    const path = join(dirname(this.gateway.configFile), name);
    writeFileSync(`${path}.next`, text);
    renameSync(`${path}.next`, path);
  }

  async state(): Promise<SetState> {
    const answer = await this.admin('/readyz');
    return { status: answer.status, ...((await answer.json()) as Omit<SetState, 'status'>) };
  }

  /** Waits until both processes serve. */
  async whole(): Promise<void> {
    await until(async () => {
      const { ready, serving } = await this.state();
      return ready && serving === 2;
    }, 30_000);
  }

  async pids(): Promise<number[]> {
    return (await this.state()).processes.map(({ pid }) => pid);
  }

  admin(path: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.gateway.adminPort}${path}`);
  }

  /** Values of all series whose name and labels begin like this, added up. */
  async metric(series: string): Promise<number> {
    const text = await (await this.admin('/metrics')).text();
    const lines = text.split('\n').filter((line) => line.startsWith(series));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }

  /** Sends SIGHUP and waits until the reload has come to its end. */
  async reload(outcome: 'replaced' | 'stopped' = 'replaced'): Promise<void> {
    const series = `sluice_process_reloads_total{outcome="${outcome}"}`;
    const before = await this.metric(series);
    this.gateway.child.kill('SIGHUP');
    await until(async () => (await this.metric(series)) > before, 60_000);
  }
}

/** True as long as there is a process with this id that is no zombie. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Clients that ask again and again, each on a connection that it keeps. */
export class SteadyLoad {
  answers = 0;
  readonly failures: unknown[] = [];
  readonly #url: string;
  readonly #agent: Agent;
  readonly #clients: Promise<void>[];
  #isOver = false;

  constructor(test: TestContext, url: string, connections: number) {
    this.#url = url;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
    this.#clients = Array.from({ length: connections }, () => this.#ask());
    test.after(() => this.end());
  }

  /** Waits for so many more answers. */
  async more(answers: number): Promise<void> {
    const goal = this.answers + answers;
    await until(() => this.answers >= goal || this.failures.length > 0);
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
    this.#agent.destroy();
  }

  async #ask(): Promise<void> {
    while (!this.#isOver) {
      const status = await visit(this.#url, this.#agent).catch((error: unknown) => error);
      if (status === 200) this.answers += 1;
      else this.failures.push(status);
    }
  }
}

/** @returns the status, once the whole answer is there */
export function visit(url: string, agent: Agent | false): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode!));
      response.once('error', reject);
    });
    request.once('error', reject);
  });
}
