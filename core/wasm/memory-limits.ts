// Reads the limits of the imported memory from the import section: the one fact about a module that the
// JavaScript API of WebAssembly does not tell. Layout: WebAssembly core specification, binary format §5.5.5.

/** Limits in pages of 64 KiB. */
export interface MemoryLimits {
  readonly initial: number;
  /** Null when the module declares none. */
  readonly maximum: number | null;
  readonly shared: boolean;
  readonly memory64: boolean;
}

const SECTION_IMPORT = 2;
const KIND_FUNCTION = 0;
const KIND_TABLE = 1;
const KIND_MEMORY = 2;
const KIND_GLOBAL = 3;
const HEADER_BYTES = 8;

/**
 * Limits of the imported memory, or null when the module imports none.
 * @param bytes a module that `WebAssembly.Module` accepted, so its structure is known to be sound
 */
export function readMemoryLimits(bytes: Uint8Array): MemoryLimits | null {
  const reader = new Reader(bytes, HEADER_BYTES);
  while (reader.at < bytes.length) {
    const section = reader.byte();
    const size = reader.leb();
    if (section === SECTION_IMPORT) return readImports(reader);
    reader.skip(size);
  }
  return null;
}

function readImports(reader: Reader): MemoryLimits | null {
  let limits: MemoryLimits | null = null;
  for (let count = reader.leb(); count > 0; count -= 1) {
    reader.skip(reader.leb()); // module
    reader.skip(reader.leb()); // name
    const kind = reader.byte();
    if (kind === KIND_FUNCTION) reader.leb();
    else if (kind === KIND_TABLE) {
      reader.skip(1);
      reader.limits();
    } else if (kind === KIND_MEMORY) limits = reader.limits();
    else if (kind === KIND_GLOBAL) reader.skip(2);
    else return limits; // tags and what comes after: no memory of ours follows in a module that links
  }
  return limits;
}

class Reader {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  skip(count: number): void {
    this.at += count;
  }

  byte(): number {
    const value = this.#bytes[this.at];
    if (value === undefined) throw new RangeError('the import section ends early');
    this.at += 1;
    return value;
  }

  /** Unsigned LEB128; exact up to 2^53. */
  leb(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
  }

  limits(): MemoryLimits {
    const flags = this.byte();
    const initial = this.leb();
    return {
      initial,
      maximum: (flags & 1) === 0 ? null : this.leb(),
      shared: (flags & 2) !== 0,
      memory64: (flags & 4) !== 0,
    };
  }
}
