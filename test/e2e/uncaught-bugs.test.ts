// Bugs that nobody catches do not end a gateway.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { route } from '../support/gateway.js';
import { GatewayProcess } from '../support/gateway-process.js';
import { startHttpTarget } from '../support/upstream-servers.js';

const BUGS = {
  'an exception in an event': "throw new Error('a bug')",
  'a promise that is rejected': "Promise.reject(new Error('a bug'))",
};

describe('a bug that nobody catches', () => {
  for (const [name, code] of Object.entries(BUGS)) {
    it(`is logged with its stack, and the gateway serves on: ${name}`, async (test) => {
      const target = await startHttpTarget(test, (_, response) => response.end('ok'));
      const gateway = await GatewayProcess.start(
        test,
        {
          listeners: [{ name: 'public', address: '127.0.0.1:0' }],
          admin: { address: '127.0.0.1:0' },
          upstreams: { sample: { targets: [{ url: target.url }] } },
          routes: [route('all', '/*')],
          workers: { count: 1 },
        },
        // In place of a bug of the gateway, which nobody knows of.
        ['--import', `data:text/javascript,process.on('SIGUSR2', () => { ${code} })`],
      );
      gateway.child.kill('SIGUSR2');
      const line = await gateway.logged(({ level }) => level === 'error');
      assert.match(String(line['msg']), /nobody caught a bug/);
      const error = line['error'] as Record<string, unknown>;
      assert.equal(error['code'], 'SLUICE_INTERNAL');
      assert.match(String(error['stack']), /a bug/);
      assert.equal((await fetch(gateway.url('/a'))).status, 200);
      assert.equal(await gateway.stop(), 0);
    });
  }
});
