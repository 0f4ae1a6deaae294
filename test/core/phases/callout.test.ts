import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Exchange } from '../../../core/exchange.js';
import { HeaderList } from '../../../core/headers.js';
import { performCallout } from '../../../core/phases/callout.js';
import { BalancedUpstream } from '../../../core/upstream/balanced-upstream.js';
import { UpstreamHeaders } from '../../../core/upstream-headers.js';
import { CALLOUT_DONE, CALLOUT_FAILED } from '../../../sdk/abi/abi.js';
import { ScriptedNames } from '../../support/scripted-names.js';
import { startUpstream } from '../../support/upstream-client.js';
import { startHttpTarget } from '../../support/upstream-servers.js';

const CALLOUT = {
  index: 0,
  upstream: 'side',
  method: 'GET',
  target: '/latest/meta-data/',
  headers: [],
  body: null,
  timeoutMs: 10_000,
  state: null,
};

function exchange(): Exchange {
  return new Exchange({
    id: 'callout-test',
    listener: 'public',
    scheme: 'http',
    method: 'GET',
    authority: 'api.example.com',
    path: '/',
    query: '',
    headers: new HeaderList(),
    clientAddress: '192.0.2.1',
    body: null,
  });
}

// How filters make callouts, and all that may come of them, is in test/e2e/.
describe('performCallout', { timeout: 20_000 }, () => {
  it('fails where the name of the upstream has come to mean an address inside', async (t) => {
    const target = await startHttpTarget(t, (_request, response) =>
      response.writeHead(200, { connection: 'close' }).end('said'),
    );
    const names = new ScriptedNames({ localhost: [['127.0.0.1'], ['169.254.169.254']] });
    const upstream = startUpstream(
      t,
      [`http://localhost:${new URL(target.url).port}`],
      {},
      (options) => new BalancedUpstream(options, undefined, names.resolve),
    );
    const through = { upstream, headers: new UpstreamHeaders([]) };

    const first = await performCallout(exchange(), CALLOUT, through);
    assert.equal(first.outcome.failure, CALLOUT_DONE);
    assert.equal(Buffer.from(first.outcome.body!).toString(), 'said');

    const second = await performCallout(exchange(), CALLOUT, through);
    assert.deepEqual(second.outcome, { status: 0, failure: CALLOUT_FAILED, headers: [], body: null });
    assert.equal(second.error?.code, 'SLUICE_UPSTREAM_ADDRESS');
    assert.match(second.error.message, /localhost .* 169\.254\.0\.0\/16 \(link-local\)/);
    assert.equal(target.sockets.length, 1);
  });
});
