// Fields after the body of a request: no filter sees them, so they go no further than filters let headers go.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { route, TestGateway } from '../support/gateway.js';
import { Http2Client } from '../support/http2-client.js';
import { startHttp2Target } from '../support/http2-target.js';

describe('trailers of a request', () => {
  it('reach the target, but not where filters judge requests', async (test) => {
    const seen: unknown[] = [];
    const target = await startHttp2Target(test, (stream) => {
      let debug: unknown = null;
      stream.on('trailers', (fields) => {
        debug = fields['x-debug'];
      });
      stream.resume();
      stream.on('end', () => {
        seen.push(debug);
        stream.respond({ ':status': 204 }, { endStream: true });
      });
    });
    const rules = [{ methods: ['POST'], path: '/judged', headers: { 'x-debug': { present: false } } }];
    const gateway = await TestGateway.start(test, {
      listeners: [{ name: 'public', address: '127.0.0.1:0', engine: 'node', http2: true }],
      upstreams: { sample: { targets: [{ url: target.url }], protocol: 'http2' } },
      filters: { policy: { module: 'builtin:policy', config: { rules } } },
      routes: [route('free', '/free'), route('judged', '/judged', ['policy'])],
    });
    const client = await Http2Client.open(gateway.port);
    test.after(() => client.destroy());
    const refused = await client.ask('/judged', {
      headers: { ':method': 'POST', 'x-debug': '1' },
      body: 'a',
    });
    assert.equal(refused.status, 403);
    for (const path of ['/judged', '/free']) {
      const request = { headers: { ':method': 'POST' }, body: 'a', trailers: { 'x-debug': '1' } };
      assert.equal((await client.ask(path, request)).status, 204);
    }
    assert.deepEqual(seen, [null, '1']);
  });
});
