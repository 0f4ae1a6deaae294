// Starts proxies of `bench/peers/node/`.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { end, type Subject } from '../harness/processes.js';

/** Starts `node/PROGRAM.js`, which says its port when it serves. */
export async function startNodePeer(
  name: string,
  program: string,
  args: readonly string[],
): Promise<Subject> {
  const main = fileURLToPath(new URL(`./node/${program}.js`, import.meta.url));
  const child = fork(main, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const port = await Promise.race([
    once(child, 'message').then(([value]) => value as number),
    once(child, 'exit').then(([code]) => {
      throw new Error(`${program} on Node.js ended with ${code}`);
    }),
  ]);
  return { name, scheme: 'http', port, pids: [child.pid!], stop: () => end(child) };
}
