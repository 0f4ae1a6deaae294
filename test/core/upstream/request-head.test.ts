import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GatewayError } from '../../../core/errors.js';
import { HeaderList } from '../../../core/headers.js';
import { expectsPayload, writeHead } from '../../../core/upstream/request-head.js';
import { upstreamRequest } from '../../support/upstream-client.js';

describe('writeHead', () => {
  it('writes one character for each byte, and the host of the target where no other is named', () => {
    const headers = new HeaderList(['x-a', 'caf\xe9', 'x-b', '', 'expect', '100-continue', 'x-a', '2']);
    assert.equal(
      writeHead(upstreamRequest({ target: '/\xe9?a', headers }), 'target:80', false),
      'GET /\xe9?a HTTP/1.1\r\nhost: target:80\r\nconnection: keep-alive\r\nx-a: caf\xe9\r\nx-b: \r\nx-a: 2',
    );
    assert.equal(
      writeHead(upstreamRequest({ method: 'HEAD', authority: 'a.example' }), 'target:80', true),
      'HEAD / HTTP/1.1\r\nhost: a.example\r\nconnection: close',
    );
  });

  it('refuses as a bug of ours what would be another message on the wire', () => {
    for (const flat of [
      ['connection', 'x'],
      ['host', 'x'],
      ['te', 'trailers'],
      ['', 'x'],
      ['x', '\n'],
      ['x', '\u0100'],
    ]) {
      assert.throws(
        () => writeHead(upstreamRequest({ headers: new HeaderList(flat) }), 'target', false),
        (error) => error instanceof GatewayError && error.code === 'SLUICE_INTERNAL',
      );
    }
  });
});

describe('expectsPayload', () => {
  it('holds for the methods that say so when they carry nothing', () => {
    assert.deepEqual(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'POST', 'PUT', 'PATCH'].filter(expectsPayload), [
      ...['POST', 'PUT', 'PATCH'],
    ]);
  });
});
