// Signatures by public keys, such as are in tokens (JWT) of an identity provider, checked by the host (OpenSSL). Need the
// capability `crypto`.
import { MAX_HASH_BYTES, PUBLIC_KEY_P256, PUBLIC_KEY_RSA } from '../abi/abi';
import { Bytes } from './bytes';
import { hostPublicKeyImport, hostSignatureVerify } from './host';

/** The public key of a pair of RSA (RFC 8017). */
@final
export class RsaPublicKey {
  private constructor(private readonly id: i32) {}

  /**
   * The key whose `n` and `e` a JSON Web Key (RFC 7518 §6.3) has; in `configure` only. Null when they are no base64url, or no
   * key that signatures can be trusted by: it has 2048 to 8192 bits, and an odd exponent above 1 of at most 64. A filter may
   * have 256 public keys (`MAX_PUBLIC_KEYS`); one more fails the load.
   */
  static fromJwk(n: Bytes, e: Bytes): RsaPublicKey | null {
    const id = hostPublicKeyImport(PUBLIC_KEY_RSA, n.address, n.length, e.address, e.length);
    return id < 0 ? null : new RsaPublicKey(id);
  }

  /**
   * Whether `signature` is one of `data` by this key (RSASSA-PKCS1-v1_5) with SHA-256: `RS256` of JSON Web Tokens. False for
   * what is absent, and for `data` of more than 8 MiB (`MAX_HASH_BYTES`).
   */
  verifySha256(data: Bytes, signature: Bytes): bool {
    return verifies(this.id, data, signature);
  }
}

/** The public key of a pair on the curve P-256 (ECDSA, FIPS 186-5). */
@final
export class EcPublicKey {
  private constructor(private readonly id: i32) {}

  /**
   * The key whose `x` and `y` a JSON Web Key with `"crv": "P-256"` (RFC 7518 §6.2) has; in `configure` only. Null when they are
   * not base64url of 32 bytes each, or none of a point of the curve. Counts among the keys of `RsaPublicKey.fromJwk`.
   */
  static fromJwk(x: Bytes, y: Bytes): EcPublicKey | null {
    const id = hostPublicKeyImport(PUBLIC_KEY_P256, x.address, x.length, y.address, y.length);
    return id < 0 ? null : new EcPublicKey(id);
  }

  /**
   * Whether `signature`, its two numbers of 32 bytes one behind the other (RFC 7518 §3.4), is one of `data` by this key, with
   * SHA-256: `ES256` of JSON Web Tokens. False for what is absent, and for `data` of more than 8 MiB (`MAX_HASH_BYTES`).
   */
  verifySha256(data: Bytes, signature: Bytes): bool {
    return verifies(this.id, data, signature);
  }
}

function verifies(id: i32, data: Bytes, signature: Bytes): bool {
  if (!data.exists || !signature.exists || data.length > MAX_HASH_BYTES) return false;
  return hostSignatureVerify(id, data.address, data.length, signature.address, signature.length) == 1;
}
