import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeaderList } from '../../../core/headers.js';
import { encodeHead, formatHead, isBodiless } from '../../../core/listener/response-head.js';

describe('formatHead', () => {
  it('writes the reason phrase of a status, and one for those that have none', () => {
    assert.equal(formatHead(404, new HeaderList()), '404 Not Found');
    assert.equal(formatHead(799, new HeaderList()), '799 Unassigned');
  });

  it('writes fields in order and repeats those that repeat', () => {
    const headers = new HeaderList(['b', '1', 'a', '2', 'b', '3']);
    assert.equal(formatHead(200, headers), '200 OK\r\nb: 1\r\na: 2\r\nb: 3');
  });

  it('leaves out framing fields, date and what would break the message', () => {
    const framing = [
      'content-length',
      '1',
      'transfer-encoding',
      'x',
      'connection',
      'x',
      'upgrade',
      'x',
      'date',
      'x',
    ];
    const broken = ['a b', 'x', '', 'x', 'c', 'x\r\ny: z', 'd', '\0', 'e', '\u0100'];
    assert.equal(formatHead(200, new HeaderList([...framing, ...broken, 'ok', 'x'])), '200 OK\r\nok: x');
  });
});

describe('encodeHead', () => {
  it('writes one byte per character', () => {
    assert.equal(encodeHead('200 OK\r\na: b'), '200 OK\r\na: b');
    assert.deepEqual(encodeHead('\xe9'), Buffer.from([0xe9]));
  });
});

describe('isBodiless', () => {
  it('knows the statuses without a body', () => {
    const bodiless = [100, 101, 103, 199, 200, 201, 204, 205, 206, 304, 404].filter(isBodiless);
    assert.deepEqual(bodiless, [100, 101, 103, 199, 204, 304]);
  });
});
