// The `callouts` capability: a guest names upstreams in `configure` and gets a number for each that was granted.
import { IMPORT_CALLOUT_UPSTREAM } from '../../sdk/abi/abi.js';
import { GatewayError } from '../errors.js';
import type { CapabilityHost } from './capabilities.js';
import { GuestAbort, type GuestMemory } from './guest-memory.js';

const MOST_NAME_BYTES = 1024;

export class CalloutCapability implements CapabilityHost {
  readonly functions: CapabilityHost['functions'];
  readonly #memory: GuestMemory;
  readonly #granted: readonly string[];
  #configuring = true;

  /** @param granted names of upstreams; the place of a name is its id */
  constructor(memory: GuestMemory, granted: readonly string[]) {
    this.#memory = memory;
    this.#granted = granted;
    this.functions = { [IMPORT_CALLOUT_UPSTREAM]: this.#find };
  }

  endConfigure(): void {
    this.#configuring = false;
  }

  readonly #find = (address: number, length: number): number => {
    if (!this.#configuring) throw new GuestAbort('upstreams are named in configure only');
    const name = this.#memory.text(address, length, MOST_NAME_BYTES);
    const id = this.#granted.indexOf(name);
    if (id !== -1) return id;
    throw new GatewayError(
      'SLUICE_FILTER_CAPABILITY',
      `calls the upstream ${JSON.stringify(name)}, its grants.callouts have ${JSON.stringify(this.#granted)}`,
    );
  };
}
