// Filter modules written in WebAssembly text: for shapes that no compiler of filters would make.
import wabt from 'wabt';
import { EXPORT_BEGIN, EXPORT_CONFIGURE, EXPORT_ON_REQUEST, MANIFEST_SECTION } from '../../sdk/abi/names.js';
import { appendCustomSection } from '../../sdk/tools/wasm-sections.js';

/** A manifest with nothing special about it. */
export const PLAIN_MANIFEST = {
  name: 'written',
  version: '1.0.0',
  abi: 1,
  phases: { request: { body: 'none' } },
};

const FEATURES = {
  threads: true,
  memory64: true,
  reference_types: true,
  bulk_memory: true,
  exceptions: true,
  multi_memory: true,
  annotations: true,
};
const compiler = await wabt();

/** The parts of a written filter; each replaces the default. */
export interface WatParts {
  /** Fields before all others: imports have to come first. */
  readonly imports?: string;
  /** Import of the memory. */
  readonly memory?: string;
  /** Further fields: data, tables, globals, functions. */
  readonly fields?: string;
  /** `(param i32) (result i32)` and instructions. Default: 4096. */
  readonly begin?: string;
  /** `(param i32 i32) (result i32)` and instructions. Default: 0. */
  readonly configure?: string;
  /** The same. */
  readonly onRequest?: string;
  /** Manifests to append; one is usual. */
  readonly manifests?: readonly unknown[];
}

/** Binary of a module in text form. */
export function compileWat(text: string): Uint8Array {
  const module = compiler.parseWat('module.wat', text, FEATURES);
  try {
    module.resolveNames();
    return Uint8Array.from(module.toBinary({ write_debug_names: true }).buffer);
  } finally {
    module.destroy();
  }
}

/** Appends a manifest: an object as JSON, a string as it is. */
export function withManifest(module: Uint8Array, manifest: unknown): Uint8Array {
  const text = typeof manifest === 'string' ? manifest : JSON.stringify(manifest);
  return appendCustomSection(module, MANIFEST_SECTION, Buffer.from(text, 'utf8'));
}

/** Binary of a filter that does nothing, but for the parts that are given. */
export function watFilter(parts: WatParts = {}): Uint8Array {
  const module = compileWat(`(module
    ${parts.imports ?? ''}
    ${parts.memory ?? '(import "env" "memory" (memory 1 4))'}
    ${parts.fields ?? ''}
    (func (export "${EXPORT_BEGIN}") ${parts.begin ?? '(param i32) (result i32) (i32.const 4096)'})
    (func (export "${EXPORT_CONFIGURE}") ${parts.configure ?? '(param i32 i32) (result i32) (i32.const 0)'})
    (func (export "${EXPORT_ON_REQUEST}") ${parts.onRequest ?? '(param i32 i32) (result i32) (i32.const 0)'})
  )`);
  return (parts.manifests ?? [PLAIN_MANIFEST]).reduce<Uint8Array>(withManifest, module);
}
