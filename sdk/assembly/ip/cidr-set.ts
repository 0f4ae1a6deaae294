// Networks by their CIDR notation (RFC 4632 §3.1, RFC 4291 §2.3), as ranges of addresses in order: whether
// an address lies in one is a binary search, however many networks there are.
import { Bytes } from '../bytes';
import { IpAddress } from './address';
import { SPECIAL_USE } from './special-use';

/** A range: first and last address, each as high and low 64 bits. */
const RANGE = 4;
const SLASH: u8 = 0x2f;

@final
class Network {
  constructor(
    readonly first: IpAddress,
    readonly last: IpAddress,
  ) {}
}

/** Built in `configure`, read afterwards. */
@final
export class CidrSet {
  /** Why the last `add` answered false; empty when it did not. */
  problem: string = '';
  private ranges: StaticArray<u64> = new StaticArray<u64>(8 * RANGE);
  private count: i32 = 0;

  /**
   * The networks of the IANA registries of special-purpose addresses (RFC 6890), of multicast, and the prefixes that
   * carry an IPv4 address inside: what a request on behalf of a stranger must not reach. special-use.ts lists them.
   * An IPv4-mapped address is judged as the IPv4 address that it is.
   */
  static specialUse(): CidrSet {
    const set = new CidrSet();
    for (let i = 0; i < SPECIAL_USE.length; i++) assert(set.add(Bytes.from(SPECIAL_USE[i])), set.problem);
    return set;
  }

  /**
   * Adds a network such as `10.0.0.0/8` or `fc00::/7`, or one address. False when the text is neither, or has bits set
   * behind its prefix, since nobody can tell which network is meant: `problem` says why.
   */
  add(text: Bytes): bool {
    const network = this.read(text);
    if (network == null) return false;
    this.insert(network.first, network.last);
    return true;
  }

  /** True when the address lies in one of the networks. False for what is no address. */
  contains(address: IpAddress): bool {
    if (!address.exists) return false;
    const index = this.firstEndingAt(address.high, address.low);
    return index < this.count && this.startOf(index).compare(address) <= 0;
  }

  /** True when all of a network, or the address that it is, lies in one of the networks. False for what is neither. */
  containsNetwork(text: Bytes): bool {
    const network = this.read(text);
    if (network == null) return false;
    const index = this.firstEndingAt(network.last.high, network.last.low);
    return index < this.count && this.startOf(index).compare(network.first) <= 0;
  }

  /** Null when the text is no network: `problem` says why. */
  private read(text: Bytes): Network | null {
    this.problem = '';
    const slash = text.indexOfByte(SLASH);
    const written = slash < 0 ? text : text.slice(0, slash);
    const address = IpAddress.parse(written);
    if (!address.exists) return this.refuse('expected an IPv4 or IPv6 address, and after a slash the bits of its prefix');
    const isQuad = written.indexOfByte(0x3a) < 0;
    const most = isQuad ? 32 : 128;
    const bits = slash < 0 ? most : prefixLength(text.slice(slash + 1), most);
    if (bits < 0) {
      return this.refuse(isQuad ? 'expected 0 to 32 bits after the slash' : 'expected 0 to 128 bits after the slash');
    }
    const prefix = bits + 128 - most;
    const hostHigh = prefix >= 64 ? 0 : u64.MAX_VALUE >> <u64>prefix;
    const hostLow = prefix == 128 ? 0 : prefix > 64 ? u64.MAX_VALUE >> <u64>(prefix - 64) : u64.MAX_VALUE;
    if ((address.high & hostHigh) != 0 || (address.low & hostLow) != 0) {
      return this.refuse('expected no bits set behind the prefix');
    }
    return new Network(address, IpAddress.v6(address.high | hostHigh, address.low | hostLow));
  }

  private refuse(problem: string): Network | null {
    this.problem = problem;
    return null;
  }

  /** Index of the first range whose last address is not before this one; `count` when there is none. */
  private firstEndingAt(high: u64, low: u64): i32 {
    const ranges = this.ranges;
    let from = 0;
    let to = this.count;
    while (from < to) {
      const middle = (from + to) >>> 1;
      const lastHigh = unchecked(ranges[middle * RANGE + 2]);
      const lastLow = unchecked(ranges[middle * RANGE + 3]);
      if (lastHigh < high || (lastHigh == high && lastLow < low)) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  private startOf(index: i32): IpAddress {
    return IpAddress.v6(this.ranges[index * RANGE], this.ranges[index * RANGE + 1]);
  }

  private endOf(index: i32): IpAddress {
    return IpAddress.v6(this.ranges[index * RANGE + 2], this.ranges[index * RANGE + 3]);
  }

  /** Puts a range in its place and swallows those that it meets. Networks nest or are apart: none overlaps in part. */
  private insert(first: IpAddress, last: IpAddress): void {
    const index = this.firstEndingAt(first.high, first.low);
    if (index < this.count && this.startOf(index).compare(first) <= 0 && this.endOf(index).compare(last) >= 0) return;
    let next = index;
    while (next < this.count && this.endOf(next).compare(last) <= 0) next++;
    this.move(next, index + 1);
    this.ranges[index * RANGE] = first.high;
    this.ranges[index * RANGE + 1] = first.low;
    this.ranges[index * RANGE + 2] = last.high;
    this.ranges[index * RANGE + 3] = last.low;
  }

  /** Moves the ranges from index `from` on to index `to`, and grows the array when it is full. */
  private move(from: i32, to: i32): void {
    const moved = this.count - from;
    const count = to + moved;
    const old = this.ranges;
    if (count * RANGE > old.length) {
      this.ranges = new StaticArray<u64>(old.length * 2);
      memory.copy(changetype<usize>(this.ranges), changetype<usize>(old), from * RANGE * sizeof<u64>());
    }
    const bytes = RANGE * sizeof<u64>();
    memory.copy(changetype<usize>(this.ranges) + to * bytes, changetype<usize>(old) + from * bytes, moved * bytes);
    this.count = count;
  }
}

/** A decimal number up to `most` without leading zeros, or -1. */
function prefixLength(text: Bytes, most: i32): i32 {
  if (text.length == 0 || text.length > 3 || (text.length > 1 && text[0] == 0x30)) return -1;
  let bits = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = <u32>text[i] - 0x30;
    if (digit > 9) return -1;
    bits = bits * 10 + <i32>digit;
  }
  return bits <= most ? bits : -1;
}
