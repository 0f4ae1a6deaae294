import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readPreamble } from '../../../../core/listener/node/proxy-preamble.js';
import { preamble, tlv } from '../../../support/proxy-preamble.js';

const CLIENT = '203.0.113.7';

describe('readPreamble', () => {
  const accepted: readonly [what: string, bytes: Buffer, address: string | null][] = [
    ['IPv4', preamble(CLIENT), CLIENT],
    ['IPv6', preamble('2001:db8:0:0:0:0:0:7'), '2001:db8::7'],
    ['IPv4 in IPv6', preamble('0:0:0:0:0:ffff:cb00:7107'), CLIENT],
    [
      'TLVs',
      preamble(CLIENT, { tlvs: Buffer.concat([tlv(1, Buffer.from('h2')), tlv(4, Buffer.alloc(0))]) }),
      CLIENT,
    ],
    ['as much as there may be', preamble(CLIENT, { tlvs: tlv(0xea, Buffer.alloc(4096 - 15)) }), CLIENT],
    ['LOCAL', preamble(CLIENT, { command: 0x20 }), null],
    [
      'LOCAL that says nothing',
      preamble(CLIENT, { command: 0x20, family: 0, length: 0 }).subarray(0, 16),
      null,
    ],
    [
      'LOCAL with whatever',
      preamble(CLIENT, { command: 0x20, family: 0xff, tlvs: Buffer.from('abc') }),
      null,
    ],
  ];
  for (const [what, bytes, address] of accepted) {
    it(`reads ${what}, and leaves what follows`, () => {
      const whole = { kind: 'complete', length: bytes.length, address };
      assert.deepEqual(readPreamble(bytes), whole);
      assert.deepEqual(readPreamble(Buffer.concat([bytes, Buffer.from('GET / HTTP/1.1\r\n')])), whole);
      for (let cut = 0; cut < bytes.length; cut += 1)
        assert.equal(readPreamble(bytes.subarray(0, cut)).kind, 'incomplete', `${cut} bytes`);
    });
  }

  const refused: readonly [what: string, bytes: Buffer, problem: RegExp][] = [
    ['a request', Buffer.from('GET / HTTP/1.1\r\n\r\n'), /signature/],
    ['a first byte that is another', Buffer.from('G'), /signature/],
    ['the hello of TLS', Buffer.from('160301', 'hex'), /signature/],
    ['version 1', Buffer.from('PROXY TCP4 203.0.113.7 10.0.0.1 4660 443\r\n'), /signature/],
    ['a signature that ends otherwise', Buffer.from('0d0a0d0a000d0a515549540b', 'hex'), /signature/],
    ['version 1 in binary', preamble(CLIENT, { command: 0x11 }), /neither LOCAL nor PROXY/],
    ['version 3', preamble(CLIENT, { command: 0x31 }), /neither LOCAL nor PROXY/],
    ['another command', preamble(CLIENT, { command: 0x22 }), /neither LOCAL nor PROXY/],
    ['no family', preamble(CLIENT, { family: 0x00 }), /neither by TCP/],
    ['UDP', preamble(CLIENT, { family: 0x12 }), /neither by TCP/],
    ['UDP over IPv6', preamble('2001:db8:0:0:0:0:0:7', { family: 0x22 }), /neither by TCP/],
    ['a UNIX socket', preamble(CLIENT, { family: 0x31, tlvs: Buffer.alloc(204) }), /neither by TCP/],
    ['a family that is none', preamble(CLIENT, { family: 0x41 }), /neither by TCP/],
    ['an address cut short', preamble(CLIENT, { length: 11 }), /within the addresses/],
    ['IPv6 with the room of IPv4', preamble(CLIENT, { family: 0x21 }), /within the addresses/],
    ['PROXY that says nothing', preamble(CLIENT, { length: 0 }), /within the addresses/],
    ['a TLV without a length', preamble(CLIENT, { tlvs: Buffer.from([1, 0]) }), /within a TLV/],
    [
      'a TLV that is longer than the rest',
      preamble(CLIENT, { tlvs: Buffer.from([1, 0, 3, 0, 0]) }),
      /within a TLV/,
    ],
    [
      'more than there may be',
      preamble(CLIENT, { tlvs: tlv(0xea, Buffer.alloc(4096 - 14)) }),
      /longer than 4096/,
    ],
    [
      'a length beyond all bounds, before it has come',
      preamble(CLIENT, { length: 65_535 }),
      /longer than 4096/,
    ],
  ];
  for (const [what, bytes, problem] of refused) {
    it(`refuses ${what}`, () => {
      const read = readPreamble(bytes);
      assert.equal(read.kind, 'invalid');
      assert.match(read.kind === 'invalid' ? read.problem : '', problem);
    });
  }

  it('reads no byte behind what it has, whatever comes', () => {
    const flipped = fc
      .tuple(fc.constantFrom(preamble(CLIENT), preamble('2001:db8:0:0:0:0:0:7')), fc.nat(15), fc.nat(255))
      .map(([bytes, at, value]) => {
        const changed = Buffer.from(bytes);
        changed[at] = value;
        return changed;
      });
    fc.assert(
      fc.property(fc.oneof(flipped, fc.uint8Array().map(Buffer.from)), fc.uint8Array(), (bytes, more) => {
        const read = readPreamble(bytes);
        if (read.kind === 'incomplete') return;
        if (read.kind === 'complete') assert(read.length <= bytes.length);
        assert.deepEqual(readPreamble(Buffer.concat([bytes, more])), read);
      }),
      { numRuns: 2000 },
    );
  });
});
