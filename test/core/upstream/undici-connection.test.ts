import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startUpstream, upstreamRequest } from '../../support/upstream-client.js';
import { ENGINES } from '../../support/upstream-engines.js';
import { answering, startRawTarget } from '../../support/upstream-servers.js';

// What it has in common with the other client is in call.test.ts and in the contract suite.
describe('UndiciConnection', { timeout: 30_000 }, () => {
  it('takes a 100 that it did not ask for as a breach of the protocol', async (t) => {
    const target = await startRawTarget(
      t,
      answering(() => 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'),
    );
    const upstream = startUpstream(t, [target.url], {}, ENGINES['UndiciConnection']);
    await assert.rejects(upstream.forward(upstreamRequest()), { code: 'SLUICE_UPSTREAM_PROTOCOL' });
  });
});
