// What memory a server has with many connections that are idle.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { residentMb } from '../harness/accounting.js';
import type { IdlePlan } from '../harness/idle-clients.js';
import { end, type Subject } from '../harness/processes.js';

/** What a process needs besides connections. */
const OTHER_FILES = 512;

/** As many connections as are wanted, or as many as a process may have files. */
export function possibleConnections(wanted: number): number {
  const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return limit === undefined ? wanted : Math.min(wanted, Number(limit) - OTHER_FILES);
}

export interface Idle {
  /** Connections that were there in the end. */
  readonly open: number;
  readonly residentMb: number;
}

/** Opens connections that each ask once and are silent then; they are gone when it returns. */
export async function withIdleClients(subject: Subject, plan: Omit<IdlePlan, 'port'>): Promise<Idle> {
  const clients = fork(fileURLToPath(new URL('../harness/idle-clients.js', import.meta.url)), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    const ended = once(clients, 'exit').then(() => {
      throw new Error('the idle clients ended before they were asked to');
    });
    clients.send({ ...plan, port: subject.port } satisfies IdlePlan);
    const [open] = (await Promise.race([once(clients, 'message'), ended])) as [number];
    return { open, residentMb: residentMb(subject.pids) };
  } finally {
    await end(clients);
  }
}
