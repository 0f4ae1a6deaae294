// The `crypto` capability: digests and codes of bytes in the memory of a guest. Pure functions, bounded in what they read.
import { createHash, createHmac } from 'node:crypto';
import { MAX_HASH_BYTES, SHA256_BYTES } from '../../../sdk/abi/abi.js';
import { IMPORT_HMAC_SHA256, IMPORT_HMAC_SHA256_SECRET, IMPORT_SHA256 } from '../../../sdk/abi/names.js';
import { GuestAbort, type GuestMemory } from '../guest-memory.js';
import type { CapabilityHost } from './capabilities.js';
import type { GrantedSecret } from './secret.js';

export class CryptoCapability implements CapabilityHost {
  readonly functions: CapabilityHost['functions'];
  readonly #memory: GuestMemory;
  readonly #secrets: readonly GrantedSecret[];

  /** @param secrets those of the `secrets` capability, by the same ids */
  constructor(memory: GuestMemory, secrets: readonly GrantedSecret[]) {
    this.#memory = memory;
    this.#secrets = secrets;
    this.functions = {
      [IMPORT_SHA256]: this.#sha256,
      [IMPORT_HMAC_SHA256]: this.#hmacSha256,
      [IMPORT_HMAC_SHA256_SECRET]: this.#hmacSha256Secret,
    };
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
    this.#writeCode(this.#input(key, keyLength), address, length, code);
  };

  readonly #hmacSha256Secret = (id: number, address: number, length: number, code: number): void => {
    const secret = this.#secrets[id];
    if (secret === undefined) throw new GuestAbort(`secret ${id} does not exist`);
    if (secret.key === null) throw new GuestAbort(`the grant of the secret ${secret.name} does not say sign`);
    this.#writeCode(Buffer.from(secret.key, 'utf8'), address, length, code);
  };

  #writeCode(key: Uint8Array, address: number, length: number, code: number): void {
    const data = this.#input(address, length);
    const target = this.#memory.view(code, SHA256_BYTES);
    target.set(createHmac('sha256', key).update(data).digest());
  }

  /** A worker cannot be ended within a call of the host: what one call hashes has to take less than a deadline. */
  #input(address: number, length: number): Uint8Array {
    if (length >>> 0 > MAX_HASH_BYTES)
      throw new GuestAbort(`at most ${MAX_HASH_BYTES} bytes are hashed at once`);
    return this.#memory.view(address, length);
  }
}
