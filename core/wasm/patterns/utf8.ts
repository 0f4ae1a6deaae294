// A range of characters as the sequences of bytes that UTF-8 writes for them.

/** Bytes from `min` to `max`, both included. */
export interface ByteRange {
  readonly min: number;
  readonly max: number;
}

/** The largest code points that take one, two, three and four bytes. */
const LARGEST = [0x7f, 0x7ff, 0xffff, 0x10ffff] as const;

/**
 * Splits the code points from `min` to `max` into sequences of byte ranges: a character is among them when each of its
 * bytes is in the range at its place. At most 16 sequences come of one range.
 * @param min without surrogates between it and `max`, which UTF-8 does not have (RFC 3629 §3)
 */
export function utf8Sequences(min: number, max: number): ByteRange[][] {
  const sequences: ByteRange[][] = [];
  let from = min;
  for (const largest of LARGEST) {
    if (from > max) break;
    if (from > largest) continue;
    split(from, Math.min(max, largest), sequences);
    from = largest + 1;
  }
  return sequences;
}

/** Both ends take as many bytes. Cuts until the continuation bytes of a part are fixed, or run from first to last. */
function split(min: number, max: number, sequences: ByteRange[][]): void {
  for (let bits = 6; bits <= 18; bits += 6) {
    const low = 2 ** bits - 1;
    if (min >> bits === max >> bits) continue;
    if ((min & low) !== 0) {
      split(min, min | low, sequences);
      split((min | low) + 1, max, sequences);
      return;
    }
    if ((max & low) !== low) {
      split(min, (max & ~low) - 1, sequences);
      split(max & ~low, max, sequences);
      return;
    }
  }
  const last = encode(max);
  sequences.push(encode(min).map((byte, place) => ({ min: byte, max: last[place]! })));
}

function encode(point: number): number[] {
  if (point <= LARGEST[0]) return [point];
  const tail = (shift: number): number => 0x80 | ((point >> shift) & 0x3f);
  if (point <= LARGEST[1]) return [0xc0 | (point >> 6), tail(0)];
  if (point <= LARGEST[2]) return [0xe0 | (point >> 12), tail(6), tail(0)];
  return [0xf0 | (point >> 18), tail(12), tail(6), tail(0)];
}
