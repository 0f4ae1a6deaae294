// The `clock` capability: what time it is, and how much of it has passed.
import { IMPORT_CLOCK_MONOTONIC, IMPORT_CLOCK_WALL } from '../../sdk/abi/abi.js';
import type { CapabilityHost } from './capabilities.js';

export class ClockCapability implements CapabilityHost {
  readonly functions: CapabilityHost['functions'] = {
    [IMPORT_CLOCK_WALL]: () => Date.now(),
    [IMPORT_CLOCK_MONOTONIC]: () => performance.now(),
  };
}
