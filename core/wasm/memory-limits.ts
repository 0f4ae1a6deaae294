// Reads from a module's binary how much memory of any kind it may take: what the JavaScript API of WebAssembly does
// not tell. Layout: WebAssembly core specification 3.0, binary format §5.5.4 to §5.5.8.
import {
  BinaryReader,
  HEADER_BYTES,
  KIND_FUNCTION,
  KIND_GLOBAL,
  KIND_MEMORY,
  KIND_TABLE,
  KIND_TAG,
  type Limits,
  SECTION_ELEMENT,
  SECTION_EXPORT,
  SECTION_GLOBAL,
  SECTION_IMPORT,
  SECTION_MEMORY,
  SECTION_TABLE,
  SECTION_TAG,
  SECTION_TYPE,
  TYPE_FUNCTION,
} from './binary-reader.js';

export interface MemoryLimits {
  /** Every import of a memory, its limits in pages of 64 KiB. */
  readonly imported: readonly Limits[];
  /** Memories the module brings itself. */
  readonly ownMemories: number;
  /** Entries its tables may grow to, all together; infinite when one of them has no maximum. */
  readonly tableEntries: number;
  /** Imports, tables, globals, exports, tags and segments of tables: of each of them every instance has an object in the heap of the host. */
  readonly heapEntries: number;
  /** True when it declares types of garbage-collected objects, which live in the heap of the host. */
  readonly heapTypes: boolean;
}

const ON_HEAP: ReadonlySet<number> = new Set([
  SECTION_IMPORT,
  SECTION_TABLE,
  SECTION_GLOBAL,
  SECTION_EXPORT,
  SECTION_ELEMENT,
  SECTION_TAG,
]);
const TYPE_FUNCREF = 0x70;
const TYPE_EXTERNREF = 0x6f;

/**
 * Reads what a module declares.
 * @param bytes a module that `WebAssembly.Module` accepted, so its structure is known to be sound
 */
export function readMemoryLimits(bytes: Uint8Array): MemoryLimits {
  const reader = new BinaryReader(bytes, HEADER_BYTES);
  let imported: readonly Limits[] = [];
  let ownMemories = 0;
  let tableEntries = 0;
  let heapEntries = 0;
  let heapTypes = false;
  while (reader.at < bytes.length) {
    const section = reader.byte();
    const end = reader.leb() + reader.at;
    if (ON_HEAP.has(section)) heapEntries += new BinaryReader(bytes, reader.at).leb();
    if (section === SECTION_TYPE) heapTypes = readHeapTypes(reader);
    else if (section === SECTION_IMPORT) imported = readImports(reader);
    else if (section === SECTION_TABLE) tableEntries = readTables(reader);
    else if (section === SECTION_MEMORY) ownMemories = reader.leb();
    reader.at = end;
  }
  return { imported, ownMemories, tableEntries, heapEntries, heapTypes };
}

function readHeapTypes(reader: BinaryReader): boolean {
  for (let count = reader.leb(); count > 0; count -= 1) {
    if (reader.byte() !== TYPE_FUNCTION) return true;
    for (let parameters = reader.leb(); parameters > 0; parameters -= 1) reader.valueType();
    for (let results = reader.leb(); results > 0; results -= 1) reader.valueType();
  }
  return false;
}

function readImports(reader: BinaryReader): Limits[] {
  const memories: Limits[] = [];
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

function readTables(reader: BinaryReader): number {
  let entries = 0;
  for (let count = reader.leb(); count > 0; count -= 1) {
    const type = reader.byte();
    // Tables with an initial value or of typed references: nothing that compilers of filters make.
    if (type !== TYPE_FUNCREF && type !== TYPE_EXTERNREF) return Number.POSITIVE_INFINITY;
    entries += reader.limits().maximum ?? Number.POSITIVE_INFINITY;
  }
  return entries;
}
