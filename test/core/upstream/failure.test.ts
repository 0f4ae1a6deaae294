import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { GatewayError } from '../../../core/errors.js';
import { failureOf, reasonOf } from '../../../core/upstream/failure.js';
import { closedOrigin } from '../../support/upstream-servers.js';

describe('reasonOf', () => {
  it('says of a name why each of its addresses did not take the connection', async () => {
    const port = Number(new URL(await closedOrigin()).port);
    const addresses = [
      { address: '127.0.0.1', family: 4 },
      { address: '127.0.0.2', family: 4 },
    ];
    const error = await new Promise<Error>((resolve) => {
      connect({
        host: 'two.example',
        port,
        lookup: (_name, _options, settled) => settled(null, addresses),
      }).on('error', resolve);
    });
    assert.equal(
      reasonOf(error),
      `connect ECONNREFUSED 127.0.0.1:${port}, connect ECONNREFUSED 127.0.0.2:${port}`,
    );
    assert.equal(reasonOf(new Error('once')), 'once');
  });
});

describe('failureOf', () => {
  it('leaves an error of ours as it is, at whatever point', () => {
    const error = new GatewayError('SLUICE_UPSTREAM_ADDRESS', 'refused');
    for (const point of ['connecting', 'sent', 'body'] as const) {
      assert.equal(failureOf(error, point, 'http://a'), error);
    }
  });

  it('names the target, and keeps the error as the cause', () => {
    const cause = new Error('connect ECONNREFUSED');
    const failure = failureOf(cause, 'connecting', 'http://a');
    assert.equal(failure.code, 'SLUICE_UPSTREAM_CONNECT');
    assert.equal(failure.message, 'cannot connect to http://a: connect ECONNREFUSED');
    assert.equal(failure.cause, cause);
  });
});
