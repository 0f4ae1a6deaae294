// What control groups leave this process of the machine, as containers are limited on Linux (cgroups(7), both versions).
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

export interface Limits {
  /** In processors, e.g. 1.5; null without a limit. */
  readonly processors: number | null;
  /** Null without a limit. */
  readonly memoryMiB: number | null;
}

/** Version 1 has no word for "no limit": it gives the most that fits into its counter, in pages. */
const UNLIMITED_BYTES = 2 ** 60;

/** The tightest of the group of this process and of those above it. `root` is where the system's files are. */
export function controlGroupLimits(root = '/'): Limits {
  const groups = groupsOf(root);
  return {
    processors: least(groups.map(processorsOf)),
    memoryMiB: least(groups.map((group) => memoryOf(group))),
  };
}

/** Folders of the groups, each with those above it up to the mount: in a container only the mount itself may be there. */
function groupsOf(root: string): string[] {
  const lines = (read(join(root, 'proc/self/cgroup')) ?? '').trim().split('\n');
  return lines.flatMap((line) => {
    const [, controllers = '', path = '/'] = line.split(':');
    const mount = join(root, 'sys/fs/cgroup', controllers);
    return ancestors(path).map((each) => join(mount, each));
  });
}

function ancestors(path: string): string[] {
  return path === '/' || path === '.' ? ['/'] : [path, ...ancestors(posix.dirname(path))];
}

/** `cpu.max` says `QUOTA PERIOD` in version 2, two files say it in version 1; `max` and -1 are no quota. */
function processorsOf(group: string): number | null {
  const text =
    read(join(group, 'cpu.max')) ??
    `${read(join(group, 'cpu.cfs_quota_us')) ?? ''} ${read(join(group, 'cpu.cfs_period_us')) ?? ''}`;
  const [quota, period] = text.trim().split(/\s+/).map(Number);
  return quota! > 0 && period! > 0 ? quota! / period! : null;
}

function memoryOf(group: string): number | null {
  const text = read(join(group, 'memory.max')) ?? read(join(group, 'memory.limit_in_bytes')) ?? '';
  const bytes = Number.parseInt(text, 10);
  return bytes > 0 && bytes < UNLIMITED_BYTES ? bytes / 2 ** 20 : null;
}

function least(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.min(...known);
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
