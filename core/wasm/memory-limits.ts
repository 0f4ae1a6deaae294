// Reads from a module's binary how much memory of any kind it may take: what the JavaScript API of WebAssembly does
// not tell. Layout: WebAssembly core specification 3.0, binary format §5.5.4 to §5.5.8.

/** Limits in pages of 64 KiB. */
export interface ImportedMemory {
  readonly initial: number;
  /** Null when the module declares none. */
  readonly maximum: number | null;
  readonly shared: boolean;
  readonly memory64: boolean;
}

export interface MemoryLimits {
  /** Every import of a memory. */
  readonly imported: readonly ImportedMemory[];
  /** Memories the module brings itself. */
  readonly ownMemories: number;
  /** Entries its tables may grow to, all together; infinite when one of them has no maximum. */
  readonly tableEntries: number;
  /** True when it declares types of garbage-collected objects, which live in the heap of the host. */
  readonly heapTypes: boolean;
}

const SECTION_TYPE = 1;
const SECTION_IMPORT = 2;
const SECTION_TABLE = 4;
const SECTION_MEMORY = 5;
const KIND_FUNCTION = 0;
const KIND_TABLE = 1;
const KIND_MEMORY = 2;
const KIND_GLOBAL = 3;
const KIND_TAG = 4;
const TYPE_FUNCTION = 0x60;
const TYPE_REFERENCE = 0x64;
const TYPE_NULLABLE_REFERENCE = 0x63;
const TYPE_FUNCREF = 0x70;
const TYPE_EXTERNREF = 0x6f;
const HEADER_BYTES = 8;

/**
 * Reads what a module declares.
 * @param bytes a module that `WebAssembly.Module` accepted, so its structure is known to be sound
 */
export function readMemoryLimits(bytes: Uint8Array): MemoryLimits {
  const reader = new Reader(bytes, HEADER_BYTES);
  let imported: readonly ImportedMemory[] = [];
  let ownMemories = 0;
  let tableEntries = 0;
  let heapTypes = false;
  while (reader.at < bytes.length) {
    const section = reader.byte();
    const end = reader.leb() + reader.at;
    if (section === SECTION_TYPE) heapTypes = readHeapTypes(reader);
    else if (section === SECTION_IMPORT) imported = readImports(reader);
    else if (section === SECTION_TABLE) tableEntries = readTables(reader);
    else if (section === SECTION_MEMORY) ownMemories = reader.leb();
    reader.at = end;
  }
  return { imported, ownMemories, tableEntries, heapTypes };
}

function readHeapTypes(reader: Reader): boolean {
  for (let count = reader.leb(); count > 0; count -= 1) {
    if (reader.byte() !== TYPE_FUNCTION) return true;
    for (let parameters = reader.leb(); parameters > 0; parameters -= 1) reader.valueType();
    for (let results = reader.leb(); results > 0; results -= 1) reader.valueType();
  }
  return false;
}

function readImports(reader: Reader): ImportedMemory[] {
  const memories: ImportedMemory[] = [];
  for (let count = reader.leb(); count > 0; count -= 1) {
    reader.skip(reader.leb()); // module
    reader.skip(reader.leb()); // name
    const kind = reader.byte();
    if (kind === KIND_FUNCTION) reader.leb();
    else if (kind === KIND_TABLE) {
      reader.valueType();
      reader.limits();
    } else if (kind === KIND_MEMORY) memories.push(reader.limits());
    else if (kind === KIND_GLOBAL) {
      reader.valueType();
      reader.skip(1);
    } else if (kind === KIND_TAG) {
      reader.skip(1);
      reader.leb();
    } else throw new RangeError(`import of the unknown kind ${kind}`);
  }
  return memories;
}

function readTables(reader: Reader): number {
  let entries = 0;
  for (let count = reader.leb(); count > 0; count -= 1) {
    const type = reader.byte();
    // Tables with an initial value or of typed references: nothing that compilers of filters make.
    if (type !== TYPE_FUNCREF && type !== TYPE_EXTERNREF) return Number.POSITIVE_INFINITY;
    entries += reader.limits().maximum ?? Number.POSITIVE_INFINITY;
  }
  return entries;
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

  valueType(): void {
    const type = this.byte();
    if (type === TYPE_REFERENCE || type === TYPE_NULLABLE_REFERENCE) this.leb();
  }

  limits(): ImportedMemory {
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
