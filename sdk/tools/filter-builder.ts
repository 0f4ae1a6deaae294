// Compiles a filter: sources and filter.json in, one .wasm out. The only file that knows the AssemblyScript compiler.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Node, type Range } from 'assemblyscript';
import asc from 'assemblyscript/asc';
import { IMPORT_CAPABILITIES } from '../../core/wasm/capabilities/capabilities.js';
import { IMPORT_MODULE, IMPORT_TRACE, MANIFEST_SECTION } from '../abi/names.js';
import type { Diagnostic } from './diagnostic.js';
import { entryText } from './filter-entry.js';
import { type FilterSource, readFilterSource } from './filter-manifest.js';
import { ENTRY, FilterSources, LIBRARY, RUNTIME } from './filter-sources.js';
import { languageHint } from './language-hints.js';
import { embedSourceMap, mapOfModule, withoutMapUrl } from './source-map.js';
import { placeTraceCalls, removeTraceCalls, type SyntaxNode } from './trace-calls.js';
import { appendCustomSection, keepFunctionNames, readImports } from './wasm-sections.js';

/** What is compiled, and how. */
export interface BuildOptions {
  /**
   * Folder with `filter.json` and `assembly/index.ts`. If there is an `assembly/entry.ts`, it takes the place of the
   * entry that is generated otherwise.
   */
  readonly sourceDir: string;
  /** Where the module goes; its folder is made if need be. Absent: nothing is written. */
  readonly outFile?: string;
  /** Leaves the code as it was written and puts a source map into the module. Default false. */
  readonly debug?: boolean;
  /** Keeps calls of `trace()`: for tests, since no gateway loads such a module. Default false: they are taken out. */
  readonly trace?: boolean;
}

/** A module that a gateway would load. */
export interface BuiltFilter {
  readonly name: string;
  /** The whole module, manifest included. */
  readonly bytes: Uint8Array;
  /** Source map of the module, by which `SourcePlaces` finds the lines of a stack. */
  readonly sourceMap: string;
  /** What the compiler warns about. */
  readonly warnings: readonly Diagnostic[];
}

/** The sources of a filter do not compile, or compile to a module no host would load. `message` has the reasons. */
export class FilterBuildError extends Error {
  override readonly name = 'FilterBuildError';
  /** What the compiler said, warnings included; empty when it was not the compiler that refused. */
  readonly diagnostics: readonly Diagnostic[];

  constructor(message: string, diagnostics: readonly Diagnostic[] = []) {
    super(message);
    this.diagnostics = diagnostics;
  }
}

/** Version of the AssemblyScript compiler. */
export const COMPILER_VERSION: string = asc.version;

const OUTPUT = 'filter.wasm';
/** Where the compiler writes the source map of OUTPUT. */
const OUTPUT_MAP = `${OUTPUT}.map`;

const PAGES_PER_MB = 16;
/** The import that every filter has. */
const MEMORY = 'env.memory';
/** The import that a module built for tests may have. */
const TRACE = `${IMPORT_MODULE}.${IMPORT_TRACE}`;

/**
 * Builds one filter.
 * @throws FilterBuildError with the compiler's diagnostics, or the import that the manifest does not cover
 * @throws Error when `filter.json` cannot be read or used
 */
export async function buildFilter(options: BuildOptions): Promise<BuiltFilter> {
  const sourceDir = resolve(options.sourceDir);
  const source = await readFilterSource(sourceDir);
  const { wasm, map, fileOf, warnings } = await compile(sourceDir, source, options);
  checkImports(wasm, source, options.trace ?? false);
  const bytes = appendCustomSection(wasm, MANIFEST_SECTION, Buffer.from(source.manifestText, 'utf8'));
  if (options.outFile !== undefined) {
    await mkdir(dirname(options.outFile), { recursive: true });
    await writeFile(options.outFile, bytes);
  }
  return { name: source.name, bytes, sourceMap: mapOfModule(map, bytes, fileOf), warnings };
}

interface Compiled {
  readonly wasm: Uint8Array;
  /** The compiler's source map, with the text of every source in it. */
  readonly map: string;
  readonly fileOf: (source: string) => string | null;
  readonly warnings: Diagnostic[];
}

async function compile(
  sourceDir: string,
  source: FilterSource,
  { debug = false, trace = false }: BuildOptions,
): Promise<Compiled> {
  const sources = new FilterSources(sourceDir, entryText(source));
  const outputs = new Map<string, Uint8Array | string>();
  const text: string[] = [];
  const diagnostics: Diagnostic[] = [];
  const { error } = await asc.main(compilerArguments(source, debug), {
    readFile: (name, base) => sources.read(name, base),
    writeFile: (name, contents) => void outputs.set(name, contents),
    listFiles: () => [],
    // Of the members of its type, the compiler sets all but the hooks itself.
    transforms: [trace ? PLACE_TRACES : REMOVE_TRACES] as unknown as Transforms,
    stdout: { write: () => undefined },
    stderr: { write: (chunk: string | Uint8Array) => void text.push(chunk.toString()) },
    reportDiagnostic: (said) => {
      const diagnostic = toDiagnostic(said, sources);
      if (diagnostic !== null) diagnostics.push(diagnostic);
    },
  });
  const wasm = outputs.get(OUTPUT) as Uint8Array | undefined;
  if (error !== null || wasm === undefined) {
    const reasons = text.join('').trim() || (error?.message ?? 'the compiler gave no module');
    throw new FilterBuildError(`filter ${source.name} does not compile\n${reasons}`, diagnostics);
  }
  const map = outputs.get(OUTPUT_MAP)!.toString();
  const fileOf = (name: string): string | null => sources.fileOf(name);
  return {
    wasm: debug ? embedSourceMap(wasm, map, fileOf) : keepFunctionNames(withoutMapUrl(wasm)),
    map,
    fileOf,
    warnings: diagnostics,
  };
}

/** Hooks into the compiler, between reading the sources and compiling them. */
const REMOVE_TRACES = {
  afterParse({ sources }: { sources: readonly SyntaxNode[] }): void {
    removeTraceCalls(sources, (range) => Node.createEmptyStatement(range as Range) as unknown as SyntaxNode);
  },
};
const PLACE_TRACES = {
  afterParse({ sources }: { sources: readonly SyntaxNode[] }): void {
    placeTraceCalls(sources);
  },
};

type CompilerOptions = NonNullable<Parameters<typeof asc.main>[1]>;
type Transforms = NonNullable<CompilerOptions['transforms']>;
type CompilerDiagnostic = Parameters<NonNullable<CompilerOptions['reportDiagnostic']>>[0];

const SEVERITIES = ['info', 'info', 'warning', 'error'] as const;
/** What `ERROR('…')` in a source comes to. */
const USER_DEFINED = 102;
/** Follows an ERROR of the generated entry, which has said it better. */
const NOT_EXPORTED = "does not exist on type 'assembly/entry/filter'";

function toDiagnostic(
  { category, code, message, range }: CompilerDiagnostic,
  sources: FilterSources,
): Diagnostic | null {
  const source = range?.source?.normalizedPath;
  const place = source === undefined ? null : sources.placeOf(source, range!.start, range!.end);
  const isGenerated = source === ENTRY && place === null;
  if (isGenerated && message.includes(NOT_EXPORTED)) return null;
  const text = code === USER_DEFINED ? message.replace(/^User-defined: '(.*)'$/s, '$1') : message;
  const hint = isGenerated
    ? 'In the calls of what assembly/index.ts exports.'
    : languageHint(text, place?.lineText ?? '');
  return {
    severity: SEVERITIES[category] ?? 'error',
    code: `${code < 1000 ? 'AS' : 'TS'}${code}`,
    message: hint === '' || code === USER_DEFINED ? text : `${text.replace(/\.?$/, '.')} ${hint}`,
    place,
  };
}

function compilerArguments(source: FilterSource, debug: boolean): string[] {
  return [
    ENTRY,
    ...['--lib', LIBRARY],
    ...['--runtime', RUNTIME],
    ...['--use', 'abort=~lib/sluice/host/abort'],
    ...['--outFile', OUTPUT],
    ...['--maximumMemory', String(source.maximumMb * PAGES_PER_MB)],
    '--importMemory',
    '--noExportMemory',
    '--zeroFilledMemory',
    ...['--enable', 'simd'],
    // Names of functions stay in the module, so that a trap says where it happened. Assertions and bounds checks of
    // the author stay too: a trap costs one exchange, a read out of bounds may show one client another's bytes.
    '--debug',
    '--sourceMap',
    ...(debug ? [] : ['-O3']),
    '--noColors',
  ];
}

/** Things of the standard library that would need a host function that no host of ours has. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['env.seed', 'Math.random has no host to ask; use random'],
  ['env.Date.now', 'Date.now has no host to ask; use clock'],
  ['env.trace', "trace has no host to write to; import { trace } from 'sluice'"],
  ['env.console.log', 'console has no host to write to; use log'],
]);

function checkImports(wasm: Uint8Array, source: FilterSource, trace: boolean): void {
  for (const { module, name } of readImports(wasm)) {
    const key = `${module}.${name}`;
    if (key === MEMORY) continue;
    if (key === TRACE) {
      if (trace) continue;
      throw new FilterBuildError(
        `filter ${source.name} calls trace() where it cannot be taken out: make it a statement of its own`,
      );
    }
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
