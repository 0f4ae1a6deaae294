// Numbers modulo an odd one, for signatures by public keys. All of them are public, so nothing here has to take the same time
// for all. A number is limbs of 32 bits, the least one first.
import { Bytes } from './bytes';

/** Products modulo an odd number, in Montgomery's form, where a number stands for itself times R, 2 to the bits of all limbs. */
@final
export class Montgomery {
  /** Number of limbs. */
  readonly size: i32;
  /** R × R modulo the modulus: brings a number into the form. */
  readonly square: StaticArray<u32>;
  /** -1 / modulus, modulo 2 to the 32. */
  private readonly inverse: u32;
  private readonly sum: StaticArray<u32>;

  /** @param modulus odd; takes as long as some products */
  constructor(readonly modulus: StaticArray<u32>) {
    this.size = modulus.length;
    this.square = squareOf(modulus);
    this.sum = new StaticArray<u32>(modulus.length + 1);
    // Each step of Newton's doubles the bits that are right; of an odd number it has three at once.
    let inverse = modulus[0];
    for (let i = 0; i < 4; i++) inverse *= 2 - modulus[0] * inverse;
    this.inverse = 0 - inverse;
  }

  /** Puts a × b / R into `out`, which may be either: limb by limb (CIOS). */
  multiply(out: StaticArray<u32>, a: StaticArray<u32>, b: StaticArray<u32>): void {
    const modulus = this.modulus;
    const size = this.size;
    const sum = this.sum;
    for (let i = 0; i <= size; i++) unchecked((sum[i] = 0));
    for (let i = 0; i < size; i++) {
      const factor = <u64>unchecked(a[i]);
      let carry: u64 = 0;
      for (let j = 0; j < size; j++) {
        const part = factor * <u64>unchecked(b[j]) + <u64>unchecked(sum[j]) + carry;
        unchecked((sum[j] = <u32>part));
        carry = part >> 32;
      }
      const top = <u64>unchecked(sum[size]) + carry;
      // So many times the modulus that the lowest limb becomes 0, and all others go one place down.
      const times = <u64>(unchecked(sum[0]) * this.inverse);
      carry = (times * <u64>unchecked(modulus[0]) + <u64>unchecked(sum[0])) >> 32;
      for (let j = 1; j < size; j++) {
        const part = times * <u64>unchecked(modulus[j]) + <u64>unchecked(sum[j]) + carry;
        unchecked((sum[j - 1] = <u32>part));
        carry = part >> 32;
      }
      const last = (top & 0xffff_ffff) + carry;
      unchecked((sum[size - 1] = <u32>last));
      unchecked((sum[size] = <u32>(top >> 32) + <u32>(last >> 32)));
    }
    if (sum[size] != 0 || !isLess(sum, modulus)) subtract(sum, modulus);
    for (let i = 0; i < size; i++) unchecked((out[i] = sum[i]));
  }

  /** Puts a × R into `out`: the number in the form. */
  enter(out: StaticArray<u32>, a: StaticArray<u32>): void {
    this.multiply(out, a, this.square);
  }

  /** Puts a / R into `out`: the number itself. */
  leave(out: StaticArray<u32>, a: StaticArray<u32>): void {
    const one = new StaticArray<u32>(this.size);
    one[0] = 1;
    this.multiply(out, a, one);
  }
}

/** A number in bytes, the highest first, in so many limbs. */
export function limbsOf(bytes: Bytes, size: i32): StaticArray<u32> {
  const limbs = new StaticArray<u32>(size);
  const last = bytes.length - 1;
  for (let i = 0; i <= last; i++) limbs[i >> 2] |= (<u32>bytes[last - i]) << ((i & 3) << 3);
  return limbs;
}

/** Whether a < b, as far as b has limbs. */
export function isLess(a: StaticArray<u32>, b: StaticArray<u32>): bool {
  for (let i = b.length - 1; i >= 0; i--) {
    if (unchecked(a[i]) != unchecked(b[i])) return unchecked(a[i]) < unchecked(b[i]);
  }
  return false;
}

/** Takes b from a, as far as b has limbs. Answers what is borrowed of the limb above these: 0 or 1. */
export function subtract(a: StaticArray<u32>, b: StaticArray<u32>): u32 {
  let borrow: u64 = 0;
  for (let i = 0, size = b.length; i < size; i++) {
    const difference = <u64>unchecked(a[i]) - <u64>unchecked(b[i]) - borrow;
    unchecked((a[i] = <u32>difference));
    borrow = (difference >> 32) & 1;
  }
  return <u32>borrow;
}

/** Adds b to a, as far as b has limbs. Answers what is carried to the limb above these: 0 or 1. */
export function add(a: StaticArray<u32>, b: StaticArray<u32>): u32 {
  let carry: u64 = 0;
  for (let i = 0, size = b.length; i < size; i++) {
    carry += <u64>unchecked(a[i]) + <u64>unchecked(b[i]);
    unchecked((a[i] = <u32>carry));
    carry >>= 32;
  }
  return <u32>carry;
}

/** R × R modulo the modulus. */
function squareOf(modulus: StaticArray<u32>): StaticArray<u32> {
  const size = modulus.length;
  const number = new StaticArray<u32>(size);
  number[0] = 1;
  for (let i = 0; i < size << 6; i++) {
    if (add(number, number) != 0 || !isLess(number, modulus)) subtract(number, modulus);
  }
  return number;
}
