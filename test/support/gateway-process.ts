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

export interface CommandEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a `sluice` command to its end. */
export async function sluice(...args: readonly string[]): Promise<CommandEnd> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
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
  /** The file that the gateway watches. */
  readonly configFile: string;
  /** Lines of the log so far. */
  readonly lines: Record<string, unknown>[];

  private constructor(
    child: ChildProcess,
    configFile: string,
    lines: Record<string, unknown>[],
    serving: Record<string, unknown>,
  ) {
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
    const child = spawn(process.execPath, [...nodeFlags, MAIN, 'run', '--config', file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    test.after(async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      rmSync(folder, { recursive: true, force: true });
    });
    const lines: Record<string, unknown>[] = [];
    const serving = await new Promise<Record<string, unknown>>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`sluice run ended with ${code}`)));
      createInterface({ input: child.stdout! }).on('line', (line) => {
        const parsed = JSON.parse(line) as Record<string, unknown>;
        lines.push(parsed);
        if (parsed['msg'] === 'serving') resolve(parsed);
      });
    });
    return new GatewayProcess(child, file, lines, serving);
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

  /** Sends SIGTERM and answers the exit code. */
  async stop(): Promise<number | null> {
    this.child.kill('SIGTERM');
    if (this.child.exitCode === null) await once(this.child, 'exit');
    return this.child.exitCode;
  }
}
