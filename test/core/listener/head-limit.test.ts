import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headBytesOf, MAX_HEAD_BYTES } from '../../../core/listener/head-limit.js';

test('the head of a request has 16 KiB where the environment does not say another size', () => {
  for (const text of [undefined, '', '4095', '65537', '-1', '32k', '1e4', ' 8192'])
    assert.equal(headBytesOf(text), 16_384, text);
  assert.deepEqual(['4096', '32768', '65536'].map(headBytesOf), [4096, 32_768, 65_536]);
});

test('the engine is told by the environment', () => {
  assert.equal(process.env['UWS_HTTP_MAX_HEADERS_SIZE'], String(MAX_HEAD_BYTES));
});
