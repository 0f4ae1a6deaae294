import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatAddress, PeerAddresses } from '../../../core/listener/peer-address.js';

describe('formatAddress', () => {
  for (const [hex, text] of [
    ['7f000001', '127.0.0.1'],
    ['00000000000000000000ffffc0000201', '192.0.2.1'],
    ['00000000000000000000000000000001', '::1'],
    ['00000000000000000000000000000000', '::'],
    ['20010db8000000000001000000000001', '2001:db8::1:0:0:1'],
    ['20010db8000100020003000400050006', '2001:db8:1:2:3:4:5:6'],
    ['20010db8000000010001000100010001', '2001:db8:0:1:1:1:1:1'],
    ['20010db8000000000000000000000000', '2001:db8::'],
    ['', ''],
  ] as const) {
    it(`writes ${hex || 'nothing'} as ${text || 'nothing'}`, () => {
      assert.equal(formatAddress(Buffer.from(hex, 'hex')), text);
    });
  }
});

describe('PeerAddresses', () => {
  it('writes the same address again, and tells it from others', () => {
    const addresses = new PeerAddresses();
    const texts = [[10, 0, 0, 1], [200, 0, 0, 1], [10, 0, 0, 1], new Array<number>(16).fill(0), []].map(
      (bytes) => addresses.textOf(new Uint8Array(bytes).buffer),
    );
    assert.deepEqual(texts, ['10.0.0.1', '200.0.0.1', '10.0.0.1', '::', '']);
  });
});
