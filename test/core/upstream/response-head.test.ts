import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ProtocolError } from '../../../core/upstream/failure.js';
import { ResponseHead } from '../../../core/upstream/response-head.js';

function build(...flat: string[]): ResponseHead {
  const head = new ResponseHead(200);
  for (let i = 0; i < flat.length; i += 2) head.add(flat[i]!, flat[i + 1]!);
  head.seal();
  return head;
}

describe('ResponseHead', () => {
  it('keeps fields in their order, repeated ones too', () => {
    assert.deepEqual(build('x-a', '1', 'set-cookie', 'a', 'x-b', '', 'set-cookie', 'b').fields, [
      ...['x-a', '1', 'set-cookie', 'a', 'x-b', '', 'set-cookie', 'b'],
    ]);
  });

  it('drops hop-by-hop fields and those that any connection field names, whatever their order', () => {
    const head = build(
      ...['x-a', '1', 'connection', 'X-B , close', 'x-b', '2', 'te', 'trailers', 'trailer', 'x-t'],
      ...['connection', 'keep-alive,x-a', 'x-c', '3', 'proxy-connection', 'keep-alive', 'upgrade', 'h2c'],
    );
    assert.deepEqual(head.fields, ['x-c', '3']);
  });

  it('tells how the body ends', () => {
    const known = build('content-length', '12');
    assert.deepEqual([known.contentLength, known.chunked, known.untilClose], [12, false, false]);
    const chunked = build('transfer-encoding', 'Chunked');
    assert.deepEqual([chunked.contentLength, chunked.chunked, chunked.untilClose], [null, true, false]);
    const open = build('x', 'y');
    assert.deepEqual([open.contentLength, open.chunked, open.untilClose], [null, false, true]);
    assert.deepEqual(
      [200, 204, 205, 304].map((status) => new ResponseHead(status).bodiless),
      [...[false, true, false, true]],
    );
  });

  it('keeps the length even when a connection field names it', () => {
    const head = build('connection', 'content-length', 'content-length', '3');
    assert.deepEqual([head.contentLength, head.fields], [3, []]);
  });

  it('says what becomes of the connection', () => {
    const plain = build('x', 'y');
    assert.deepEqual([plain.closes, plain.keepsAlive, plain.keepAliveTimeoutMs], [false, false, null]);
    const closing = build('connection', 'Close');
    assert.deepEqual([closing.closes, closing.keepsAlive], [true, false]);
    const kept = build('connection', 'x-a, Keep-Alive', 'keep-alive', 'max=100, Timeout=7');
    assert.deepEqual([kept.closes, kept.keepsAlive, kept.keepAliveTimeoutMs], [false, true, 7000]);
    assert.equal(build('keep-alive', 'xtimeout=7').keepAliveTimeoutMs, null);
  });

  const refused: Record<string, string[]> = {
    'a transfer coding that only its sender understands': ['transfer-encoding', 'gzip, chunked'],
    'a coding under a wrong name': ['transfer-encoding', 'xchunked'],
    'an empty coding': ['transfer-encoding', ''],
    'chunks in chunks': ['transfer-encoding', 'chunked', 'transfer-encoding', 'chunked'],
    'chunks twice in one field': ['transfer-encoding', 'chunked, chunked'],
    'a length before chunks': ['content-length', '1', 'transfer-encoding', 'chunked'],
    'a length after chunks': ['transfer-encoding', 'chunked', 'content-length', '1'],
    'two lengths': ['content-length', '1', 'content-length', '2'],
    'two equal lengths': ['content-length', '1', 'content-length', '1'],
    'a list of lengths': ['content-length', '1, 1'],
    'a negative length': ['content-length', '-1'],
    'a signed length': ['content-length', '+1'],
    'a length in hex': ['content-length', '0x1'],
    'a length with a fraction': ['content-length', '1.0'],
    'no length at all': ['content-length', ''],
    'a length beyond what is counted exactly': ['content-length', '9007199254740993'],
  };
  for (const [what, flat] of Object.entries(refused)) {
    it(`refuses ${what}`, () => {
      assert.throws(() => build(...flat), ProtocolError);
    });
  }
});
