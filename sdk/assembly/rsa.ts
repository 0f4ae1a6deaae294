// Signatures by RSA keys (RFC 8017 §8.2, RSASSA-PKCS1-v1_5), checked in the filter. All numbers are public, so nothing
// here has to take the same time for all of them.
import { ABSENT, Bytes } from './bytes';
import { base64UrlDecode, Padding } from './codec/base64';
import { sha256 } from './hash';
import { isLess, limbsOf, Montgomery } from './montgomery';

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
    private readonly numbers: Montgomery,
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
    return new RsaPublicKey(new Montgomery(limbsOf(modulus, (bytes + 3) >> 2)), power, bytes);
  }

  /**
   * Whether `signature` is one of `data` by this key, with SHA-256: `RS256` of JSON Web Tokens. Needs the capability `crypto`.
   * False for what is absent.
   */
  verifySha256(data: Bytes, signature: Bytes): bool {
    const bytes = this.modulusBytes;
    if (signature.length != bytes || !data.exists) return false;
    const digest = sha256(data);
    const number = limbsOf(signature, this.numbers.size);
    if (!digest.exists || !isLess(number, this.numbers.modulus)) return false;
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
    const numbers = this.numbers;
    const exponent = this.exponent;
    const base = new StaticArray<u32>(numbers.size);
    const power = new StaticArray<u32>(numbers.size);
    numbers.enter(base, number);
    numbers.enter(power, number);
    for (let bit = 62 - <i32>clz(exponent); bit >= 0; bit--) {
      numbers.multiply(power, power, power);
      if ((exponent >> bit) & 1) numbers.multiply(power, power, base);
    }
    numbers.leave(power, power);
    return power;
  }
}

/** A number in bytes, the highest first, without those that say nothing. */
function withoutZeros(bytes: Bytes): Bytes {
  let from = 0;
  while (from < bytes.length && bytes[from] == 0) from++;
  return from == bytes.length ? ABSENT : bytes.slice(from);
}
