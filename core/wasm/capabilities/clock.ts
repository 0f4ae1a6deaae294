// The `clock` capability: what time it is, and how much of it has passed.
import { IMPORT_CLOCK_MONOTONIC, IMPORT_CLOCK_WALL } from '../../../sdk/abi/names.js';
import type { Clock } from '../clock.js';
import type { CapabilityHost } from './capabilities.js';

export class ClockCapability implements CapabilityHost {
  readonly functions: CapabilityHost['functions'];

  constructor(clock: Clock) {
    this.functions = {
      [IMPORT_CLOCK_WALL]: () => clock.wallMs(),
      [IMPORT_CLOCK_MONOTONIC]: () => clock.monotonicMs(),
    };
  }
}
