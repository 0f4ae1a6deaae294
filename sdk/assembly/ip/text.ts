// IP addresses as text: RFC 4291 §2.2 and dotted quads read strictly, RFC 5952 §4 written. An IPv6 address is two
// numbers of 64 bits, an IPv4 address one of 32.
import { hexDigit } from '../percent';

const COLON: u32 = 0x3a;
const DOT: u32 = 0x2e;

/** First and last 64 bits of the last IPv6 address that was read. Valid after a `readIpv6` that answered true. */
export let readHigh: u64 = 0;
export let readLow: u64 = 0;

/** Most bytes that `writeIpv6` and `writeIpv4` write. */
export const MOST_IPV6_TEXT = 39;
export const MOST_IPV4_TEXT = 15;

/** The eight pieces of the address that is being read, in network order. */
// @ts-ignore: decorator
@lazy const PIECES = memory.data(16, 8);

/** Reads all from `at` up to `end`; no brackets, no zone, no prefix. False when it is no IPv6 address. */
export function readIpv6(at: usize, end: usize): bool {
  memory.fill(PIECES, 0, 16);
  let count = 0;
  // Number of pieces before `::`, or -1.
  let gap = -1;
  if (at < end && load<u8>(at) == COLON) {
    if (at + 1 >= end || load<u8>(at, 1) != COLON) return false;
    at += 2;
    count = gap = 1;
  }
  while (at < end) {
    if (count == 8) return false;
    if (load<u8>(at) == COLON) {
      if (gap >= 0) return false;
      at++;
      gap = ++count;
      continue;
    }
    const start = at;
    let piece: u32 = 0;
    while (at < end && at - start < 4) {
      const digit = hexDigit(load<u8>(at));
      if (digit < 0) break;
      piece = (piece << 4) | digit;
      at++;
    }
    if (at < end && load<u8>(at) == DOT) {
      const quad = count > 6 ? -1 : readIpv4(start, end);
      if (quad < 0) return false;
      storePiece(count++, <u32>(quad >> 16));
      storePiece(count++, <u32>quad & 0xffff);
      break;
    }
    if (at == start) return false;
    if (at < end) {
      if (load<u8>(at) != COLON || ++at == end) return false;
    }
    storePiece(count++, piece);
  }
  if (gap < 0) {
    if (count != 8) return false;
  } else {
    const moved = count - gap;
    const to = 8 - moved;
    memory.copy(PIECES + (to << 1), PIECES + (gap << 1), moved << 1);
    memory.fill(PIECES + (gap << 1), 0, (to - gap) << 1);
  }
  readHigh = bswap(load<u64>(PIECES));
  readLow = bswap(load<u64>(PIECES, 8));
  return true;
}

// @ts-ignore: decorator
@inline function storePiece(index: i32, piece: u32): void {
  store<u16>(PIECES + (index << 1), bswap(<u16>piece));
}

/** The 32 bits of four decimal numbers without leading zeros, or -1. */
export function readIpv4(at: usize, end: usize): i64 {
  let bits: i64 = 0;
  for (let part = 0; part < 4; part++) {
    if (part > 0) {
      if (at >= end || load<u8>(at) != DOT) return -1;
      at++;
    }
    const start = at;
    let number: u32 = 0;
    while (at < end && at - start < 4) {
      const digit = <u32>load<u8>(at) - 0x30;
      if (digit > 9) break;
      number = number * 10 + digit;
      at++;
    }
    if (at == start || number > 255) return -1;
    if (at - start > 1 && load<u8>(start) == 0x30) return -1;
    bits = (bits << 8) | number;
  }
  return at == end ? bits : -1;
}

/** Writes the shortest form in lower case. Answers the address after it. */
export function writeIpv6(high: u64, low: u64, to: usize): usize {
  let gap = -1;
  // One piece alone is not compressed.
  let longest = 1;
  for (let i = 0; i < 8; i++) {
    let run = 0;
    while (i + run < 8 && pieceOf(high, low, i + run) == 0) run++;
    if (run > longest) {
      longest = run;
      gap = i;
    }
    i += run;
  }
  for (let i = 0; i < 8; i++) {
    if (i == gap) {
      if (i == 0) store<u8>(to++, COLON);
      store<u8>(to++, COLON);
      i += longest - 1;
      continue;
    }
    to = writeHex(pieceOf(high, low, i), to);
    if (i < 7) store<u8>(to++, COLON);
  }
  return to;
}

// @ts-ignore: decorator
@inline function pieceOf(high: u64, low: u64, index: i32): u32 {
  return <u32>((index < 4 ? high : low) >> (<u64>(3 - (index & 3)) << 4)) & 0xffff;
}

function writeHex(piece: u32, to: usize): usize {
  let shift = piece > 0xfff ? 12 : piece > 0xff ? 8 : piece > 0xf ? 4 : 0;
  for (; shift >= 0; shift -= 4) {
    const digit = (piece >> shift) & 15;
    store<u8>(to++, digit < 10 ? 0x30 + digit : 0x57 + digit);
  }
  return to;
}

/** Writes four decimal numbers. Answers the address after them. */
export function writeIpv4(bits: u32, to: usize): usize {
  for (let shift = 24; shift >= 0; shift -= 8) {
    const part = (bits >> shift) & 0xff;
    if (part >= 100) store<u8>(to++, 0x30 + part / 100);
    if (part >= 10) store<u8>(to++, 0x30 + ((part / 10) % 10));
    store<u8>(to++, 0x30 + (part % 10));
    if (shift > 0) store<u8>(to++, DOT);
  }
  return to;
}
