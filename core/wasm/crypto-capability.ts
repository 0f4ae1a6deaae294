// The `crypto` capability: digests and codes of bytes in the memory of a guest. Pure functions, bounded in what they read.
import { createHash, createHmac } from 'node:crypto';
import { MAX_HASH_BYTES, SHA256_BYTES } from '../../sdk/abi/abi.js';
import { IMPORT_HMAC_SHA256, IMPORT_SHA256 } from '../../sdk/abi/names.js';
import type { CapabilityHost } from './capabilities.js';
import { GuestAbort, type GuestMemory } from './guest-memory.js';

export class CryptoCapability implements CapabilityHost {
  readonly functions: CapabilityHost['functions'];
  readonly #memory: GuestMemory;

  constructor(memory: GuestMemory) {
    this.#memory = memory;
    this.functions = { [IMPORT_SHA256]: this.#sha256, [IMPORT_HMAC_SHA256]: this.#hmacSha256 };
  }

  readonly #sha256 = (address: number, length: number, digest: number): void => {
    const data = this.#input(address, length);
    const target = this.#memory.view(digest, SHA256_BYTES);
    target.set(createHash('sha256').update(data).digest());
  };

  readonly #hmacSha256 = (
    key: number,
    keyLength: number,
    address: number,
    length: number,
    code: number,
  ): void => {
    const secret = this.#input(key, keyLength);
    const data = this.#input(address, length);
    const target = this.#memory.view(code, SHA256_BYTES);
    target.set(createHmac('sha256', secret).update(data).digest());
  };

  /** A worker cannot be ended within a call of the host: what one call hashes has to take less than a deadline. */
  #input(address: number, length: number): Uint8Array {
    if (length >>> 0 > MAX_HASH_BYTES)
      throw new GuestAbort(`at most ${MAX_HASH_BYTES} bytes are hashed at once`);
    return this.#memory.view(address, length);
  }
}
