// The `log` capability: lines that a guest writes, bounded for each call.
import { LOG_ERROR } from '../../../sdk/abi/abi.js';
import { IMPORT_LOG } from '../../../sdk/abi/names.js';
import type { GuestMemory } from '../guest-memory.js';
import type { CapabilityHost } from './capabilities.js';

/** Most bytes of one line, and most lines of one call. What goes beyond is cut and counted. */
const MOST_LINE_BYTES = 8192;
const MOST_LINES = 64;

export interface GuestLogLine {
  /** `LOG_*` of sdk/abi. */
  readonly level: number;
  readonly text: string;
}

export class LogCapability implements CapabilityHost {
  readonly functions: CapabilityHost['functions'];
  readonly #memory: GuestMemory;
  #lines: GuestLogLine[] = [];
  #dropped = 0;

  constructor(memory: GuestMemory) {
    this.#memory = memory;
    this.functions = { [IMPORT_LOG]: this.#log };
  }

  /** Lines written since the last call of this method. */
  takeLines(): readonly GuestLogLine[] {
    const lines = this.#lines;
    if (lines.length === 0) return lines;
    if (this.#dropped > 0)
      lines.push({ level: LOG_ERROR, text: `${this.#dropped} more log lines were dropped` });
    this.#lines = [];
    this.#dropped = 0;
    return lines;
  }

  readonly #log = (level: number, address: number, length: number): void => {
    if (this.#lines.length >= MOST_LINES) {
      this.#dropped += 1;
      return;
    }
    const text = this.#memory.text(address, length, MOST_LINE_BYTES);
    this.#lines.push({ level: Math.min(level >>> 0, LOG_ERROR), text });
  };
}
