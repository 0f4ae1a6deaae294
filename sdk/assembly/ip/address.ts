// An IP address of either family as one value of 128 bits.
import { Bytes } from '../bytes';
import { MOST_IPV6_TEXT, readHigh, readIpv4, readIpv6, readLow, writeIpv4, writeIpv6 } from './text';

/** `::ffff:0:0/96` without its last 32 bits. */
const MAPPED: u64 = 0xffff_0000_0000;

/**
 * An IPv4 address is its IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2), so `127.0.0.1` and `::ffff:7f00:1` are the same
 * value: connecting to either reaches the same machine.
 */
@final
export class IpAddress {
  private constructor(
    /** False when the text was no address, or the host of the URL is none. */
    readonly exists: bool,
    /** The first 64 bits. */
    readonly high: u64,
    /** The last 64 bits. */
    readonly low: u64,
  ) {}

  /**
   * Reads a text in one of the strict forms: four decimal numbers without leading zeros, or RFC 4291 §2.2 with any
   * of its abbreviations. No brackets, no zone, no port, no spaces. `exists` is false when it is none.
   */
  static parse(text: Bytes): IpAddress {
    const at = text.address;
    const end = at + text.length;
    const quad = readIpv4(at, end);
    if (quad >= 0) return IpAddress.v4(<u32>quad);
    return readIpv6(at, end) ? IpAddress.v6(readHigh, readLow) : IpAddress.none();
  }

  /** The IPv4 address with these bits: `0x7f000001` is 127.0.0.1. */
  static v4(bits: u32): IpAddress {
    return new IpAddress(true, 0, MAPPED | bits);
  }

  /** The IPv6 address with these bits, the first 64 and the last 64. */
  static v6(high: u64, low: u64): IpAddress {
    return new IpAddress(true, high, low);
  }

  /** What is not there. */
  static none(): IpAddress {
    return new IpAddress(false, 0, 0);
  }

  /** True for an IPv4 address, written as such or as IPv4-mapped. */
  get isV4(): bool {
    return this.high == 0 && this.low >> 32 == MAPPED >> 32;
  }

  /** The bits of an IPv4 address; of another address the last 32. */
  get v4Bits(): u32 {
    return <u32>this.low;
  }

  /** True for the same address, and for two that are not there. */
  equals(other: IpAddress): bool {
    return this.exists == other.exists && this.high == other.high && this.low == other.low;
  }

  /** Less than 0, 0 or more than 0 as this address comes before, is, or comes after the other. */
  compare(other: IpAddress): i32 {
    if (this.high != other.high) return this.high < other.high ? -1 : 1;
    if (this.low != other.low) return this.low < other.low ? -1 : 1;
    return 0;
  }

  /** The 16 bytes in network order. */
  get bytes(): Bytes {
    const at = __sluice_reserve(16);
    store<u64>(at, bswap(this.high));
    store<u64>(at, bswap(this.low), 8);
    return new Bytes(at, 16);
  }

  /** The text of RFC 5952, of an IPv4 address the dotted quad; empty when there is no address. */
  format(): Bytes {
    const at = __sluice_reserve(MOST_IPV6_TEXT);
    if (!this.exists) return new Bytes(at, 0);
    const end = this.isV4 ? writeIpv4(this.v4Bits, at) : writeIpv6(this.high, this.low, at);
    return new Bytes(at, <i32>(end - at));
  }
}
