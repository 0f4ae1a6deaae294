// What no client may do: end the process, or make it forget an exchange.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { route, until } from '../support/gateway.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { startHttpTarget } from '../support/upstream-servers.js';

const HEAD = 'POST /raw HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n';

/** Packets of one connection, each sent once the one before it has left. */
const ATTACKS: Readonly<Record<string, readonly string[]>> = {
  'a bad chunk size right after the head': [`${HEAD}zz\r\n`],
  'a bad chunk size after a good chunk': [`${HEAD}3\r\nabc\r\nzz\r\n`],
  'a bad chunk size in a packet of its own': [HEAD, '3\r\nabc\r\n', 'zz\r\n'],
  'a body that is cut off': ['POST /raw HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\nabc'],
  'an upload that never ends': [HEAD, '3\r\nabc\r\n'],
  'bytes that are no HTTP': ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  'a head that is too large': [`GET /raw HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`],
};

describe('a hostile client', () => {
  it('is refused or cut, and the gateway serves the next one', async (test) => {
    const target = await startHttpTarget(test, (request, response) => {
      request.resume();
      request.on('end', () => response.end('ok'));
    });
    const gateway = await GatewayProcess.start(test, {
      listeners: [{ name: 'public', address: '127.0.0.1:0' }],
      admin: { address: '127.0.0.1:0' },
      upstreams: { sample: { targets: [{ url: target.url }], ejection: { failures: 0 } } },
      routes: [route('raw', '/raw')],
      workers: { count: 1 },
    });
    const inFlight = async (): Promise<number> => {
      const metrics = await (await fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`)).text();
      return Number(/^sluice_requests_in_flight (\d+)$/m.exec(metrics)?.[1]);
    };
    for (const [name, packets] of Object.entries(ATTACKS)) {
      for (let attempt = 0; attempt < 10; attempt += 1) {
        // A warm connection upstream makes a request leave in the tick it came.
        assert.equal((await fetch(gateway.url('/raw'))).status, 200, name);
        const socket = connect(gateway.port, '127.0.0.1');
        socket.on('error', () => {});
        await once(socket, 'connect');
        for (const packet of packets) await new Promise((sent) => socket.write(packet, 'latin1', sent));
        socket.end();
        await until(async () => (await inFlight()) === 0);
        socket.destroy();
      }
    }
    assert.equal((await fetch(gateway.url('/raw'))).status, 200);
    assert.equal(await gateway.stop(), 0);
  });
});
