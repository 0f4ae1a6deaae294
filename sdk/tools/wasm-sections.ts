// The little of the WebAssembly binary format (core specification §5.5) that a build needs: custom sections and the
// list of imports.
import { BinaryReader, HEADER_BYTES } from '../../core/wasm/binary-reader.js';

const CUSTOM_SECTION = 0;
/** Names of what the module defines, in subsections (§7.4.1). */
const NAME_SECTION = 'name';
const FUNCTION_NAMES = 1;

/** The sections of the binary format by their ids (§5.5.2). */
const SECTION_NAMES = [
  'custom',
  'type',
  'import',
  'function',
  'table',
  'memory',
  'global',
  'export',
  'start',
  'element',
  'code',
  'data',
  'data count',
  'tag',
];

/** A section of a module. Sizes are bytes. */
export interface WasmSection {
  /** `code`; of a custom section the name it gives itself. */
  readonly name: string;
  readonly isCustom: boolean;
  /** Where it begins in the module. */
  readonly at: number;
  /** Its size with its own head; those of all sections and 8 make the module. */
  readonly bytes: number;
}

/** Sections of a module that `WebAssembly.Module` accepted, in order. */
export function readSections(wasm: Uint8Array): WasmSection[] {
  const reader = new BinaryReader(wasm, HEADER_BYTES);
  const sections: WasmSection[] = [];
  while (reader.at < wasm.length) {
    const at = reader.at;
    const id = reader.byte();
    const end = reader.leb() + reader.at;
    const isCustom = id === CUSTOM_SECTION;
    const name = isCustom ? reader.name() : (SECTION_NAMES[id] ?? `section ${id}`);
    sections.push({ name, isCustom, at, bytes: end - at });
    reader.at = end;
  }
  return sections;
}

/** The module without its custom sections of this name. */
export function removeCustomSection(wasm: Uint8Array, name: string): Uint8Array {
  let rest = Buffer.from(wasm);
  for (const section of readSections(wasm).reverse()) {
    if (!section.isCustom || section.name !== name) continue;
    rest = Buffer.concat([rest.subarray(0, section.at), rest.subarray(section.at + section.bytes)]);
  }
  return rest;
}

/**
 * The module with no names but those of its functions (§7.4.1), which are what a trap shows; those of globals, locals
 * and types are read by nobody.
 */
export function keepFunctionNames(wasm: Uint8Array): Uint8Array {
  const section = readSections(wasm).find(({ name, isCustom }) => isCustom && name === NAME_SECTION);
  if (section === undefined) return wasm;
  const functions: Uint8Array[] = [];
  const reader = new BinaryReader(wasm, section.at + 1);
  const end = reader.leb() + reader.at;
  reader.name();
  while (reader.at < end) {
    const at = reader.at;
    const id = reader.byte();
    reader.skip(reader.leb());
    if (id === FUNCTION_NAMES) functions.push(wasm.subarray(at, reader.at));
  }
  return appendCustomSection(removeCustomSection(wasm, NAME_SECTION), NAME_SECTION, Buffer.concat(functions));
}

/** Appends a custom section. The module is not checked. */
export function appendCustomSection(wasm: Uint8Array, name: string, payload: Uint8Array): Uint8Array {
  const nameBytes = Buffer.from(name, 'utf8');
  const content = Buffer.concat([leb128(nameBytes.length), nameBytes, payload]);
  return Buffer.concat([wasm, Buffer.from([CUSTOM_SECTION]), leb128(content.length), content]);
}

/** Imports of a module, in order. */
export function readImports(wasm: Uint8Array): { readonly module: string; readonly name: string }[] {
  return WebAssembly.Module.imports(new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>));
}

/** Unsigned LEB128 (§5.2.2). */
export function leb128(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return Uint8Array.from(bytes);
}
