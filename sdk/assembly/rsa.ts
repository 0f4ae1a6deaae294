// Signatures by RSA keys (RFC 8017 §8.2, RSASSA-PKCS1-v1_5), checked in the filter. All numbers are public, so nothing
// here has to take the same time for all of them.
import { ABSENT, Bytes } from './bytes';
import { base64UrlDecode, Padding } from './codec/base64';
import { sha256 } from './hash';

/** What stands before a digest of SHA-256 in what is signed (RFC 8017 §9.2): DER of the algorithm, head of the digest. */
const SHA256_HEAD: StaticArray<u8> = [
  0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20,
];
const SHA256_BYTES = 32;
const LEAST_MODULUS_BYTES = 256;
const MOST_MODULUS_BYTES = 1024;
const MOST_EXPONENT_BYTES = 8;

/**
 * The public key of a pair, such as signs the tokens (JWT, RS256) of an identity provider. Checking takes about a third of a
 * millisecond with 2048 bits, and four times as long with twice as many.
 */
@final
export class RsaPublicKey {
  private constructor(
    /** Limbs of 32 bits, the least one first, as of all numbers here. */
    private readonly modulus: StaticArray<u32>,
    /** 2 to the 64 × number of limbs, modulo the modulus: brings a number into Montgomery's form. */
    private readonly square: StaticArray<u32>,
    /** -1 / modulus, modulo 2 to the 32. */
    private readonly inverse: u32,
    private readonly exponent: u64,
    private readonly modulusBytes: i32,
  ) {}

  /**
   * The key whose `n` and `e` a JSON Web Key (RFC 7518 §6.3) has. Null when they are no base64url, or no key that
   * signatures can be trusted by: it has 2048 to 8192 bits, and an odd exponent above 1 of at most 64. Takes as long as two
   * checks, so keep the key where you can: make it in `configure`.
   */
  static fromJwk(n: Bytes, e: Bytes): RsaPublicKey | null {
    const modulus = withoutZeros(base64UrlDecode(n, Padding.Forbidden));
    const exponent = withoutZeros(base64UrlDecode(e, Padding.Forbidden));
    const bytes = modulus.length;
    if (bytes < LEAST_MODULUS_BYTES || bytes > MOST_MODULUS_BYTES || !(modulus[bytes - 1] & 1)) return null;
    if (exponent.isEmpty || exponent.length > MOST_EXPONENT_BYTES) return null;
    let power: u64 = 0;
    for (let i = 0; i < exponent.length; i++) power = (power << 8) | <u64>exponent[i];
    if (power < 3 || !(power & 1)) return null;
    const size = (bytes + 3) >> 2;
    const limbs = limbsOf(modulus, size);
    // Each step of Newton's doubles the bits that are right; of an odd number it has three at once.
    let inverse = limbs[0];
    for (let i = 0; i < 4; i++) inverse *= 2 - limbs[0] * inverse;
    return new RsaPublicKey(limbs, squareOf(limbs), 0 - inverse, power, bytes);
  }

  /**
   * Whether `signature` is one of `data` by this key, with SHA-256: `RS256` of JSON Web Tokens. Needs the capability `crypto`.
   * False for what is absent.
   */
  verifySha256(data: Bytes, signature: Bytes): bool {
    const bytes = this.modulusBytes;
    if (signature.length != bytes || !data.exists) return false;
    const digest = sha256(data);
    const number = limbsOf(signature, this.modulus.length);
    if (!digest.exists || !isLess(number, this.modulus)) return false;
    const signed = this.raise(number);
    // 00 01 ff … ff 00, the head, the digest: every byte is what it has to be, from the last one to the first.
    const headEnd = SHA256_BYTES + SHA256_HEAD.length;
    for (let i = 0; i < bytes; i++) {
      let expected: u8 = 0xff;
      if (i < SHA256_BYTES) expected = digest[SHA256_BYTES - 1 - i];
      else if (i < headEnd) expected = SHA256_HEAD[headEnd - 1 - i];
      else if (i == headEnd || i == bytes - 1) expected = 0;
      else if (i == bytes - 2) expected = 1;
      if (<u8>(signed[i >> 2] >> ((i & 3) << 3)) != expected) return false;
    }
    return true;
  }

  /** `number` to the exponent, modulo the modulus. */
  private raise(number: StaticArray<u32>): StaticArray<u32> {
    const exponent = this.exponent;
    const base = this.multiply(number, this.square);
    let power = base;
    for (let bit = 62 - <i32>clz(exponent); bit >= 0; bit--) {
      power = this.multiply(power, power);
      if ((exponent >> bit) & 1) power = this.multiply(power, base);
    }
    const one = new StaticArray<u32>(this.modulus.length);
    one[0] = 1;
    return this.multiply(power, one);
  }

  /** a × b / 2 to the 32 × number of limbs, modulo the modulus: Montgomery's product, limb by limb (CIOS). */
  private multiply(a: StaticArray<u32>, b: StaticArray<u32>): StaticArray<u32> {
    const modulus = this.modulus;
    const size = modulus.length;
    const sum = new StaticArray<u32>(size + 1);
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
    const product = StaticArray.slice<u32>(sum, 0, size);
    if (sum[size] != 0 || !isLess(product, modulus)) subtract(product, modulus);
    return product;
  }
}

/** A number in bytes, the highest first, without those that say nothing. */
function withoutZeros(bytes: Bytes): Bytes {
  let from = 0;
  while (from < bytes.length && bytes[from] == 0) from++;
  return from == bytes.length ? ABSENT : bytes.slice(from);
}

function limbsOf(bytes: Bytes, size: i32): StaticArray<u32> {
  const limbs = new StaticArray<u32>(size);
  const last = bytes.length - 1;
  for (let i = 0; i <= last; i++) limbs[i >> 2] |= (<u32>bytes[last - i]) << ((i & 3) << 3);
  return limbs;
}

/** 2 to the 64 × number of limbs, modulo the modulus. */
function squareOf(modulus: StaticArray<u32>): StaticArray<u32> {
  const size = modulus.length;
  const number = new StaticArray<u32>(size);
  number[0] = 1;
  for (let i = 0; i < size << 6; i++) {
    let carry: u32 = 0;
    for (let j = 0; j < size; j++) {
      const limb = unchecked(number[j]);
      unchecked((number[j] = (limb << 1) | carry));
      carry = limb >> 31;
    }
    if (carry != 0 || !isLess(number, modulus)) subtract(number, modulus);
  }
  return number;
}

function isLess(a: StaticArray<u32>, b: StaticArray<u32>): bool {
  for (let i = b.length - 1; i >= 0; i--) {
    if (unchecked(a[i]) != unchecked(b[i])) return unchecked(a[i]) < unchecked(b[i]);
  }
  return false;
}

/** Takes `b` from `a`; what is borrowed of a limb above the highest is there. */
function subtract(a: StaticArray<u32>, b: StaticArray<u32>): void {
  let borrow: u64 = 0;
  for (let i = 0, size = b.length; i < size; i++) {
    const difference = <u64>unchecked(a[i]) - <u64>unchecked(b[i]) - borrow;
    unchecked((a[i] = <u32>difference));
    borrow = (difference >> 32) & 1;
  }
}
