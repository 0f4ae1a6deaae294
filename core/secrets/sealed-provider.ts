// Secrets of the store, sealed.
import { GatewayError } from '../errors.js';
import type { KeyRing } from './key-ring.js';
import type { SecretProvider } from './provider.js';
import type { SecretReference } from './reference.js';
import { openSecret } from './sealed-secret.js';

export class SealedProvider implements SecretProvider {
  readonly #entries: ReadonlyMap<string, Buffer>;
  readonly #ring: KeyRing | null;

  /**
   * @param entries by name, as they stand in the store
   * @param ring    null opens none
   */
  constructor(entries: ReadonlyMap<string, Buffer>, ring: KeyRing | null) {
    this.#entries = entries;
    this.#ring = ring;
  }

  read({ name }: SecretReference): string {
    const entry = this.#entries.get(name);
    if (entry === undefined)
      throw new Error(
        `an entry ${name} in the store, which has none: \`sluice secret set ${name}\` makes one`,
      );
    if (this.#ring === null) {
      throw new GatewayError(
        'SLUICE_SECRET_KEYS',
        `keys to open the entry ${name} with: give --keys FILE, SLUICE_SECRET_KEYS_FILE or SLUICE_SECRET_KEYS`,
      );
    }
    return decode(name, openSecret(name, entry, this.#ring).value);
  }
}

/** @throws GatewayError without the cause, which may hold the bytes */
function decode(name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new GatewayError('SLUICE_SECRET_SEALED', `an entry ${name} whose value is UTF-8`);
  }
}
