import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LoadRequest } from '../../../bench/harness/load.js';
import type { Subject } from '../../../bench/harness/processes.js';
import { possibleConnections, withIdleClients } from '../../../bench/peers/memory.js';

const request: LoadRequest = { method: 'POST', path: '/', headers: { 'x-a': '1' }, body: '{}' };

describe('idle clients', () => {
  const sockets = new Set<Socket>();
  const seen = { asked: 0, most: 0 };
  let closing = false;
  const server = createServer((message, response) => {
    seen.asked += 1;
    seen.most = Math.max(seen.most, sockets.size);
    if (closing) response.setHeader('connection', 'close');
    message.resume().once('end', () => response.end('yes'));
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  let subject: Subject;

  before(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    subject = { name: 'server', scheme: 'http', port, pids: [process.pid], stop: async () => {} };
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });

  it('ask once each, stay, and are gone afterwards', async () => {
    const { open, residentMb } = await withIdleClients(subject, { request, count: 150 });
    assert.equal(open, 150);
    assert.equal(seen.asked, 150);
    assert.equal(seen.most, 150);
    assert.ok(residentMb > 0);
    while (sockets.size > 0) await nextTurn();
  });

  it('are not counted where the server does not keep them', async () => {
    closing = true;
    const { open } = await withIdleClients(subject, { request, count: 3 });
    assert.equal(open, 0);
  });

  it('are no more than a process may have files', () => {
    assert.equal(possibleConnections(10), 10);
    assert.ok(possibleConnections(1e9) < 1e9);
  });
});
