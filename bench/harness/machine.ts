// What a report says of where its figures are from.
import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { fileURLToPath } from 'node:url';
import { controlGroupLimits } from './control-group.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export interface Machine {
  readonly processors: number;
  readonly processor: string;
  /** Processors that a control group leaves the bench, e.g. 1.5; null where none says so. */
  readonly processorLimit: number | null;
  readonly memoryMiB: number;
  /** Memory that a control group leaves the bench; null where none says so. */
  readonly memoryLimitMiB: number | null;
  /** With its version, e.g. `Linux 6.1.0`. */
  readonly kernel: string;
  readonly node: string;
  /** Processes that were running or waiting in the minute before; well below the processors is quiet. */
  readonly loadBefore: number;
  /** Null outside of a repository. */
  readonly commit: string | null;
  /** Files differ from what the commit has, or are not in it. */
  readonly isChanged: boolean;
}

export function describeMachine(): Machine {
  const all = cpus();
  const { processors, memoryMiB } = controlGroupLimits();
  return {
    processors: all.length,
    processor: all[0]?.model.trim() ?? 'unknown processor',
    processorLimit: processors,
    memoryMiB: totalmem() / 2 ** 20,
    memoryLimitMiB: memoryMiB,
    kernel: `${type()} ${release()}`,
    node: process.version,
    loadBefore: loadavg()[0]!,
    commit: git('rev-parse', 'HEAD'),
    isChanged: (git('status', '--porcelain') ?? '') !== '',
  };
}

/** In a line, e.g. `2 x Intel Xeon, 24 GiB, Linux 6.1.0, Node v20.18.1`. */
export function machineText(machine: Machine): string {
  const { processorLimit, memoryLimitMiB } = machine;
  const gib = (mib: number): string => `${(mib / 1024).toFixed(1)} GiB`;
  return [
    `${machine.processors} x ${machine.processor}`,
    ...(processorLimit === null ? [] : [`limited to ${processorLimit} of them`]),
    gib(machine.memoryMiB),
    ...(memoryLimitMiB === null ? [] : [`limited to ${gib(memoryLimitMiB)}`]),
    machine.kernel,
    `Node ${machine.node}`,
  ].join(', ');
}

/** The commit in short, and whether it is what was measured. */
export function commitText({ commit, isChanged }: Pick<Machine, 'commit' | 'isChanged'>): string {
  if (commit === null) return 'outside of a repository';
  return isChanged ? `${commit.slice(0, 12)} with changes that are not committed` : commit.slice(0, 12);
}

function git(...args: string[]): string | null {
  try {
    return execFileSync('git', args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    return null;
  }
}
