// What one instance may call: `abort`, and the functions of the capabilities it was granted. Each capability is a
// file of its own; this one puts them together.
import { IMPORT_ABORT } from '../../sdk/abi/abi.js';
import type { Capability, CapabilityHost } from './capabilities.js';
import { GuestAbort, GuestMemory } from './guest-memory.js';
import { type GuestLogLine, LogCapability } from './log-capability.js';
import { SchemaCapability } from './schema-capability.js';
import type { SchemaStore } from './schema-store.js';

/** What the capabilities of all filters of one thread share. */
export interface HostServices {
  readonly schemas: SchemaStore;
}

/** Which filter the host serves, and what it was granted. */
export interface HostedFilter {
  readonly id: number;
  readonly granted: readonly Capability[];
}

const MOST_ABORT_BYTES = 8192;
const NO_LINES: readonly GuestLogLine[] = [];

export class GuestHost {
  readonly #memory: GuestMemory;
  readonly #log: LogCapability | null;
  readonly #capabilities: readonly CapabilityHost[];

  constructor(memory: WebAssembly.Memory, filter: HostedFilter, services: HostServices) {
    this.#memory = new GuestMemory(memory);
    const has = (capability: Capability): boolean => filter.granted.includes(capability);
    this.#log = has('log') ? new LogCapability(this.#memory) : null;
    const capabilities: CapabilityHost[] = [];
    if (this.#log !== null) capabilities.push(this.#log);
    if (has('schemas')) capabilities.push(new SchemaCapability(this.#memory, services.schemas, filter.id));
    this.#capabilities = capabilities;
  }

  /** Functions for the import module of the ABI. */
  functions(): Record<string, unknown> {
    return Object.assign(
      { [IMPORT_ABORT]: this.#abort },
      ...this.#capabilities.map(({ functions }) => functions),
    );
  }

  /** `configure` returned. */
  endConfigure(): void {
    for (const capability of this.#capabilities) capability.endConfigure?.();
  }

  /** Lines written since the last call of this method. */
  takeLines(): readonly GuestLogLine[] {
    return this.#log === null ? NO_LINES : this.#log.takeLines();
  }

  readonly #abort = (
    message: number,
    messageLength: number,
    file: number,
    fileLength: number,
    line: number,
    column: number,
  ): never => {
    const text = this.#memory.text16(message, messageLength, MOST_ABORT_BYTES);
    const place = this.#memory.text16(file, fileLength, MOST_ABORT_BYTES);
    throw new GuestAbort(`${text || 'abort'} at ${place}:${line >>> 0}:${column >>> 0}`);
  };
}
