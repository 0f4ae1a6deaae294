// Addresses that no public server has, and what an address means that carries another one inside: the one table of
// the gateway. Guests have theirs in sdk/assembly/ip/special-use.ts; a test holds the two against each other.
import assert from 'node:assert';
import { isIPv4, isIPv6 } from 'node:net';

/** A network that is set apart for a use. */
export interface SpecialRange {
  /** CIDR notation. */
  readonly network: string;
  /** What it is set apart for, such as `loopback`. */
  readonly use: string;
  /** Network of the IPv6 address that carries the IPv4 address this is about; null when none does. */
  readonly carrier: string | null;
}

const LOOPBACK = 'loopback';
const LINK_LOCAL = 'link-local';
const METADATA = 'metadata of a cloud';
const NAT64 = 'NAT64';

/**
 * Network, use, and for those that carry an IPv4 address, how many bits follow it. The first that fits is the one:
 * single addresses stand before the networks around them. The IANA registries (RFC 6890, as of 2025), multicast, and
 * the well-known addresses where clouds hand out credentials. `::ffff:0:0/96` is not here: an IPv4-mapped address is
 * judged as the IPv4 address that it is. A prefix that a network chose for its own NAT64 looks like any public one.
 */
const ROWS: readonly (readonly [network: string, use: string, carriedAboveBits?: number])[] = [
  ['100.100.100.200/32', METADATA], // Alibaba
  ['168.63.129.16/32', METADATA], // Azure; a public address that exists in its own networks only
  ['192.0.0.192/32', METADATA], // Oracle
  ['fd00:ec2::23/128', METADATA], // AWS, of pods
  ['fd00:ec2::254/128', METADATA], // AWS
  ['fd20:ce::254/128', METADATA], // Google
  ['0.0.0.0/8', 'this host'], // RFC 791
  ['10.0.0.0/8', 'private'], // RFC 1918
  ['100.64.0.0/10', 'shared by carriers'], // RFC 6598
  ['127.0.0.0/8', LOOPBACK], // RFC 1122
  ['169.254.0.0/16', LINK_LOCAL], // RFC 3927; the metadata service of most clouds is one of them
  ['172.16.0.0/12', 'private'], // RFC 1918
  ['192.0.0.0/24', 'protocol assignments'], // RFC 6890
  ['192.0.2.0/24', 'documentation'], // RFC 5737
  ['192.31.196.0/24', 'AS112'], // RFC 7535
  ['192.52.193.0/24', 'AMT'], // RFC 7450
  ['192.88.99.0/24', 'relays of 6to4'], // RFC 7526
  ['192.168.0.0/16', 'private'], // RFC 1918
  ['192.175.48.0/24', 'AS112'], // RFC 7534
  ['198.18.0.0/15', 'benchmarking'], // RFC 2544
  ['198.51.100.0/24', 'documentation'], // RFC 5737
  ['203.0.113.0/24', 'documentation'], // RFC 5737
  ['224.0.0.0/4', 'multicast'], // RFC 5771
  ['240.0.0.0/4', 'reserved'], // RFC 1112, RFC 919
  ['::/128', 'this host'], // RFC 4291
  ['::1/128', LOOPBACK], // RFC 4291
  ['::/96', 'IPv4-compatible', 0], // RFC 4291
  ['::ffff:0:0:0/96', 'IPv4-translated', 0], // RFC 2765
  ['64:ff9b::/96', NAT64, 0], // RFC 6052
  ['64:ff9b:1::/48', 'NAT64 of one network'], // RFC 8215
  ['100::/64', 'discard-only'], // RFC 6666
  ['100:0:0:1::/64', 'dummy prefix'], // RFC 9780
  ['2001::/23', 'protocol assignments'], // RFC 2928: Teredo and others
  ['2001:db8::/32', 'documentation'], // RFC 3849
  ['2002::/16', '6to4', 80], // RFC 3056
  ['2620:4f:8000::/48', 'AS112'], // RFC 7534
  ['3fff::/20', 'documentation'], // RFC 9637
  ['5f00::/16', 'segment routing'], // RFC 9602
  ['fc00::/7', 'unique local'], // RFC 4193
  ['fe80::/10', LINK_LOCAL], // RFC 4291
  ['fec0::/10', 'site-local'], // RFC 3879
  ['ff00::/8', 'multicast'], // RFC 4291
];

const IPV4_MAPPED = 0xffff_0000_0000n;
const IPV4_BITS = 0xffff_ffffn;

interface Row {
  readonly network: string;
  readonly use: string;
  readonly carriedAboveBits: bigint | null;
  /** Bits of the network, without those behind its prefix. */
  readonly prefix: bigint;
  /** How many bits are behind the prefix. */
  readonly free: bigint;
}

const TABLE: readonly Row[] = ROWS.map(([network, use, carriedAboveBits]) => {
  const [address, length] = network.split('/') as [string, string];
  const free = BigInt((isIPv4(address) ? 32 : 128) - Number(length));
  return {
    network,
    use,
    carriedAboveBits: carriedAboveBits === undefined ? null : BigInt(carriedAboveBits),
    prefix: addressBits(address)! >> free,
    free,
  };
});

/** The networks of the table in CIDR notation, in its order. */
export const SPECIAL_NETWORKS: readonly string[] = ROWS.map(([network]) => network);

/**
 * Why no public server has an address, or null when one may. IPv4 inside IPv6 is looked through: an address of NAT64 is
 * what it translates to, since networks without IPv4 reach all the rest of the world that way. The other forms that
 * carry one are never public; what they carry is named when it is special as well.
 * @param address without brackets; a zone (`%eth0`) does not matter
 */
export function specialRangeOf(address: string): SpecialRange | null {
  const bits = addressBits(address);
  assert(bits !== null, 'judges addresses only');
  return rangeAt(bits);
}

/**
 * The range, when it is one where machines get their credentials: link-local, or the metadata service of a cloud. No
 * API is served there, so an address in it is suspect even where an operator wrote it. Null for all others.
 * @param host an address without brackets, or a name
 */
export function metadataRangeOf(host: string): SpecialRange | null {
  const bits = addressBits(host);
  const range = bits === null ? null : rangeAt(bits);
  return range !== null && (range.use === METADATA || range.use === LINK_LOCAL) ? range : null;
}

/** True for addresses that only processes of this machine reach, carried by no other address. */
export function isLoopbackRange(range: SpecialRange): boolean {
  return range.use === LOOPBACK && range.carrier === null;
}

/** How an error names a range. */
export function describeRange({ network, use, carrier }: SpecialRange): string {
  return carrier === null ? `${network} (${use})` : `${network} (${use}), carried in ${carrier}`;
}

/**
 * The 128 bits of an address, of IPv4 those of its mapped form: two texts of one address have the same bits, and so have
 * `127.0.0.1` and `::ffff:127.0.0.1`. Null for what is no address.
 */
export function addressBits(address: string): bigint | null {
  if (isIPv4(address)) {
    return address.split('.').reduce((bits, part) => (bits << 8n) | BigInt(part), 0xffffn);
  }
  if (!isIPv6(address)) return null;
  // The URL parser writes a dotted tail as two groups.
  const { hostname } = new URL(`http://[${address.replace(/%.*$/, '')}]`);
  const [head, tail] = hostname.slice(1, -1).split('::') as [string, string | undefined];
  const before = groupsOf(head);
  const after = groupsOf(tail ?? '');
  const zeros = new Array<string>(8 - before.length - after.length).fill('0');
  return [...before, ...zeros, ...after].reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':');
}

function rangeAt(bits: bigint): SpecialRange | null {
  const row = TABLE.find(({ prefix, free }) => bits >> free === prefix);
  if (row === undefined) return null;
  const { network, use, carriedAboveBits } = row;
  if (carriedAboveBits !== null) {
    const carried = rangeAt(IPV4_MAPPED | ((bits >> carriedAboveBits) & IPV4_BITS));
    if (carried !== null) return { ...carried, carrier: network };
    if (use === NAT64) return null;
  }
  return { network, use, carrier: null };
}
