// Bodies through UwsListener: what every listener must do with them, and what only this engine gets wrong.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeaderList } from '../../../core/headers.js';
import { UwsListener } from '../../../core/listener/uws-listener.js';
import { testListenerBodies } from '../../contract/listener-bodies.contract.js';
import { PatternBody, pattern } from '../../support/raw-body.js';
import { RawClient } from '../../support/raw-client.js';

const MIB = 1024 * 1024;

testListenerBodies('UwsListener', (options) => new UwsListener(options));

describe('UwsListener', () => {
  it('sends no chunk that is larger than what the engine corks', async () => {
    const listener = new UwsListener({ name: 'public', host: '127.0.0.1', port: 0, idleMs: 0 });
    await listener.listen((_exchange, reply) => {
      // Where one is, the engine may lose it: only then, when the socket is full just between two of them.
      void reply.send(200, new HeaderList(), new PatternBody(MIB, { announced: false, chunkBytes: 100_000 }));
    });
    const client = await RawClient.open(listener.port);
    client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.until(() => client.received.endsWith('\r\n0\r\n\r\n'));
    const wire = client.received;
    let at = wire.indexOf('\r\n\r\n') + 4;
    const body: string[] = [];
    for (;;) {
      const lineEnd = wire.indexOf('\r\n', at);
      const size = Number.parseInt(wire.slice(at, lineEnd), 16);
      if (size === 0) break;
      assert.ok(size + 10 <= 16 * 1024, `a chunk of ${size} bytes`);
      body.push(wire.slice(lineEnd + 2, lineEnd + 2 + size));
      at = lineEnd + 2 + size + 2;
    }
    assert(Buffer.from(body.join(''), 'latin1').equals(pattern(0, MIB)));
    client.destroy();
    listener.close();
  });
});
