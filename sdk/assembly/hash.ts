// SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104), computed by the host. Needs the capability `crypto`.
import { MAX_HASH_BYTES, SHA256_BYTES } from '../abi/abi';
import { ABSENT, Bytes } from './bytes';
import { hostHmacSha256, hostSha256 } from './host';

/** The digest, 32 bytes. What is absent hashes as empty; absent when `data` has more than 8 MiB (`MAX_HASH_BYTES`). */
export function sha256(data: Bytes): Bytes {
  if (data.length > MAX_HASH_BYTES) return ABSENT;
  const at = __sluice_reserve(SHA256_BYTES);
  hostSha256(data.address, data.length, at);
  return new Bytes(at, SHA256_BYTES);
}

/**
 * The code, 32 bytes. Compare one with `equalsConstantTime`. Absent `data` counts as empty, but nothing is made with a key
 * that is absent or empty, and nothing when key or data have more than 8 MiB (`MAX_HASH_BYTES`): the answer is absent then.
 */
export function hmacSha256(key: Bytes, data: Bytes): Bytes {
  if (key.isEmpty || key.length > MAX_HASH_BYTES || data.length > MAX_HASH_BYTES) return ABSENT;
  const at = __sluice_reserve(SHA256_BYTES);
  hostHmacSha256(key.address, key.length, data.address, data.length, at);
  return new Bytes(at, SHA256_BYTES);
}
