import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ErrorCode, GatewayError } from '../../../core/errors.js';
import { BufferedBody, Cancellation } from '../../../core/exchange.js';
import {
  countsAgainstTarget,
  isConnectFailure,
  isIdempotent,
  isReplayable,
} from '../../../core/upstream/retry-rule.js';
import { clientLeft, PushedBody, upstreamRequest } from '../../support/upstream-client.js';

const failure = (code: ErrorCode): GatewayError => new GatewayError(code, 'test');

describe('isIdempotent', () => {
  it('holds for idempotent methods, spelt as they are', () => {
    const methods = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'POST', 'PATCH', 'TRACE', 'get', 'PURGE'];
    assert.deepEqual(
      methods.filter((method) => isIdempotent(upstreamRequest({ method }))),
      ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'],
    );
  });
});

describe('isReplayable', () => {
  it('asks for a body that can be sent twice and a client that still waits', () => {
    const method = 'PUT';
    assert.equal(isReplayable(upstreamRequest({ method, body: new BufferedBody(Buffer.from('x')) })), true);
    assert.equal(isReplayable(upstreamRequest({ method, body: new PushedBody(1) })), false);
    const cancellation = new Cancellation();
    cancellation.cancel(clientLeft());
    assert.equal(isReplayable(upstreamRequest({ cancellation })), false);
  });
});

describe('countsAgainstTarget', () => {
  it('counts connection failures, refused addresses and timeouts, not what a client or the gateway did', () => {
    const codes: ErrorCode[] = [
      'SLUICE_UPSTREAM_CONNECT',
      'SLUICE_UPSTREAM_CONNECT_TIMEOUT',
      'SLUICE_UPSTREAM_ADDRESS',
      'SLUICE_UPSTREAM_CERTIFICATE',
      'SLUICE_UPSTREAM_PIN',
      'SLUICE_UPSTREAM_TLS',
      'SLUICE_UPSTREAM_TIMEOUT',
      'SLUICE_UPSTREAM_CLOSED',
      'SLUICE_UPSTREAM_CONNECTIONS',
      'SLUICE_UPSTREAM_PROTOCOL',
      'SLUICE_UPSTREAM_CUT',
      'SLUICE_LISTEN_ABORTED',
      'SLUICE_INTERNAL',
    ];
    assert.deepEqual(
      codes.filter((code) => countsAgainstTarget(failure(code))),
      codes.slice(0, 8),
    );
  });
});

describe('isConnectFailure', () => {
  it('holds only for failures before the first byte', () => {
    assert.equal(isConnectFailure(failure('SLUICE_UPSTREAM_CONNECT')), true);
    assert.equal(isConnectFailure(failure('SLUICE_UPSTREAM_CONNECT_TIMEOUT')), true);
    assert.equal(isConnectFailure(failure('SLUICE_UPSTREAM_CONNECTIONS')), true);
    assert.equal(isConnectFailure(failure('SLUICE_UPSTREAM_CERTIFICATE')), true);
    assert.equal(isConnectFailure(failure('SLUICE_UPSTREAM_TLS')), true);
    assert.equal(isConnectFailure(failure('SLUICE_UPSTREAM_PIN')), false);
    assert.equal(isConnectFailure(failure('SLUICE_UPSTREAM_ADDRESS')), false);
    assert.equal(isConnectFailure(failure('SLUICE_UPSTREAM_CLOSED')), false);
    assert.equal(isConnectFailure(failure('SLUICE_UPSTREAM_TIMEOUT')), false);
  });
});
