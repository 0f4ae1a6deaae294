// The `random` capability: bytes from the cryptographic generator of the system.
import { randomFillSync } from 'node:crypto';
import { IMPORT_RANDOM } from '../../../sdk/abi/names.js';
import { GuestAbort, type GuestMemory } from '../guest-memory.js';
import type { CapabilityHost } from './capabilities.js';

/** Most bytes of one call. */
const MOST_BYTES = 65536;
/** Small draws are served from here: asking the generator costs more than a thousand of its bytes. */
const POOL_BYTES = 4096;

export class RandomCapability implements CapabilityHost {
  readonly functions: CapabilityHost['functions'];
  readonly #memory: GuestMemory;
  readonly #pool = Buffer.alloc(POOL_BYTES);
  #left = 0;

  constructor(memory: GuestMemory) {
    this.#memory = memory;
    this.functions = { [IMPORT_RANDOM]: this.#fill };
  }

  readonly #fill = (address: number, length: number): void => {
    const size = length >>> 0;
    if (size > MOST_BYTES) throw new GuestAbort(`at most ${MOST_BYTES} random bytes at once`);
    const target = this.#memory.view(address, size);
    if (size > POOL_BYTES) {
      randomFillSync(target);
      return;
    }
    if (size > this.#left) {
      randomFillSync(this.#pool);
      this.#left = POOL_BYTES;
    }
    const drawn = this.#pool.subarray(this.#left - size, this.#left);
    target.set(drawn);
    // Nobody else may ever see them.
    drawn.fill(0);
    this.#left -= size;
  };
}
