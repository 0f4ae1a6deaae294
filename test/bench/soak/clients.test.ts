import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { childrenOf } from '../../../bench/harness/descendants.js';
import { Clients } from '../../../bench/soak/clients.js';

describe('the clients of a soak', () => {
  it('are known to have ended when somebody ended them, so that nobody waits for their next second', async () => {
    const server = createServer((_, response) => response.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const before = childrenOf(process.pid);
    const clients = new Clients({ port, connections: 1, pauseMs: 10 }, () => {});
    try {
      const [pid] = childrenOf(process.pid).filter((child) => !before.includes(child));
      clients.check();
      process.kill(pid!);
      const hasEnded = async (): Promise<never> => {
        for (;;) {
          clients.check();
          await delay(10);
        }
      };
      await assert.rejects(hasEnded, /the clients of the soak ended with SIGTERM/);
    } finally {
      await clients.stop();
      server.closeAllConnections();
      server.close();
    }
  });
});
