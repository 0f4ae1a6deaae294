import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { PortClaims } from '../../../core/processes/port-claims.js';
import { freePort } from '../../support/process-set.js';

async function takenPort(test: TestContext): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  test.after(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const REFUSED = { code: 'SLUICE_LISTEN_ADDRESS', message: /listener public cannot bind 127\.0\.0\.1:\d+/ };

describe('claims of ports', () => {
  it('are granted to all processes at once where nobody else has the port', async () => {
    const claims = new PortClaims<string>();
    const address = { name: 'public', host: '127.0.0.1', port: await freePort() };
    await Promise.all(['a', 'b', 'c'].map((holder) => claims.claim(holder, address)));
  });

  it('are refused where somebody else has it, and granted later when that is gone', async (test) => {
    const claims = new PortClaims<string>();
    const address = { name: 'public', host: '127.0.0.1', port: await takenPort(test) };
    await assert.rejects(claims.claim('a', address), REFUSED);
    await assert.rejects(claims.claim('b', address), REFUSED);
    await claims.claim('a', { ...address, port: await freePort() });
  });

  it('need no second look while a process has the port, and one after the last has released it', async (test) => {
    const claims = new PortClaims<string>();
    const address = { name: 'public', host: '127.0.0.1', port: await freePort() };
    await claims.claim('a', address);
    await claims.claim('b', address);
    // As one of the processes would.
    const server = createServer().listen(address.port, address.host);
    test.after(() => server.close());
    await once(server, 'listening');
    await claims.claim('c', address);
    claims.release('a', address);
    claims.releaseAll('b');
    await claims.claim('d', address);
    for (const holder of ['c', 'd']) claims.releaseAll(holder);
    await assert.rejects(claims.claim('e', address), REFUSED);
  });
});
