// Debug builds carry their source map inside the module, so that one file stays the whole artefact.
import { pathToFileURL } from 'node:url';
import { type ModuleSourceMap, moduleDigest } from '../../core/wasm/source-places.js';
import { appendCustomSection, leb128, removeCustomSection } from './wasm-sections.js';

/** Custom section of the WebAssembly tool conventions in which debuggers look for the URL of the map. */
const SECTION = 'sourceMappingURL';

/** The members of a source map (ECMA-426) that change here. */
interface SourceMap {
  sourceRoot?: string;
  sources: string[];
}

/**
 * Puts a source map into a module as a `data:` URL.
 * @param map    JSON of the compiler's map, with the text of every source in it
 * @param fileOf absolute path of a source, or null when it lies in no file
 */
export function embedSourceMap(
  wasm: Uint8Array,
  map: string,
  fileOf: (source: string) => string | null,
): Uint8Array {
  const { sourceRoot: _, ...rest } = JSON.parse(map) as SourceMap;
  const sources = rest.sources.map((source) => {
    const file = fileOf(source);
    return file === null ? source : pathToFileURL(file).href;
  });
  const json = JSON.stringify({ ...rest, sources });
  const url = Buffer.from(`data:application/json;base64,${Buffer.from(json, 'utf8').toString('base64')}`);
  // The section holds a string of the binary format: its length, then its bytes.
  const payload = Buffer.concat([leb128(url.length), url]);
  return appendCustomSection(removeCustomSection(wasm, SECTION), SECTION, payload);
}

/** The module without the URL of a map that lies beside it for the compiler only. */
export function withoutMapUrl(wasm: Uint8Array): Uint8Array {
  return removeCustomSection(wasm, SECTION);
}

/**
 * The compiler's map as it lies beside a module: says which module it is of, and carries no text of sources.
 * @param fileOf absolute path of a source, or null when it lies in no file
 */
export function mapOfModule(
  map: string,
  module: Uint8Array,
  fileOf: (source: string) => string | null,
): string {
  const { sources, mappings } = JSON.parse(map) as ModuleSourceMap;
  const names = sources.map((source) => (fileOf(source) === null ? `~${source}` : source));
  return `${JSON.stringify({ version: 3, sources: names, names: [], mappings, x_module: moduleDigest(module) })}\n`;
}
