// The `idna` capability: a domain in any language as URLs spell it, in ASCII (UTS #46). Its tables are those of Node.
import { domainToASCII } from 'node:url';
import { IMPORT_DOMAIN_TO_ASCII } from '../../../sdk/abi/names.js';
import type { GuestMemory } from '../guest-memory.js';
import type { CapabilityHost } from './capabilities.js';

/** More than any name of the DNS takes in UTF-8. What is longer is no domain: Punycode takes the square of a length. */
const MOST_DOMAIN_BYTES = 1024;
/** Forbidden domain code points of WHATWG URL §3.2. `domainToASCII` is the setter of a URL, which stops at some. */
const FORBIDDEN = /[\0-\x20#%/:<>?@[\\\]^|\x7f]/;

export class IdnaCapability implements CapabilityHost {
  readonly functions: CapabilityHost['functions'];
  readonly #memory: GuestMemory;

  constructor(memory: GuestMemory) {
    this.#memory = memory;
    this.functions = { [IMPORT_DOMAIN_TO_ASCII]: this.#toAscii };
  }

  readonly #toAscii = (address: number, length: number, to: number, capacity: number): number => {
    const size = length >>> 0;
    if (size > MOST_DOMAIN_BYTES) return 0;
    const domain = this.#memory.text(address, size, size);
    if (FORBIDDEN.test(domain)) return 0;
    return this.#memory.copyOut(Buffer.from(domainToASCII(domain), 'latin1'), to, capacity);
  };
}
