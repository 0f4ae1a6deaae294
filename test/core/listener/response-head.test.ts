import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeaderList } from '../../../core/headers.js';
import { encodeHead, formatHead, isBodiless } from '../../../core/listener/response-head.js';

describe('formatHead', () => {
  it('writes the reason phrase of a status, and one for those that have none', () => {
    assert.equal(formatHead(404, new HeaderList()).text, '404 Not Found');
    assert.equal(formatHead(799, new HeaderList()).text, '799 Unassigned');
  });

  it('writes fields in order and repeats those that repeat', () => {
    const headers = new HeaderList(['b', '1', 'a', '2', 'b', '3']);
    assert.equal(formatHead(200, headers).text, '200 OK\r\nb: 1\r\na: 2\r\nb: 3');
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
    const { text, isAscii } = formatHead(200, new HeaderList([...framing, ...broken, 'ok', 'x']));
    assert.equal(text, '200 OK\r\nok: x');
    assert.ok(isAscii);
  });
});

describe('encodeHead', () => {
  it('writes one byte per character', () => {
    const ascii = formatHead(200, new HeaderList(['a', 'b']));
    assert.equal(encodeHead(ascii), '200 OK\r\na: b');
    assert.equal(encodeHead(ascii, '\r\nc: d'), '200 OK\r\na: b\r\nc: d');
    const beyond = formatHead(200, new HeaderList(['a', 'b', 'c', '\xe9', 'd', 'e']));
    const bytes = Buffer.from('200 OK\r\na: b\r\nc: \xe9\r\nd: e\r\nf: g', 'latin1');
    assert.deepEqual(encodeHead(beyond, '\r\nf: g'), bytes);
  });
});

describe('isBodiless', () => {
  it('knows the statuses without a body', () => {
    const bodiless = [100, 101, 103, 199, 200, 201, 204, 205, 206, 304, 404].filter(isBodiless);
    assert.deepEqual(bodiless, [100, 101, 103, 199, 204, 304]);
  });
});
