// Public keys as JSON Web Keys have them, and signatures by them. All arithmetic is that of OpenSSL; which keys are taken
// is said here, since OpenSSL takes weaker ones.
import { constants, createPublicKey, type JsonWebKey, verify } from 'node:crypto';
import { PUBLIC_KEY_P256, PUBLIC_KEY_RSA } from '../../../sdk/abi/abi.js';
import { GuestAbort } from '../guest-memory.js';

export interface PublicKey {
  /** Whether the signature is one of the data by this key, with SHA-256. False for one of another length. */
  verify(data: Uint8Array, signature: Uint8Array): boolean;
}

const LEAST_MODULUS_BITS = 2048;
const MOST_MODULUS_BITS = 8192;
/** OpenSSL takes none that are longer with a modulus above 3072 bits, and the time of a check grows with it. */
const MOST_EXPONENT_BITS = 64;
const P256_NUMBER_BYTES = 32;

/**
 * The key of the two members of a JSON Web Key that make it up: `n` and `e`, or `x` and `y`. Null when they make up none.
 * @throws GuestAbort for a kind that does not exist
 */
export function parsePublicKey(kind: number, first: string, second: string): PublicKey | null {
  if (kind === PUBLIC_KEY_RSA) return parseRsa(first, second);
  if (kind === PUBLIC_KEY_P256) return parseP256(first, second);
  throw new GuestAbort(`public keys of the kind ${kind} do not exist`);
}

/** RFC 7518 §6.3; signatures are those of RS256 (§3.3). */
function parseRsa(n: string, e: string): PublicKey | null {
  const modulus = numberOf(n);
  const exponent = numberOf(e);
  if (modulus === null || exponent === null || !isOdd(modulus) || !isOdd(exponent)) return null;
  const modulusBits = bitsOf(modulus);
  if (modulusBits < LEAST_MODULUS_BITS || modulusBits > MOST_MODULUS_BITS) return null;
  const exponentBits = bitsOf(exponent);
  // The only odd number of one bit is 1, and to its power all is as before.
  if (exponentBits < 2 || exponentBits > MOST_EXPONENT_BITS) return null;
  const key = keyOf({ kty: 'RSA', n, e });
  if (key === null) return null;
  const signer = { key, padding: constants.RSA_PKCS1_PADDING };
  return keyWith(signer, Math.ceil(modulusBits / 8));
}

/** RFC 7518 §6.2; signatures are those of ES256 (§3.4), two numbers one behind the other. */
function parseP256(x: string, y: string): PublicKey | null {
  if (numberOf(x)?.length !== P256_NUMBER_BYTES || numberOf(y)?.length !== P256_NUMBER_BYTES) return null;
  const key = keyOf({ kty: 'EC', crv: 'P-256', x, y });
  return key === null ? null : keyWith({ key, dsaEncoding: 'ieee-p1363' }, 2 * P256_NUMBER_BYTES);
}

function keyWith(signer: Parameters<typeof verify>[2], signatureBytes: number): PublicKey {
  return {
    verify: (data, signature) =>
      signature.length === signatureBytes && verify('sha256', data, signer, signature),
  };
}

/** Null when OpenSSL takes no such key, as of a point that is not on the curve. Whatever else goes wrong is thrown. */
function keyOf(jwk: JsonWebKey) {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_CRYPTO_INVALID_JWK') return null;
    throw cause;
  }
}

/** What strict base64url without padding stands for; node would pass over what is none. */
function numberOf(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : null;
}

function isOdd(number: Buffer): boolean {
  return number.length > 0 && (number.at(-1)! & 1) === 1;
}

/** Without zeros that stand before it. */
function bitsOf(number: Buffer): number {
  const at = number.findIndex((byte) => byte !== 0);
  return at === -1 ? 0 : (number.length - at) * 8 - (Math.clz32(number[at]!) - 24);
}
