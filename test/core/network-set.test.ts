import assert from 'node:assert/strict';
import { BlockList, isIPv4 } from 'node:net';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { NetworkSet } from '../../core/network-set.js';
import { SPECIAL_NETWORKS } from '../../core/special-range.js';

describe('a set of networks', () => {
  const set = new NetworkSet(['10.0.0.0/8', '192.0.2.1', 'fc00::/7', '2001:db8::1']);

  it('has the addresses of its networks', () => {
    for (const address of [
      '10.0.0.0',
      '10.255.255.255',
      '192.0.2.1',
      'fdff::1',
      '2001:DB8:0::1',
      '::ffff:10.0.0.1',
    ])
      assert.equal(set.has(address), true, address);
    for (const address of ['9.255.255.255', '11.0.0.0', '192.0.2.0', 'fe00::', '2001:db8::2', '::10.0.0.1'])
      assert.equal(set.has(address), false, address);
  });

  it('takes an IPv4-mapped address for the IPv4 address', () => {
    assert.equal(set.has('::ffff:a00:1'), true);
    assert.equal(new NetworkSet(['::ffff:10.0.0.0/104']).has('10.0.0.1'), true);
  });

  it('tells a network that lies in one of its own from one that reaches out of it', () => {
    for (const network of ['10.0.0.0/8', '10.1.0.0/16', '10.1.2.3', 'fd00::/8'])
      assert.equal(set.hasNetwork(network), true);
    for (const network of ['10.0.0.0/7', '0.0.0.0/0', '::/0', 'fc00::/6', '192.0.2.0/31'])
      assert.equal(set.hasNetwork(network), false, network);
  });

  const refused: readonly [string, RegExp][] = [
    ['', /expected an IPv4 or IPv6 address/],
    ['10/8', /expected an IPv4 or IPv6 address/],
    ['010.0.0.0/8', /expected an IPv4 or IPv6 address/],
    ['[::1]', /expected an IPv4 or IPv6 address/],
    ['fe80::1%eth0', /expected an IPv4 or IPv6 address/],
    ['10.0.0.0/33', /0 to 32 bits/],
    ['10.0.0.0/', /0 to 32 bits/],
    ['10.0.0.0/08', /0 to 32 bits/],
    ['10.0.0.0/8/8', /0 to 32 bits/],
    ['fc00::/129', /0 to 128 bits/],
    ['10.0.0.1/8', /no bits set/],
    ['fd00::/7', /no bits set/],
  ];
  for (const [text, message] of refused) {
    it(`takes no ${JSON.stringify(text)}`, () => {
      assert.throws(() => new NetworkSet([text]), { name: 'RangeError', message });
    });
  }

  it('agrees with the block list of Node', () => {
    const blocks = new BlockList();
    for (const network of SPECIAL_NETWORKS) {
      const [address = '', bits] = network.split('/');
      const isV4 = isIPv4(address);
      blocks.addSubnet(address, Number(bits), isV4 ? 'ipv4' : 'ipv6');
    }
    const closed = new NetworkSet(SPECIAL_NETWORKS);
    const edges = SPECIAL_NETWORKS.map((network) => network.split('/')[0]!);
    const address = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom(...edges));
    fc.assert(
      fc.property(address, (text) => {
        assert.equal(closed.has(text), blocks.check(text, isIPv4(text) ? 'ipv4' : 'ipv6'), text);
      }),
      { numRuns: 5000 },
    );
  });
});
