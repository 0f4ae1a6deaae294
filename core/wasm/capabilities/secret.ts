// The `secrets` capability: a guest names secrets in `configure` and gets a number for each that was granted. With it a
// header gets the value when the request leaves; the value itself is there only for a grant that says `read`.
import { IMPORT_SECRET_FIND, IMPORT_SECRET_READ } from '../../../sdk/abi/names.js';
import { GuestAbort, type GuestMemory } from '../guest-memory.js';
import type { CapabilityHost } from './capabilities.js';
import { GrantedNames } from './granted-names.js';

/** A secret as a worker knows it. */
export interface GrantedSecret {
  readonly name: string;
  /** What the filter may read: null unless the grant says `read`. */
  readonly value: string | null;
  /** What codes are made with: null unless the grant says `sign` or `read`. With both null no worker has the value. */
  readonly key: string | null;
}

const SECRETS = { plural: 'secrets', use: 'uses the secret', grant: 'grants.secrets' };

export class SecretCapability implements CapabilityHost {
  readonly functions: CapabilityHost['functions'];
  readonly #memory: GuestMemory;
  readonly #granted: readonly GrantedSecret[];
  readonly #names: GrantedNames;

  /** @param granted the place of a secret is its id */
  constructor(memory: GuestMemory, granted: readonly GrantedSecret[]) {
    this.#memory = memory;
    this.#granted = granted;
    const names = granted.map(({ name }) => name);
    this.#names = new GrantedNames(memory, SECRETS, names);
    this.functions = { [IMPORT_SECRET_FIND]: this.#names.find, [IMPORT_SECRET_READ]: this.#read };
  }

  endConfigure(): void {
    this.#names.endConfigure();
  }

  readonly #read = (id: number, address: number, capacity: number): number => {
    const secret = this.#granted[id];
    if (secret === undefined) throw new GuestAbort(`secret ${id} does not exist`);
    if (secret.value === null)
      throw new GuestAbort(`the grant of the secret ${secret.name} does not say read`);
    return this.#memory.copyOut(Buffer.from(secret.value, 'utf8'), address, capacity);
  };
}
