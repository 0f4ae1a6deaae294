// The types of the functions that a module imports and exports: what the JavaScript API of WebAssembly does not tell.
import assert from 'node:assert/strict';
import {
  EXPORT_BEGIN,
  EXPORT_CONFIGURE,
  EXPORT_ON_BODY,
  EXPORT_ON_CALLOUT,
  EXPORT_ON_REQUEST,
  EXPORT_ON_RESPONSE,
  IMPORT_TRACE,
} from '../../sdk/abi/names.js';
import {
  BinaryReader,
  HEADER_BYTES,
  KIND_FUNCTION,
  SECTION_EXPORT,
  SECTION_FUNCTION,
  SECTION_IMPORT,
  SECTION_TYPE,
  TYPE_FUNCTION,
} from './binary-reader.js';
import { IMPORT_SIGNATURES } from './capabilities/capabilities.js';

/** A function of the module's boundary. */
export interface BoundaryFunction {
  readonly direction: 'imports' | 'exports';
  readonly name: string;
  /** `(i32, i32) -> i32`; `()` stands for no result. */
  readonly signature: string;
}

/** More than any function of the ABI has. A type may have a thousand, and a module 16,000 such types. */
const MOST_TYPES = 16;

const CALL = '(i32, i32) -> i32';

/** The types that the ABI gives its functions. */
export const ABI_SIGNATURES: Readonly<Record<BoundaryFunction['direction'], ReadonlyMap<string, string>>> = {
  exports: new Map([
    [EXPORT_BEGIN, '(i32) -> i32'],
    [EXPORT_CONFIGURE, CALL],
    [EXPORT_ON_REQUEST, CALL],
    [EXPORT_ON_RESPONSE, CALL],
    [EXPORT_ON_BODY, CALL],
    [EXPORT_ON_CALLOUT, '(i32, i32, i32, i32) -> i32'],
  ]),
  imports: new Map([...IMPORT_SIGNATURES, [IMPORT_TRACE, '(i32, i32, i32, i32) -> ()']]),
};

const NUMBERS: ReadonlyMap<number, string> = new Map([
  [0x7f, 'i32'],
  [0x7e, 'i64'],
  [0x7d, 'f32'],
  [0x7c, 'f64'],
  [0x7b, 'v128'],
]);

/**
 * Lists the functions a module imports and exports, with their types.
 * @param bytes a module that `WebAssembly.Module` accepted, whose types are all of functions and whose imports are all
 *   functions and memories
 */
export function readSignatures(bytes: Uint8Array): BoundaryFunction[] {
  const reader = new BinaryReader(bytes, HEADER_BYTES);
  const found: BoundaryFunction[] = [];
  let types: readonly string[] = [];
  /** Types of all functions, those imported first. */
  const functions: string[] = [];
  while (reader.at < bytes.length) {
    const section = reader.byte();
    const end = reader.leb() + reader.at;
    if (section === SECTION_TYPE) types = readTypes(reader);
    else if (section === SECTION_IMPORT) readImports(reader, types, functions, found);
    else if (section === SECTION_FUNCTION) {
      for (let count = reader.leb(); count > 0; count -= 1) functions.push(types[reader.leb()]!);
    } else if (section === SECTION_EXPORT) readExports(reader, functions, found);
    reader.at = end;
  }
  return found;
}

function readTypes(reader: BinaryReader): string[] {
  const types: string[] = [];
  for (let count = reader.leb(); count > 0; count -= 1) {
    assert(reader.byte() === TYPE_FUNCTION);
    const parameters = readValueTypes(reader).join(', ');
    const results = readValueTypes(reader).join(', ');
    types.push(`(${parameters}) -> ${results || '()'}`);
  }
  return types;
}

function readValueTypes(reader: BinaryReader): string[] {
  const types: string[] = [];
  for (let count = reader.leb(); count > 0; count -= 1) {
    const type = NUMBERS.get(reader.valueType()) ?? 'reference';
    if (types.length < MOST_TYPES) types.push(type);
    else if (types.length === MOST_TYPES) types.push('…');
  }
  return types;
}

function readImports(
  reader: BinaryReader,
  types: readonly string[],
  functions: string[],
  found: BoundaryFunction[],
): void {
  for (let count = reader.leb(); count > 0; count -= 1) {
    reader.name();
    const name = reader.name();
    if (reader.byte() !== KIND_FUNCTION) {
      reader.limits();
      continue;
    }
    const signature = types[reader.leb()]!;
    functions.push(signature);
    found.push({ direction: 'imports', name, signature });
  }
}

function readExports(reader: BinaryReader, functions: readonly string[], found: BoundaryFunction[]): void {
  for (let count = reader.leb(); count > 0; count -= 1) {
    const name = reader.name();
    const kind = reader.byte();
    const index = reader.leb();
    if (kind === KIND_FUNCTION) found.push({ direction: 'exports', name, signature: functions[index]! });
  }
}
