// In place of a capability that a manifest asks for as optional and the operator did not grant: its functions are there
// to be linked, and refuse to be called.
import { GatewayError } from '../../errors.js';
import { GuestAbort } from '../guest-memory.js';
import { type Capability, type CapabilityHost, IMPORT_CAPABILITIES } from './capabilities.js';

export class WithheldCapability implements CapabilityHost {
  readonly functions: CapabilityHost['functions'];
  #configuring = true;

  constructor(withheld: Capability) {
    const functions: Record<string, () => never> = {};
    for (const [name, capability] of IMPORT_CAPABILITIES) {
      if (capability === withheld) functions[name] = () => this.#refuse(name, withheld);
    }
    this.functions = functions;
  }

  endConfigure(): void {
    this.#configuring = false;
  }

  #refuse(name: string, capability: Capability): never {
    const message = `calls ${name}, but its grants do not have ${capability}`;
    throw this.#configuring ? new GatewayError('SLUICE_FILTER_CAPABILITY', message) : new GuestAbort(message);
  }
}
