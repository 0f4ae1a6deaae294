// From bytes to a checked filter module: valid WebAssembly, a manifest, and the imports, exports and memory that
// the ABI asks for. Nothing of the module runs here.
import { createHash } from 'node:crypto';
import {
  EXPORT_BEGIN,
  EXPORT_CONFIGURE,
  EXPORT_ON_BODY,
  EXPORT_ON_CALLOUT,
  EXPORT_ON_REQUEST,
  EXPORT_ON_RESPONSE,
  IMPORT_MODULE,
  IMPORT_TRACE,
  MANIFEST_SECTION,
} from '../../sdk/abi/names.js';
import { GatewayError } from '../errors.js';
import { IMPORT_CAPABILITIES } from './capabilities/capabilities.js';
import { type FilterManifest, mayStream, parseManifest } from './manifest.js';
import { readMemoryLimits } from './memory-limits.js';
import { shortened } from './shortened.js';
import { ABI_SIGNATURES, readSignatures } from './signatures.js';

/** A module that passed every check that can be made without running it. */
export interface FilterModule {
  /** How the operator names it, for messages. */
  readonly label: string;
  readonly manifest: FilterManifest;
  readonly module: WebAssembly.Module;
  /** `sha256:` and 64 hex digits, of the whole file. */
  readonly digest: string;
  /** Memory limits the module declares, in pages of 64 KiB. */
  readonly initialPages: number;
  readonly maximumPages: number;
}

/** Digest of a module's bytes: `sha256:` and 64 hex digits. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** The memory limit does not reach the entries of tables, which lie in the heap of the host. */
const MOST_TABLE_ENTRIES = 65536;

/** Nor does it reach what else each instance has there: a hundred thousand exports would be thirty megabytes. */
const MOST_HEAP_ENTRIES = 10_000;

/** Its schema is compiled, which takes a thousand times as much heap. */
const MOST_MANIFEST_BYTES = 65536;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A function may have a thousand parameters; a message has no room for them. */
const MOST_SIGNATURE = 100;

/** Names that the AssemblyScript loader takes for paths into its own objects: one could reach `Object.prototype`. */
const PATH_NAME = /[#.:]/;

/** Who loads it. */
export interface ModuleOptions {
  /** Takes modules that were built for tests and call `trace`. Default false, as in a gateway. */
  readonly allowTrace?: boolean;
}

/**
 * Compiles and checks a module.
 * @throws GatewayError SLUICE_FILTER_NOT_WASM, SLUICE_FILTER_MANIFEST, SLUICE_FILTER_LINK,
 *   SLUICE_FILTER_CAPABILITY, SLUICE_ABI_VERSION
 */
export function loadModule(bytes: Uint8Array, label: string, options: ModuleOptions = {}): FilterModule {
  const module = compile(bytes, label);
  const manifest = parseManifest(readManifestText(module, label), label);
  checkImports(module, manifest, label, options.allowTrace ?? false);
  checkExports(module, manifest, label);
  const { initial, maximum } = checkMemory(bytes, label);
  checkSignatures(bytes, label);
  const digest = digestOf(bytes);
  return Object.freeze({ label, manifest, module, digest, initialPages: initial, maximumPages: maximum });
}

function compile(bytes: Uint8Array, label: string): WebAssembly.Module {
  try {
    return new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  } catch (cause) {
    const reason = (cause as Error).message.replace(/^WebAssembly\.Module\(\): /, '');
    throw new GatewayError('SLUICE_FILTER_NOT_WASM', `${label}: not a WebAssembly module: ${reason}`, {
      cause,
    });
  }
}

function readManifestText(module: WebAssembly.Module, label: string): string {
  const sections = WebAssembly.Module.customSections(module, MANIFEST_SECTION);
  if (sections.length !== 1) {
    throw new GatewayError(
      'SLUICE_FILTER_MANIFEST',
      `${label}: found ${sections.length} custom sections named ${MANIFEST_SECTION}, expected one`,
    );
  }
  const [section] = sections as [ArrayBuffer];
  const refuse = (problem: string, cause?: unknown): never => {
    throw new GatewayError('SLUICE_FILTER_MANIFEST', `${label}: manifest: ${problem}`, { cause });
  };
  if (section.byteLength > MOST_MANIFEST_BYTES) {
    return refuse(`has ${section.byteLength} bytes, at most ${MOST_MANIFEST_BYTES} are allowed`);
  }
  try {
    return utf8.decode(section);
  } catch (cause) {
    return refuse('not UTF-8', cause);
  }
}

function checkImports(
  module: WebAssembly.Module,
  manifest: FilterManifest,
  label: string,
  allowTrace: boolean,
): void {
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (from === 'env' && name === 'memory' && kind === 'memory') continue;
    if (from === IMPORT_MODULE && name === IMPORT_TRACE && kind === 'function') {
      if (allowTrace) continue;
      throw new GatewayError(
        'SLUICE_FILTER_LINK',
        `${label}: was built for tests, with its calls of trace(): build it with \`sluice filter build\``,
      );
    }
    const capability =
      from === IMPORT_MODULE && kind === 'function' ? IMPORT_CAPABILITIES.get(name) : undefined;
    if (capability === undefined) {
      throw new GatewayError(
        'SLUICE_FILTER_LINK',
        `${label}: imports ${kind} ${shortened(`${from}.${name}`)}, which the ABI does not offer`,
      );
    }
    const { capabilities, optional } = manifest;
    if (capability !== null && !capabilities.includes(capability) && !optional.includes(capability)) {
      throw new GatewayError(
        'SLUICE_FILTER_CAPABILITY',
        `${label}: imports ${from}.${name}, but its manifest does not ask for the capability ${capability}`,
      );
    }
  }
}

function checkExports(module: WebAssembly.Module, manifest: FilterManifest, label: string): void {
  const exports = WebAssembly.Module.exports(module);
  const path = exports.find(({ name }) => PATH_NAME.test(name));
  if (path !== undefined) {
    throw new GatewayError(
      'SLUICE_FILTER_LINK',
      `${label}: exports ${shortened(JSON.stringify(path.name))}, a name may not have #, colon or full stop`,
    );
  }
  const functions = new Set(exports.filter(({ kind }) => kind === 'function').map(({ name }) => name));
  const needed = [EXPORT_BEGIN, EXPORT_CONFIGURE];
  if (manifest.phases.request) needed.push(EXPORT_ON_REQUEST);
  if (manifest.phases.response) needed.push(EXPORT_ON_RESPONSE);
  if (Object.values(manifest.phases).some(mayStream)) needed.push(EXPORT_ON_BODY);
  if ([...manifest.capabilities, ...manifest.optional].includes('callouts')) needed.push(EXPORT_ON_CALLOUT);
  const missing = needed.filter((name) => !functions.has(name));
  if (missing.length > 0) {
    throw new GatewayError('SLUICE_FILTER_LINK', `${label}: does not export ${missing.join(', ')}`);
  }
}

function checkMemory(bytes: Uint8Array, label: string): { initial: number; maximum: number } {
  const limits = readMemoryLimits(bytes);
  const refuse = (problem: string): never => {
    throw new GatewayError('SLUICE_FILTER_LINK', `${label}: ${problem}`);
  };
  const [memory, ...more] = limits.imported;
  if (memory === undefined) return refuse('does not import env.memory, so its memory cannot be limited');
  if (more.length > 0 || limits.ownMemories > 0) return refuse('has a memory beside the one it imports');
  if (memory.maximum === null) return refuse('its memory declares no maximum');
  if (memory.shared || memory.memory64)
    return refuse('its memory is shared or 64-bit, expected plain 32-bit');
  if (limits.tableEntries > MOST_TABLE_ENTRIES) {
    return refuse(`its tables may grow beyond ${MOST_TABLE_ENTRIES} entries, expected a maximum below`);
  }
  if (limits.heapEntries > MOST_HEAP_ENTRIES) {
    return refuse(
      `declares ${limits.heapEntries} imports, tables, globals, exports, tags and segments of tables, at most ${MOST_HEAP_ENTRIES} are allowed`,
    );
  }
  if (limits.heapTypes) return refuse('declares types of garbage-collected objects, which no limit reaches');
  return { initial: memory.initial, maximum: memory.maximum };
}

function checkSignatures(bytes: Uint8Array, label: string): void {
  for (const { direction, name, signature } of readSignatures(bytes)) {
    const expected = ABI_SIGNATURES[direction].get(name);
    if (expected === undefined || expected === signature) continue;
    throw new GatewayError(
      'SLUICE_FILTER_LINK',
      `${label}: ${direction} ${name} as ${signature.slice(0, MOST_SIGNATURE)}, expected ${expected}`,
    );
  }
}
