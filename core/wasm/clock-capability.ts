// The `clock` capability: what time it is, and how much of it has passed.
import { IMPORT_CLOCK_MONOTONIC, IMPORT_CLOCK_WALL } from '../../sdk/abi/names.js';
import type { CapabilityHost } from './capabilities.js';

export class ClockCapability implements CapabilityHost {
  readonly functions: CapabilityHost['functions'];
  /** Wall clock less monotonic clock. */
  #offsetMs = performance.timeOrigin;

  constructor() {
    this.functions = { [IMPORT_CLOCK_WALL]: this.#wall, [IMPORT_CLOCK_MONOTONIC]: () => performance.now() };
  }

  /** `Date.now()` with a fraction. The monotonic clock has one, but does not follow when somebody sets the time. */
  readonly #wall = (): number => {
    const monotonicMs = performance.now();
    const wholeMs = Date.now();
    const finerMs = monotonicMs + this.#offsetMs;
    if (finerMs >= wholeMs && finerMs < wholeMs + 1) return finerMs;
    this.#offsetMs = wholeMs - monotonicMs;
    return wholeMs;
  };
}
