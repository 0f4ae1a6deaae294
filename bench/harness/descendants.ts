// The processes that this one has started, and those that they have started, by what the kernel says of parents.
import { readdirSync, readFileSync } from 'node:fs';

/** Pids of all that run now, whoever of us started them. Empty where there is no /proc. */
export function descendants(): number[] {
  const children = childrenByParent();
  const found: number[] = [];
  const visit = (pid: number): void => {
    for (const child of children.get(pid) ?? []) {
      found.push(child);
      visit(child);
    }
  };
  visit(process.pid);
  return found;
}

/** Sends all of them the signal; one that is gone meanwhile needs none. */
export function signalDescendants(signal: NodeJS.Signals): void {
  for (const pid of descendants()) {
    try {
      process.kill(pid, signal);
    } catch {}
  }
}

/** Processes that run under one of this pid now. */
export function childrenOf(pid: number): number[] {
  return childrenByParent().get(pid) ?? [];
}

function childrenByParent(): Map<number, number[]> {
  const children = new Map<number, number[]>();
  for (const pid of pids()) {
    const parent = parentOf(pid);
    if (parent === null) continue;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [pid]);
    else siblings.push(pid);
  }
  return children;
}

function pids(): number[] {
  try {
    return readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry))
      .map(Number);
  } catch {
    return [];
  }
}

/** proc_pid_stat(5): the fields behind the name, which may hold anything, are state and parent. Null for one that ended, waited for or not. */
function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? null : Number(parent);
  } catch {
    return null;
  }
}
