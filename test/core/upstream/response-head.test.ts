import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeHead } from '../../../core/upstream/response-head.js';

function decode(...fields: string[]) {
  return decodeHead(fields.map((text) => Buffer.from(text, 'latin1')));
}

describe('decodeHead', () => {
  it('lower-cases names and reads values as latin1', () => {
    assert.deepEqual(decode('X-One', 'caf\xe9', 'Content-TYPE', 'a', 'x-\u007e', '').fields, [
      ...['x-one', 'caf\xe9', 'content-type', 'a', 'x-~', ''],
    ]);
  });

  it('takes white space off the end of a value, not out of it', () => {
    assert.deepEqual(decode('a', 'b c \t ', 'd', ' \t').fields, ['a', 'b c', 'd', '']);
  });

  it('drops hop-by-hop fields and those that any connection field names, whatever their order', () => {
    const head = decode(
      ...['X-A', '1', 'Connection', 'X-B , close', 'x-b', '2', 'TE', 'trailers', 'Trailer', 'x-t'],
      ...['connection', 'keep-alive,x-a', 'x-c', '3', 'Proxy-Connection', 'keep-alive', 'Upgrade', 'h2c'],
    );
    assert.deepEqual(head.fields, ['x-c', '3']);
  });

  it('tells how the body ends', () => {
    const known = decode('Content-Length', '12 ');
    assert.deepEqual([known.contentLength, known.untilClose], [12, false]);
    const chunked = decode('Transfer-Encoding', 'Chunked');
    assert.deepEqual([chunked.contentLength, chunked.untilClose, chunked.unknownCoding], [null, false, null]);
    const open = decode('x', 'y');
    assert.deepEqual([open.contentLength, open.untilClose], [null, true]);
  });

  it('keeps the length even when a connection field names it', () => {
    const head = decode('connection', 'content-length', 'content-length', '3');
    assert.deepEqual([head.contentLength, head.fields], [3, []]);
  });

  it('names a transfer coding that only its sender understands', () => {
    assert.equal(decode('transfer-encoding', 'gzip, chunked').unknownCoding, 'gzip, chunked');
  });
});
