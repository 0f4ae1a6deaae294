// The `callouts` capability: a guest names upstreams in `configure` and gets a number for each that was granted.
import { IMPORT_CALLOUT_UPSTREAM } from '../../../sdk/abi/names.js';
import type { GuestMemory } from '../guest-memory.js';
import type { CapabilityHost } from './capabilities.js';
import { GrantedNames } from './granted-names.js';

const UPSTREAMS = { plural: 'upstreams', use: 'calls the upstream', grant: 'grants.callouts' };

export class CalloutCapability implements CapabilityHost {
  readonly functions: CapabilityHost['functions'];
  readonly #names: GrantedNames;

  /** @param granted names of upstreams; the place of a name is its id */
  constructor(memory: GuestMemory, granted: readonly string[]) {
    this.#names = new GrantedNames(memory, UPSTREAMS, granted);
    this.functions = { [IMPORT_CALLOUT_UPSTREAM]: this.#names.find };
  }

  endConfigure(): void {
    this.#names.endConfigure();
  }
}
