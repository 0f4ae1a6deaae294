// Starts proxies of `bench/peers/node/`.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { end, portOf, type Subject } from '../harness/processes.js';

/** Starts `node/PROGRAM.js`, which says its port when it serves. */
export async function startNodePeer(
  name: string,
  program: string,
  args: readonly string[],
): Promise<Subject> {
  const main = fileURLToPath(new URL(`./node/${program}.js`, import.meta.url));
  const child = fork(main, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  return { name, scheme: 'http', port: await portOf(child), pids: [child.pid!], stop: () => end(child) };
}
