// Clients that have nothing to say, in a process of its own: each asks once, keeps its connection, and is silent.
import { Agent, request } from 'node:http';
import type { Socket } from 'node:net';
import type { LoadRequest } from './load.js';

export interface IdlePlan {
  readonly port: number;
  readonly request: LoadRequest;
  readonly count: number;
}

const AT_ONCE = 64;
const open = new Set<Socket>();

process.once('message', async ({ port, request: asked, count }: IdlePlan) => {
  let started = 0;
  const next = async (): Promise<void> => {
    while (started < count) {
      started += 1;
      await ask(port, asked);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  process.send!(open.size);
});
process.on('disconnect', () => process.exit(0));

/** Asks on a connection of its own, which stays if the server lets it; one that fails is not there. */
function ask(port: number, { method, path, headers, body }: LoadRequest): Promise<void> {
  return new Promise((resolve) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    agent.once('free', () => resolve());
    const asking = request({ host: '127.0.0.1', port, method, path, headers, agent }, (response) => {
      const { socket } = response;
      open.add(socket);
      socket.once('close', () => {
        open.delete(socket);
        resolve();
      });
      response.resume();
    });
    asking.once('error', () => resolve());
    asking.end(body);
  });
}
