// What processes used, from the kernel's accounting.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** Ticks per second of /proc, fixed on Linux. */
const TICKS_PER_S = 100;

/** What processes have used of the CPU so far. */
export interface CpuSample {
  /** User and system time of all threads, those that ended too, in seconds; exact to a tick of 10 ms. */
  readonly seconds: number;
  /** Time of each thread that runs, in nanoseconds. Empty where the kernel keeps no such account. */
  readonly threads: ReadonlyMap<string, number>;
}

export function cpuOf(pids: readonly number[]): CpuSample {
  let ticks = 0;
  const threads = new Map<string, number>();
  for (const pid of pids) {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
    for (const id of readdirSync(`/proc/${pid}/task`)) {
      const nanoseconds = threadNanoseconds(`/proc/${pid}/task/${id}/schedstat`);
      if (nanoseconds !== null) threads.set(id, nanoseconds);
    }
  }
  return { seconds: ticks / TICKS_PER_S, threads };
}

/** User and system time between two samples, all threads, in seconds. A thread that ended costs the exactness. */
export function cpuBetween(before: CpuSample, after: CpuSample): number {
  const isWhole = after.threads.size > 0 && [...before.threads.keys()].every((id) => after.threads.has(id));
  if (!isWhole) return after.seconds - before.seconds;
  let nanoseconds = 0;
  for (const [id, total] of after.threads) nanoseconds += total - (before.threads.get(id) ?? 0);
  return nanoseconds / 1e9;
}

/** Files and sockets that processes have open. */
export function openFiles(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + readdirSync(`/proc/${pid}/fd`).length, 0);
}

/** Resident memory of processes, in MiB. */
export function residentMb(pids: readonly number[]): number {
  return memoryMb(pids, 'VmRSS');
}

/** The most that it was since the peak was reset, or since they began, each for itself, in MiB. */
export function peakMb(pids: readonly number[]): number {
  return memoryMb(pids, 'VmHWM');
}

/** Lets the peak of processes begin anew. False where the kernel does not let us. */
export function resetPeak(pids: readonly number[]): boolean {
  try {
    for (const pid of pids) writeFileSync(`/proc/${pid}/clear_refs`, '5');
    return true;
  } catch {
    return false;
  }
}

function memoryMb(pids: readonly number[], field: 'VmRSS' | 'VmHWM'): number {
  const line = new RegExp(`^${field}:\\s+(\\d+)`, 'm');
  let kb = 0;
  for (const pid of pids) kb += Number(line.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  return kb / 1024;
}

/** Null where the thread ended while its folder was read, and where there is no such account. */
function threadNanoseconds(path: string): number | null {
  try {
    return Number(readFileSync(path, 'utf8').split(' ')[0]);
  } catch {
    return null;
  }
}
