// The `crypto` capability: digests, codes and signatures of bytes in the memory of a guest, bounded in what they read.
import { createHash, createHmac } from 'node:crypto';
import { MAX_HASH_BYTES, MAX_PUBLIC_KEYS, SHA256_BYTES } from '../../../sdk/abi/abi.js';
import {
  IMPORT_HMAC_SHA256,
  IMPORT_HMAC_SHA256_SECRET,
  IMPORT_PUBLIC_KEY_IMPORT,
  IMPORT_SHA256,
  IMPORT_SIGNATURE_VERIFY,
} from '../../../sdk/abi/names.js';
import { GuestAbort, type GuestMemory } from '../guest-memory.js';
import { needStackRoom } from '../stack-room.js';
import type { CapabilityHost } from './capabilities.js';
import { type PublicKey, parsePublicKey } from './public-key.js';
import type { GrantedSecret } from './secret.js';

/** Most characters of one member of a JSON Web Key that are read: a modulus of 8192 bits has 1366. */
const MOST_MEMBER_CHARACTERS = 2048;
/** What public_key_import answers for what is no key. */
const NO_KEY = -1;

export class CryptoCapability implements CapabilityHost {
  readonly functions: CapabilityHost['functions'];
  readonly #memory: GuestMemory;
  readonly #secrets: readonly GrantedSecret[];
  readonly #keys: PublicKey[] = [];
  #configuring = true;

  /** @param secrets those of the `secrets` capability, by the same ids */
  constructor(memory: GuestMemory, secrets: readonly GrantedSecret[]) {
    this.#memory = memory;
    this.#secrets = secrets;
    this.functions = {
      [IMPORT_SHA256]: this.#sha256,
      [IMPORT_HMAC_SHA256]: this.#hmacSha256,
      [IMPORT_HMAC_SHA256_SECRET]: this.#hmacSha256Secret,
      [IMPORT_PUBLIC_KEY_IMPORT]: this.#importKey,
      [IMPORT_SIGNATURE_VERIFY]: this.#verify,
    };
  }

  endConfigure(): void {
    this.#configuring = false;
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

  readonly #importKey = (
    kind: number,
    first: number,
    firstLength: number,
    second: number,
    secondLength: number,
  ): number => {
    if (!this.#configuring) throw new GuestAbort('public keys are imported in configure only');
    // A key that cannot be made for want of stack must not look like one that is none.
    needStackRoom();
    const members = [this.#member(first, firstLength), this.#member(second, secondLength)] as const;
    const key = parsePublicKey(kind, ...members);
    if (key === null) return NO_KEY;
    if (this.#keys.length >= MAX_PUBLIC_KEYS)
      throw new GuestAbort(`more than ${MAX_PUBLIC_KEYS} public keys`);
    return this.#keys.push(key) - 1;
  };

  readonly #verify = (
    id: number,
    address: number,
    length: number,
    signature: number,
    signatureLength: number,
  ): number => {
    const key = this.#keys[id];
    if (key === undefined) throw new GuestAbort(`public key ${id} does not exist`);
    const data = this.#input(address, length);
    return key.verify(data, this.#memory.view(signature, signatureLength)) ? 1 : 0;
  };

  /** A member of a JSON Web Key; one that is too long for any key comes as one that is none. */
  #member(address: number, length: number): string {
    const { buffer, byteOffset } = this.#memory.view(address, length);
    const bytes = Math.min(length >>> 0, MOST_MEMBER_CHARACTERS);
    const text = Buffer.from(buffer, byteOffset, bytes).toString('latin1');
    return text.length === length >>> 0 ? text : '';
  }

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
