// The gateway as an operator runs it: a process of its own, a configuration on disk, signals.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../core/cli/main.js', import.meta.url));

const LINE_DEADLINE_MS = 30_000;

export interface CommandEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** On standard input. Default: nothing. */
  readonly input?: string | Uint8Array;
  /** On top of the environment of the test. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a `sluice` command to its end. */
export function sluice(...args: readonly string[]): Promise<CommandEnd> {
  return sluiceWith({}, ...args);
}

/** Likewise, with input or variables. */
export async function sluiceWith(
  { input = '', env = {} }: CommandOptions,
  ...args: readonly string[]
): Promise<CommandEnd> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  // A command that does not read may have ended by now.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

export class GatewayProcess {
  readonly child: ChildProcess;
  readonly ports: Readonly<Record<string, number>>;
  readonly adminPort: number;
  /** The file that the gateway watches, or where in etcd it looks. */
  readonly configFile: string;
  /** Lines of the log so far. */
  readonly lines: Record<string, unknown>[];
  readonly #written: string[];

  private constructor(
    child: ChildProcess,
    configFile: string,
    lines: Record<string, unknown>[],
    written: string[],
    serving: Record<string, unknown>,
  ) {
    this.#written = written;
    this.child = child;
    this.configFile = configFile;
    this.lines = lines;
    this.ports = serving['listeners'] as Record<string, number>;
    this.adminPort = serving['admin'] as number;
  }

  /** Starts `sluice run` and waits until it serves. It ends with the test. `nodeFlags` stand before the program. */
  static async start(
    test: TestContext,
    config: unknown,
    nodeFlags: readonly string[] = [],
  ): Promise<GatewayProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-process-'));
    const file = join(folder, 'sluice.json');
    writeFileSync(file, JSON.stringify(config));
    const gateway = await GatewayProcess.startFrom(test, file, [], nodeFlags);
    test.after(() => rmSync(folder, { recursive: true, force: true }));
    return gateway;
  }

  /** Likewise with the configuration at a path or in etcd, and more options of `sluice run`. */
  static async startFrom(
    test: TestContext,
    location: string,
    options: readonly string[] = [],
    nodeFlags: readonly string[] = [],
  ): Promise<GatewayProcess> {
    const child = spawn(process.execPath, [...nodeFlags, MAIN, 'run', '--config', location, ...options], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const written: string[] = [];
    child.stdout!.on('data', (bytes) => written.push(String(bytes)));
    child.stderr!.on('data', (bytes) => {
      written.push(String(bytes));
      process.stderr.write(bytes);
    });
    test.after(() => kill(child));
    const lines: Record<string, unknown>[] = [];
    const serving = await new Promise<Record<string, unknown>>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`sluice run ended with ${code}`)));
      createInterface({ input: child.stdout! }).on('line', (text) => {
        const line = JSON.parse(text) as Record<string, unknown>;
        lines.push(line);
        child.emit('line', line);
        if (line['msg'] === 'serving') resolve(line);
      });
    });
    return new GatewayProcess(child, location, lines, written, serving);
  }

  /** The first line of the log that fits, of those so far or those to come. */
  async logged(fits: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    const known = this.lines.find(fits);
    if (known !== undefined) return known;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('no such line came')), LINE_DEADLINE_MS);
      const look = (line: Record<string, unknown>): void => {
        if (!fits(line)) return;
        clearTimeout(late);
        this.child.off('line', look);
        resolve(line);
      };
      this.child.on('line', look);
    });
  }

  /** All that it wrote to stdout and stderr so far. */
  output(): string {
    return this.#written.join('');
  }

  get port(): number {
    return this.ports['public']!;
  }

  url(target: string): string {
    return `http://127.0.0.1:${this.port}${target}`;
  }

  /** Resident memory now, in MiB. */
  residentMb(): number {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024;
  }

  /** Ends it at once. */
  kill(): Promise<void> {
    return kill(this.child);
  }

  /** Sends SIGTERM and answers the exit code. */
  async stop(): Promise<number | null> {
    this.child.kill('SIGTERM');
    if (this.child.exitCode === null) await once(this.child, 'exit');
    return this.child.exitCode;
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
