// Numbers, types and names of a module's binary. Layout: WebAssembly core specification 3.0, binary format §5.

export const SECTION_TYPE = 1;
export const SECTION_IMPORT = 2;
export const SECTION_FUNCTION = 3;
export const SECTION_TABLE = 4;
export const SECTION_MEMORY = 5;
export const SECTION_GLOBAL = 6;
export const SECTION_EXPORT = 7;
export const SECTION_ELEMENT = 9;
export const SECTION_TAG = 13;
export const KIND_FUNCTION = 0;
export const KIND_TABLE = 1;
export const KIND_MEMORY = 2;
export const KIND_GLOBAL = 3;
export const KIND_TAG = 4;
export const TYPE_FUNCTION = 0x60;
const TYPE_REFERENCE = 0x64;
const TYPE_NULLABLE_REFERENCE = 0x63;
/** Magic number and version, before the first section. */
export const HEADER_BYTES = 8;

/** Of a memory or a table. */
export interface Limits {
  readonly initial: number;
  /** Null when the module declares none. */
  readonly maximum: number | null;
  readonly shared: boolean;
  readonly memory64: boolean;
}

/** Reads forward; throws a RangeError at the end of the bytes. */
export class BinaryReader {
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
    if (value === undefined) throw new RangeError('a section ends early');
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

  /** Its first byte; that of a typed reference is read over. */
  valueType(): number {
    const type = this.byte();
    if (type === TYPE_REFERENCE || type === TYPE_NULLABLE_REFERENCE) this.leb();
    return type;
  }

  /** A name of an import or an export. */
  name(): string {
    const length = this.leb();
    const start = this.at;
    this.at += length;
    return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + start, length).toString('utf8');
  }

  limits(): Limits {
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
