// IpAddress against node:net and the URL of Node, CidrSet against the BlockList of Node.
import assert from 'node:assert/strict';
import { BlockList, isIP, isIPv4 } from 'node:net';
import { before, describe, it } from 'node:test';
import fc from 'fast-check';
import { IpGuest, type Question } from './ip-guest.js';

const RUNS = 40;

const damage = fc.tuple(fc.nat(40), fc.nat(2), fc.constantFrom('', '', ...'0129afg.:/[]% '));
const text = fc.oneof(
  ...[fc.ipV4(), fc.ipV6(), fc.ipV6().map((address) => `::ffff:${address}`)],
  fc.ipV4().map((address) => `::ffff:${address}`),
  fc.string({ unit: fc.constantFrom(...'0123456789abcdefF:::::....'), maxLength: 40 }),
  fc.tuple(fc.oneof(fc.ipV4(), fc.ipV6()), damage).map(([address, [at, cut, inserted]]) => {
    const start = at % (address.length + 1);
    return address.slice(0, start) + inserted + address.slice(start + cut);
  }),
);

const MAPPED_PREFIX = 0xffffn << 32n;

/** The text of 128 bits, in full; of an IPv4 address four numbers. */
function textOf(bits: bigint): string {
  if (bits >> 32n === 0xffffn) return [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 0xffn).join('.');
  const pieces = Array.from({ length: 8 }, (_, index) => (bits >> BigInt(112 - 16 * index)) & 0xffffn);
  return pieces.map((piece) => piece.toString(16)).join(':');
}

/** A few bits vary, so that networks hold one another and addresses hit them. */
const bits = fc
  .tuple(
    fc.constantFrom(0n, MAPPED_PREFIX, MAPPED_PREFIX, MAPPED_PREFIX, 0x20010db8n << 96n, 0xfc00n << 112n),
    fc.array(fc.nat(127), { maxLength: 4 }),
    fc.boolean(),
  )
  .map(([base, flips, low]) =>
    flips.reduce((value, flip) => value ^ (1n << BigInt(low ? flip % 32 : flip)), base),
  );
const network = fc.tuple(bits, fc.nat(128)).map(([address, length]) => {
  const isV4 = address >> 32n === 0xffffn;
  const prefix = isV4 ? length % 33 : length;
  const free = BigInt(isV4 ? 32 - prefix : 128 - prefix);
  const start = (address >> free) << free;
  return { start, prefix: isV4 ? prefix + 96 : prefix, free };
});
type Network = { readonly start: bigint; readonly prefix: number; readonly free: bigint };

/** `start` keeps its family: what has lost the 0xffff of an IPv4 address is one of IPv6. */
function cidrOf({ start, prefix }: Network): string {
  const address = textOf(start);
  return `${address}/${isIPv4(address) ? prefix - 96 : prefix}`;
}

const set = fc
  .tuple(fc.array(network, { maxLength: 40 }), fc.array(bits, { minLength: 20, maxLength: 20 }))
  .map(([networks, addresses]): { networks: Network[]; addresses: bigint[] } => ({
    networks,
    // The edges of each network, and what lies beside them.
    addresses: [
      ...addresses,
      ...networks.flatMap(({ start, free }) => [
        ...[start, start - 1n, start + (1n << free) - 1n, start + (1n << free)].map((edge) =>
          BigInt.asUintN(128, edge),
        ),
      ]),
    ],
  }));

describe('a made-up address', () => {
  let guest: IpGuest;
  before(async () => {
    guest = await IpGuest.build();
  });

  it('is read, or refused, as Node does, and written as its URL does', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 250, maxLength: 250 }), (texts) => {
        guest.read(texts).forEach((address, index) => {
          const given = texts[index]!;
          const family = given.includes('%') ? 0 : isIP(given);
          assert.equal(address.exists, family !== 0, given);
          if (family === 0) return;
          const bytes = BigInt(`0x${address.bytes}`);
          assert.equal(address.isV4, bytes >> 32n === 0xffffn);
          const written = address.isV4 ? textOf(bytes) : new URL(`http://[${given}]/`).hostname.slice(1, -1);
          assert.equal(address.text, written, given);
          const full = address.isV4 ? `::ffff:${textOf(bytes)}` : textOf(bytes);
          const url = `http://[${family === 4 ? `::ffff:${given}` : given}]/`;
          assert.equal(new URL(`http://[${full}]/`).hostname, new URL(url).hostname, given);
        });
      }),
      { numRuns: RUNS },
    );
  });

  it('lies in the networks of a CidrSet in which the BlockList of Node has it', () => {
    fc.assert(
      fc.property(fc.array(set, { minLength: 20, maxLength: 20 }), (sets) => {
        const questions = sets.map(
          ({ networks, addresses }): Question => ({
            networks: networks.map(cidrOf),
            addresses: addresses.map(textOf),
          }),
        );
        guest.ask(questions).forEach(({ problems, contained }, index) => {
          const { networks, addresses } = questions[index]!;
          assert.deepEqual(new Set(problems), new Set(networks.length === 0 ? [] : ['']));
          const list = blockListOf(networks);
          const expected = addresses.map((address) => list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6'));
          assert.deepEqual(contained, expected, JSON.stringify(questions[index]));
        });
      }),
      { numRuns: RUNS },
    );
  });
});

function blockListOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of networks) {
    const [address = '', prefix = ''] = cidr.split('/');
    list.addSubnet(address, Number(prefix), isIPv4(address) ? 'ipv4' : 'ipv6');
  }
  return list;
}
