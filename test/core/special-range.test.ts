import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { BlockList, isIPv4 } from 'node:net';
import { describe, it } from 'node:test';
import {
  addressBits,
  describeRange,
  isLoopbackRange,
  metadataRangeOf,
  SPECIAL_NETWORKS,
  specialRangeOf,
} from '../../core/special-range.js';

/** Where guests have the same table. */
const GUEST_TABLE = new URL('../../../sdk/assembly/ip/special-use.ts', import.meta.url);

/** The host names some single addresses, to tell what they are. Guests have none. */
const SINGLE_ADDRESS = /^[0-9.]+\/32$|:.*\/128$/;

/** Address, and how its range is named; null when it is public. */
const JUDGED: Readonly<Record<string, string | null>> = {
  '8.8.8.8': null,
  '1.1.1.1': null,
  '100.63.255.255': null,
  '100.128.0.0': null,
  '172.15.255.255': null,
  '172.32.0.0': null,
  '2606:4700:4700::1111': null,
  '2a00:1450:4001:830::200e': null,
  '0.0.0.0': '0.0.0.0/8 (this host)',
  '10.0.0.1': '10.0.0.0/8 (private)',
  '127.0.0.1': '127.0.0.0/8 (loopback)',
  '127.255.255.255': '127.0.0.0/8 (loopback)',
  '169.254.169.254': '169.254.0.0/16 (link-local)',
  '172.16.0.1': '172.16.0.0/12 (private)',
  '172.31.255.255': '172.16.0.0/12 (private)',
  '192.168.1.1': '192.168.0.0/16 (private)',
  '100.64.0.1': '100.64.0.0/10 (shared by carriers)',
  '100.100.100.200': '100.100.100.200/32 (metadata of a cloud)',
  '168.63.129.16': '168.63.129.16/32 (metadata of a cloud)',
  '168.63.129.17': null,
  '224.0.0.1': '224.0.0.0/4 (multicast)',
  '255.255.255.255': '240.0.0.0/4 (reserved)',
  '::': '::/128 (this host)',
  '::1': '::1/128 (loopback)',
  '0:0:0:0:0:0:0:1': '::1/128 (loopback)',
  'fe80::1': 'fe80::/10 (link-local)',
  'fe80::1%eth0': 'fe80::/10 (link-local)',
  'FE80::A9FE:A9FE': 'fe80::/10 (link-local)',
  'fc00::1': 'fc00::/7 (unique local)',
  'fd12:3456::1': 'fc00::/7 (unique local)',
  'fd00:ec2::254': 'fd00:ec2::254/128 (metadata of a cloud)',
  'fd00:ec2::253': 'fc00::/7 (unique local)',
  'fec0::1': 'fec0::/10 (site-local)',
  'ff02::1': 'ff00::/8 (multicast)',
  // IPv4-mapped: the IPv4 address itself.
  '::ffff:8.8.8.8': null,
  '::ffff:808:808': null,
  '::ffff:127.0.0.1': '127.0.0.0/8 (loopback)',
  '::ffff:7f00:1': '127.0.0.0/8 (loopback)',
  '::FFFF:169.254.169.254': '169.254.0.0/16 (link-local)',
  '0:0:0:0:0:ffff:a00:1': '10.0.0.0/8 (private)',
  // NAT64: what it translates to.
  '64:ff9b::8.8.8.8': null,
  '64:ff9b::a9fe:a9fe': '169.254.0.0/16 (link-local), carried in 64:ff9b::/96',
  '64:ff9b::10.0.0.1': '10.0.0.0/8 (private), carried in 64:ff9b::/96',
  '64:ff9b::7f00:1': '127.0.0.0/8 (loopback), carried in 64:ff9b::/96',
  '64:ff9b:0:0:1::': null,
  '64:ff9b:1::808:808': '64:ff9b:1::/48 (NAT64 of one network)',
  // Never public, whatever they carry.
  '2002:808:808::1': '2002::/16 (6to4)',
  '2002:7f00:1::': '127.0.0.0/8 (loopback), carried in 2002::/16',
  '2002:a9fe:a9fe:1:2:3:4:5': '169.254.0.0/16 (link-local), carried in 2002::/16',
  '::8.8.8.8': '::/96 (IPv4-compatible)',
  '::127.0.0.1': '127.0.0.0/8 (loopback), carried in ::/96',
  '::ffff:0:8.8.8.8': '::ffff:0:0:0/96 (IPv4-translated)',
  '::ffff:0:192.168.0.1': '192.168.0.0/16 (private), carried in ::ffff:0:0:0/96',
  '2001:0:4136:e378:8000:63bf:3fff:fdd2': '2001::/23 (protocol assignments)',
  '2001:db8::1': '2001:db8::/32 (documentation)',
};

function naming(address: string): string | null {
  const range = specialRangeOf(address);
  return range === null ? null : describeRange(range);
}

describe('specialRangeOf', () => {
  it('knows the range of each special address and of no public one', () => {
    const found = Object.keys(JUDGED).map((address) => [address, naming(address)]);
    assert.deepEqual(Object.fromEntries(found), JUDGED);
  });

  it('has every network from its first address to its last', () => {
    for (const network of SPECIAL_NETWORKS) {
      const [first, length] = network.split('/') as [string, string];
      const free = BigInt((isIPv4(first) ? 32 : 128) - Number(length));
      const bits = addressBits(first)!;
      assert.equal(bits & ((1n << free) - 1n), 0n, `${network} has bits behind its prefix`);
      if (network === '64:ff9b::/96') continue;
      const last = textOf(bits | ((1n << free) - 1n));
      for (const address of [first, last]) assert.notEqual(naming(address), null, `${address} of ${network}`);
    }
  });

  it('agrees with the block list of Node about addresses at random', () => {
    const list = new BlockList();
    for (const network of SPECIAL_NETWORKS) {
      const [address, length] = network.split('/') as [string, string];
      if (network !== '64:ff9b::/96') {
        list.addSubnet(address, Number(length), isIPv4(address) ? 'ipv4' : 'ipv6');
      }
    }
    let refused = 0;
    for (let seed = 0; seed < 20_000; seed++) {
      const address = someAddress(seed);
      const special = list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
      if (special) refused++;
      assert.equal(specialRangeOf(address) !== null, special, address);
    }
    assert.ok(refused > 1000 && refused < 19_000, `${refused} of 20,000 were special`);
  });

  it('has the networks that guests have, and besides them single addresses inside or of clouds', () => {
    const source = readFileSync(GUEST_TABLE, 'utf8');
    const guests = [...source.matchAll(/^ {2}'([^']+)',/gm)].map(([, network]) => network!);
    assert.ok(guests.length > 30, `found ${guests.length} networks`);
    const ours = SPECIAL_NETWORKS.filter((network) => !SINGLE_ADDRESS.test(network));
    assert.deepEqual([...ours].sort(), [...guests].sort());
  });
});

describe('metadataRangeOf', () => {
  it('holds for link-local addresses and metadata services, also inside others, and for no other host', () => {
    const hosts = [
      ...['169.254.169.254', '169.254.0.1', 'fe80::1', 'fd00:ec2::254', 'fd20:ce::254', '100.100.100.200'],
      ...['::ffff:169.254.169.254', '64:ff9b::a9fe:a9fe', '2002:a9fe:a9fe::'],
      ...['127.0.0.1', '::1', '10.0.0.5', 'fd00::1', '8.8.8.8', '0.0.0.0', 'localhost', 'metadata.internal'],
    ];
    assert.deepEqual(
      hosts.filter((host) => metadataRangeOf(host) !== null),
      hosts.slice(0, 9),
    );
  });
});

describe('isLoopbackRange', () => {
  it('holds for loopback itself, not for loopback behind a translator', () => {
    const addresses = ['127.0.0.1', '::1', '::ffff:127.0.0.1', '64:ff9b::7f00:1', '::127.0.0.1', '10.0.0.1'];
    assert.deepEqual(
      addresses.filter((address) => isLoopbackRange(specialRangeOf(address)!)),
      addresses.slice(0, 3),
    );
  });
});

describe('addressBits', () => {
  it('is the same for all texts of an address', () => {
    for (const [one, other] of [
      ['127.0.0.1', '::ffff:7f00:1'],
      ['::1', '0:0:0:0:0:0:0:1'],
      ['2001:DB8::a:0:0:1', '2001:db8:0:0:a::1'],
      ['fe80::1%eth0', 'fe80::1'],
      ['64:ff9b::1.2.3.4', '64:ff9b::102:304'],
    ] as const) {
      assert.equal(addressBits(one), addressBits(other), one);
    }
    assert.equal(addressBits('1:2:3:4:5:6:7:8'), 0x0001_0002_0003_0004_0005_0006_0007_0008n);
  });

  it('is null for what is no address', () => {
    for (const text of [
      '',
      'localhost',
      '127.1',
      '0x7f000001',
      '2130706433',
      '010.0.0.1',
      '[::1]',
      '1.2.3.4.5',
    ]) {
      assert.equal(addressBits(text), null, text);
    }
  });
});

function textOf(bits: bigint): string {
  if (bits >> 32n === 0xffffn) {
    return [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 0xffn).join('.');
  }
  return bits.toString(16).padStart(32, '0').match(/.{4}/g)!.join(':');
}

/** Every other one is IPv4; the first bits of IPv6 are often those of a network of the table. */
function someAddress(seed: number): string {
  const random = mix(seed);
  if (seed % 2 === 0) return textOf((0xffffn << 32n) | BigInt(random));
  const networks = SPECIAL_NETWORKS.filter((network) => network.includes(':') && network !== '64:ff9b::/96');
  const [start, length] = networks[seed % networks.length]!.split('/') as [string, string];
  // One bit of the prefix turned in half of them.
  const turned = seed % 4 === 1 ? 1n << BigInt(128 - 1 - (random % Number(length))) : 0n;
  const tail = BigInt(random) & ((1n << BigInt(128 - Number(length))) - 1n);
  const bits = (addressBits(start)! ^ turned) | tail;
  // Mapped addresses are IPv4, and NAT64 is looked through: neither is a question of this table alone.
  return bits >> 32n === 0xffffn || bits >> 32n === 0x64_ff9bn << 64n ? '8.8.8.8' : textOf(bits);
}

/** A hash, so that the addresses are the same in every run (Knuth's multiplicative one, folded). */
function mix(seed: number): number {
  const product = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  return (product ^ (product >>> 15)) >>> 0;
}
