// Compiles a filter: sources and filter.json in, one .wasm out. The only file that knows the AssemblyScript compiler.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { IMPORT_CAPABILITIES } from '../../core/wasm/capabilities.js';
import {
  EXPORT_BEGIN,
  EXPORT_CONFIGURE,
  EXPORT_ON_CALLOUT,
  EXPORT_ON_REQUEST,
  EXPORT_ON_RESPONSE,
  IMPORT_MODULE,
  MANIFEST_SECTION,
} from '../abi/abi.js';
import { type FilterSource, readFilterSource } from './filter-manifest.js';
import { appendCustomSection, readImports } from './wasm-sections.js';

export interface BuildOptions {
  /**
   * Folder with `filter.json` and `assembly/index.ts`. If there is an `assembly/entry.ts`, it takes the place of the
   * entry that is generated otherwise.
   */
  readonly sourceDir: string;
  /** Where the module goes; its folder is made if need be. Absent: nothing is written. */
  readonly outFile?: string;
}

export interface BuiltFilter {
  readonly name: string;
  /** The whole module, manifest included. */
  readonly bytes: Uint8Array;
}

/** The sources of a filter do not compile, or compile to a module no host would load. `message` has the reasons. */
export class FilterBuildError extends Error {
  override readonly name = 'FilterBuildError';
}

/** Sources of the SDK, as they lie in the repository and in the package. */
export const SDK_DIR = fileURLToPath(new URL('../../../sdk/', import.meta.url));

/** Version of the AssemblyScript compiler. */
export const COMPILER_VERSION: string = asc.version;

// Names of files that exist for the compiler only. `import … from 'sluice'` leads to `<LIBRARY>/sluice/index.ts`.
const ENTRY = 'assembly/entry.ts';
const RUNTIME = 'sluice-arena';
const LIBRARY = 'sluice-library';
const OUTPUT = 'filter.wasm';

const PAGES_PER_MB = 16;
/** The import that every filter has. */
const MEMORY = 'env.memory';

/**
 * Builds one filter.
 * @throws FilterBuildError with the compiler's diagnostics, or the import that the manifest does not cover
 * @throws Error when `filter.json` cannot be read or used
 */
export async function buildFilter(options: BuildOptions): Promise<BuiltFilter> {
  const sourceDir = resolve(options.sourceDir);
  const source = await readFilterSource(sourceDir);
  const compiled = await compile(sourceDir, source);
  checkImports(compiled, source);
  const bytes = appendCustomSection(compiled, MANIFEST_SECTION, Buffer.from(source.manifestText, 'utf8'));
  if (options.outFile !== undefined) {
    await mkdir(dirname(options.outFile), { recursive: true });
    await writeFile(options.outFile, bytes);
  }
  return { name: source.name, bytes };
}

async function compile(sourceDir: string, source: FilterSource): Promise<Uint8Array> {
  let output: Uint8Array | undefined;
  const diagnostics: string[] = [];
  const { error } = await asc.main(compilerArguments(source), {
    readFile: (name, base) => readSource(sourceDir, entryText(source), name, base),
    writeFile: (name, contents) => {
      if (name === OUTPUT) output = contents as unknown as Uint8Array;
    },
    listFiles: () => [],
    stdout: { write: () => undefined },
    stderr: { write: (chunk: string | Uint8Array) => void diagnostics.push(chunk.toString()) },
  });
  if (error !== null || output === undefined) {
    const reasons = diagnostics.join('').trim() || (error?.message ?? 'the compiler gave no module');
    throw new FilterBuildError(`filter ${source.name} does not compile\n${reasons}`);
  }
  return output;
}

function compilerArguments(source: FilterSource): string[] {
  return [
    ENTRY,
    ...['--lib', LIBRARY],
    ...['--runtime', RUNTIME],
    ...['--use', 'abort=~lib/sluice/host/abort'],
    ...['--outFile', OUTPUT],
    ...['--maximumMemory', String(source.maximumMb * PAGES_PER_MB)],
    '--importMemory',
    '--noExportMemory',
    ...['--enable', 'simd'],
    // Names of functions stay in the module, so that a trap says where it happened. Assertions and bounds checks of
    // the author stay too: a trap costs one exchange, a read out of bounds may show one client another's bytes.
    '--debug',
    '-O3',
    '--noColors',
  ];
}

/** Text of a file the compiler asks for, or null when there is none: the compiler then tries another name. */
async function readSource(
  sourceDir: string,
  entry: string,
  name: string,
  base: string,
): Promise<string | null> {
  // A filter that speaks the ABI itself brings an entry of its own, and exports what it likes.
  if (name === ENTRY) return (await readText(join(sourceDir, 'assembly/entry.ts'))) ?? entry;
  if (name === `${RUNTIME}.ts`) return readText(join(SDK_DIR, 'assembly/runtime/arena.ts'));
  if (base === LIBRARY) {
    const [room, ...rest] = name.split('/');
    if (room === 'sluice') return readText(join(SDK_DIR, 'assembly', ...rest));
    return room === 'abi' ? readText(join(SDK_DIR, 'abi', ...rest)) : null;
  }
  return readText(join(sourceDir, name));
}

async function readText(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return null;
  }
}

/** The module the compiler starts from: the exports of the ABI, for exactly the phases of the manifest. */
function entryText({ phases, capabilities }: FilterSource): string {
  const lines = [
    "import * as filter from './index';",
    "import { begin, close, closeConfig, isRequestPhase, openConfig, openOutcome, openRequest, openResponse } from 'sluice/entry';",
    `export function ${EXPORT_BEGIN}(length: u32): usize { return begin(length); }`,
    `export function ${EXPORT_CONFIGURE}(address: usize, length: u32): usize {`,
    '  const config = openConfig(address, length);',
    '  if (isDefined(filter.configure)) filter.configure(config);',
    '  return closeConfig();',
    '}',
  ];
  if (phases.request) {
    lines.push(
      `export function ${EXPORT_ON_REQUEST}(address: usize, length: u32): usize {`,
      "  if (!isDefined(filter.onRequest)) ERROR('filter.json names the request phase, but assembly/index.ts exports no onRequest');",
      '  return close(filter.onRequest(openRequest(address)));',
      '}',
    );
  } else {
    lines.push(
      "if (isDefined(filter.onRequest)) ERROR('onRequest is exported, but filter.json does not name the request phase');",
    );
  }
  if (phases.response) {
    lines.push(
      `export function ${EXPORT_ON_RESPONSE}(address: usize, length: u32): usize {`,
      "  if (!isDefined(filter.onResponse)) ERROR('filter.json names the response phase, but assembly/index.ts exports no onResponse');",
      '  const request = openRequest(address);',
      '  return close(filter.onResponse(request, openResponse()));',
      '}',
    );
  } else {
    lines.push(
      "if (isDefined(filter.onResponse)) ERROR('onResponse is exported, but filter.json does not name the response phase');",
    );
  }
  lines.push(...calloutLines(capabilities.includes('callouts')));
  return `${lines.join('\n')}\n`;
}

/** One export for both phases: a continuation is of the phase that its frame names. */
function calloutLines(asked: boolean): string[] {
  if (!asked) {
    return [
      "if (isDefined(filter.onCallout) || isDefined(filter.onResponseCallout)) ERROR('a handler of callouts is exported, but filter.json does not ask for callouts');",
    ];
  }
  return [
    "if (!isDefined(filter.onCallout) && !isDefined(filter.onResponseCallout)) ERROR('filter.json asks for callouts, but assembly/index.ts exports neither onCallout nor onResponseCallout');",
    `export function ${EXPORT_ON_CALLOUT}(address: usize, length: u32, outcomeAt: usize, outcomeLength: u32): usize {`,
    '  const request = openRequest(address);',
    '  const outcome = openOutcome(outcomeAt);',
    '  if (isRequestPhase()) {',
    '    if (isDefined(filter.onCallout)) return close(filter.onCallout(request, outcome));',
    "    throw new Error('a callout of the request phase needs onCallout');",
    '  }',
    '  if (isDefined(filter.onResponseCallout)) return close(filter.onResponseCallout(request, openResponse(), outcome));',
    "  throw new Error('a callout of the response phase needs onResponseCallout');",
    '}',
  ];
}

/** Things of the standard library that would need a host function that no host of ours has. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['env.seed', 'Math.random has no host to ask; use random'],
  ['env.Date.now', 'Date.now has no host to ask; use clock'],
  ['env.console.log', 'console has no host to write to; use log'],
]);

function checkImports(wasm: Uint8Array, source: FilterSource): void {
  for (const { module, name } of readImports(wasm)) {
    const key = `${module}.${name}`;
    if (key === MEMORY) continue;
    const capability = module === IMPORT_MODULE ? IMPORT_CAPABILITIES.get(name) : undefined;
    if (capability === undefined) {
      const reason = REASONS.get(key) ?? 'the ABI does not offer it';
      throw new FilterBuildError(`filter ${source.name} imports ${key}: ${reason}`);
    }
    if (capability !== null && !source.capabilities.includes(capability)) {
      throw new FilterBuildError(
        `filter ${source.name} uses the capability ${capability}: add "${capability}" to capabilities in filter.json`,
      );
    }
  }
}
