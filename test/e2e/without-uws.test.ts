// A gateway where uWebSockets.js cannot be loaded: it serves on Node's servers and says why.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GatewayProcess } from '../support/gateway-process.js';

const HOOK = new URL('../support/without-uws.js', import.meta.url).href;

describe('a gateway without uWebSockets.js', { timeout: 60_000 }, () => {
  it('serves, and says which engine it took and why', async (test) => {
    const gateway = await GatewayProcess.start(
      test,
      {
        listeners: [{ name: 'public', address: '127.0.0.1:0' }],
        admin: { address: '127.0.0.1:0' },
      },
      ['--import', HOOK],
    );
    const line = await gateway.logged(({ engine }) => engine !== undefined);
    assert.equal(line['engine'], 'node');
    assert.match(String(line['msg']), /cannot be loaded here: there is no binary for this platform/);
    const response = await fetch(gateway.url('/'));
    assert.equal(response.status, 404);
    assert.equal(await gateway.stop(), 0);
  });
});
