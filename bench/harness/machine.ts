// What a report says of where its figures are from.
import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release } from 'node:os';

export interface Machine {
  readonly processors: number;
  readonly processor: string;
  readonly kernel: string;
  readonly node: string;
  /** Processes that were running or waiting in the minute before; well below the processors is quiet. */
  readonly loadBefore: number;
  /** Null outside of a repository. */
  readonly commit: string | null;
}

export function describeMachine(): Machine {
  const all = cpus();
  return {
    processors: all.length,
    processor: all[0]?.model ?? 'unknown processor',
    kernel: release(),
    node: process.version,
    loadBefore: loadavg()[0]!,
    commit: commit(),
  };
}

function commit(): string | null {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    return null;
  }
}
